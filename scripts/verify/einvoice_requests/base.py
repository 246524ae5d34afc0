"""What every case starts from: a plain invoice that all profiles accept, and the parties that the cases choose from."""

import copy


def with_check_digit(digits: str) -> str:
    """A GLN or GTIN: the digits with their check digit (GS1, modulo 10)."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return digits + str(-weighted % 10)


# Electronic addresses have schemes that Peppol accepts too, which EM (e-mail) is not among.
GERMAN_SELLER = {
    "name": "Nordlicht Handels GmbH",
    "vatId": "DE123456789",
    "legalId": {"value": "HRB 12345"},
    "electronicAddress": {"value": "DE123456789", "scheme": "9930"},
    "address": {"street": "Hafenstraße", "number": "5", "city": "Hamburg", "postalCode": "20457", "country": "DE"},
    "contact": {"name": "Buchhaltung", "phone": "+49 40 1234567", "email": "rechnung@nordlicht.example"},
}
GERMAN_BUYER = {
    "name": "Bäckerei Öztürk e. K.",
    "vatId": "DE987654321",
    "electronicAddress": {"value": with_check_digit("400000112345"), "scheme": "0088"},
    "address": {"street": "Marktplatz", "number": "1a", "city": "Göttingen", "postalCode": "37073", "country": "DE"},
}
FRENCH_BUYER = {
    "name": "Ateliers Vasseur SAS",
    "vatId": "FR40303265045",
    "electronicAddress": {"value": "FR40303265045", "scheme": "9957"},
    "address": {"street": "quai de la Rapée", "number": "102", "city": "Paris", "postalCode": "75012", "country": "FR"},
}
AMERICAN_BUYER = {
    "name": "Harbor Street Goods LLC",
    "electronicAddress": {"value": with_check_digit("061414100003"), "scheme": "0088"},
    "address": {
        "street": "Harbor Street",
        "number": "12",
        "city": "Portland",
        "postalCode": "97201",
        "region": "OR",
        "country": "US",
    },
}
POLISH_BUYER = {
    "name": "Piekarnia Żółta Łódź sp. z o.o.",
    "vatId": "PL5260250274",
    "electronicAddress": {"value": "PL5260250274", "scheme": "9945"},
    "address": {"street": "ul. Piotrkowska", "number": "104", "city": "Łódź", "postalCode": "90-926", "country": "PL"},
}

SEPA_TRANSFER = {"code": "58", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX", "accountName": "Nordlicht Handels GmbH"}


def line(name: str, quantity: str, price: str, rate: str = "19", category: str = "S", **more) -> dict:
    return {"name": name, "quantity": quantity, "unitPrice": price, "tax": {"category": category, "rate": rate}, **more}


def plain_invoice() -> dict:
    """An invoice between two German companies, paid by SEPA transfer: what XRechnung asks for and the others accept."""
    return copy.deepcopy(
        {
            "documentType": "invoice",
            "number": "",
            "issueDate": "2026-11-21",
            "dueDate": "2026-12-21",
            "currency": "EUR",
            "locale": "de-DE",
            "marketplace": {
                "platform": "shopify",
                "region": "DE",
                "shopId": "nordlicht",
                "orderId": "",
                "packageId": "1",
                "sequenceNumber": "",
            },
            "seller": GERMAN_SELLER,
            "buyer": GERMAN_BUYER,
            "delivery": {"date": "2026-11-18"},
            "references": {"buyerReference": "04011000-12345-34", "purchaseOrder": "PO-88123"},
            "lines": [
                line("Teigschaber, Edelstahl", "12", "9.95", sku="NL-1037"),
                line("Schulung, halber Tag", "3.5", "120.00", unit="HUR"),
            ],
            "payment": {
                "terms": "Zahlbar innerhalb von 30 Tagen ohne Abzug.",
                "means": {**SEPA_TRANSFER, "remittance": "VZ 4799 0815"},
            },
        }
    )
