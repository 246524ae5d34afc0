"""Rules of Peppol BIS Billing 3.0.21 in UBL that the German stylesheet does not have; our own reading of the published rules.

No package has Peppol's stylesheet. The German one has 21 of Peppol's rules as they are; these are the other ones that hold in
every country. Rules of single countries (DE-R, NL-R, IT-R, ...) are not here: for them, have the published stylesheet checked
too (`--peppol-stylesheet`).
"""

import re

from .document import Document, Xml
from .verdict import Verdict

NAMESPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
SPECIFICATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
INVOICES = {
    *("71", "80", "82", "84", "102", "218", "219", "326", "331", "380", "382", "383", "384", "386", "388"),
    *("393", "395", "553", "575", "623", "780", "817", "870", "875", "876", "877"),
}
CREDIT_NOTES = {"381", "396", "81", "83", "532"}
GERMAN_ONLY = {"326", "384"}
MEDIA_TYPES = {
    "application/pdf", "image/png", "image/jpeg", "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.oasis.opendocument.spreadsheet",
}  # fmt: skip
EXEMPTIONS = {
    "VATEX-EU-G": ("P0104", "G"), "VATEX-EU-O": ("P0105", "O"), "VATEX-EU-IC": ("P0106", "K"), "VATEX-EU-AE": ("P0107", "AE"),
    "VATEX-EU-D": ("P0108", "E"), "VATEX-EU-F": ("P0109", "E"), "VATEX-EU-I": ("P0110", "E"), "VATEX-EU-J": ("P0111", "E"),
}  # fmt: skip
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Peppol:
    def check(self, document: Document, xml: Xml) -> Verdict:
        verdict = Verdict()
        for rule, holds, message in rules(xml.tree):
            verdict.expect(holds, f"PEPPOL-{rule}", message)
        return verdict


def rules(root):
    """Each rule with whether it holds."""

    def texts(path: str) -> list[str]:
        return [value if isinstance(value, str) else (value.text or "") for value in root.xpath(path, namespaces=NAMESPACES)]

    def count(path: str) -> int:
        return len(root.xpath(path, namespaces=NAMESPACES))

    countries = texts(
        "(cac:AccountingSupplierParty|cac:AccountingCustomerParty)//cac:PostalAddress/cac:Country/cbc:IdentificationCode"
    )
    german = countries == ["DE", "DE"]
    yield "EN16931-R002", count("cbc:Note") <= 1 or german, "more than one note, and the parties are not both German"
    yield (
        "EN16931-R003",
        count("cbc:BuyerReference") + count("cac:OrderReference/cbc:ID") > 0,
        "neither a buyer reference nor a purchase order",
    )
    yield (
        "EN16931-R004",
        texts("cbc:CustomizationID") == [SPECIFICATION],
        f"the specification is {texts('cbc:CustomizationID')}, expected {SPECIFICATION}",
    )
    process = texts("cbc:ProfileID")
    holds = len(process) == 1 and re.fullmatch(r"urn:fdc:peppol\.eu:2017:poacc:billing:\d\d:1\.0", process[0]) is not None
    yield "EN16931-R007", holds, f"the business process is {process}"
    yield "EN16931-R051", currencies_agree(root, texts), "an amount is in another currency than the document"
    projects = count("cac:ProjectReference") + count("cac:AdditionalDocumentReference[cbc:DocumentTypeCode='50']")
    yield "EN16931-R080", projects <= 1, "more than one project"
    for line in root.xpath("cac:InvoiceLine|cac:CreditNoteLine", namespaces=NAMESPACES):
        yield (
            "EN16931-R100",
            len(line.xpath("cac:DocumentReference", namespaces=NAMESPACES)) <= 1,
            "more than one invoiced object on a line",
        )

    invoices, credit_notes = texts("cbc:InvoiceTypeCode"), texts("cbc:CreditNoteTypeCode")
    yield "EN16931-P0100", all(code in INVOICES for code in invoices), f"the type of the invoice is {invoices}"
    yield "EN16931-P0101", all(code in CREDIT_NOTES for code in credit_notes), f"the type of the credit note is {credit_notes}"
    yield "EN16931-P0112", german or not GERMAN_ONLY & set(invoices), f"type {invoices} is for two German parties"
    yield from exemption_rules(root)

    dates = texts("//cbc:IssueDate|//cbc:DueDate|//cbc:TaxPointDate|//cbc:StartDate|//cbc:EndDate|//cbc:ActualDeliveryDate")
    yield "EN16931-F001", all(DATE.fullmatch(date) for date in dates), f"a date has another form than YYYY-MM-DD: {dates}"
    yield "EN16931-CL001", set(texts("//@mimeCode")) <= MEDIA_TYPES, f"a media type is not in the list: {texts('//@mimeCode')}"
    codes = texts("//cac:InvoicePeriod/cbc:DescriptionCode")
    yield "EN16931-CL006", set(codes) <= {"3", "35", "432"}, f"a code of the tax point is not in the list: {codes}"
    schemes = texts("//cbc:EndpointID/@schemeID")
    # All schemes of Peppol's list have four digits; CEN's list has more.
    yield (
        "EN16931-CL008",
        all(re.fullmatch(r"\d{4}", scheme) for scheme in schemes),
        f"a scheme of an electronic address is not in Peppol's list: {schemes}",
    )
    yield from identifier_rules(root)


def currencies_agree(root, texts) -> bool:
    """All amounts are in the currency of the document, except the total tax in the tax currency."""
    elsewhere = texts("//@currencyID[not(../../self::cac:TaxTotal[not(cac:TaxSubtotal)])]")
    return set(elsewhere) <= set(texts("cbc:DocumentCurrencyCode"))


def exemption_rules(root):
    for category in root.xpath("//cac:TaxSubtotal/cac:TaxCategory[cbc:TaxExemptionReasonCode]", namespaces=NAMESPACES):
        code = category.findtext("cbc:TaxExemptionReasonCode", namespaces=NAMESPACES).upper()
        found = category.findtext("cbc:ID", namespaces=NAMESPACES)
        if code in EXEMPTIONS:
            rule, expected = EXEMPTIONS[code]
            yield f"EN16931-{rule}", found == expected, f"{code} is given with category {found}, expected {expected}"


# Schemes whose identifiers have a check digit.
def identifier_rules(root):
    places = "//cbc:EndpointID[@schemeID]|//cac:PartyIdentification/cbc:ID[@schemeID]|//cbc:CompanyID[@schemeID]"
    for element in root.xpath(places, namespaces=NAMESPACES):
        if element.get("schemeID") in IDENTIFIERS:
            rule, valid = IDENTIFIERS[element.get("schemeID")]
            yield (
                f"COMMON-{rule}",
                valid(element.text or ""),
                f"{element.text} has a wrong check digit or form (scheme {element.get('schemeID')})",
            )


def is_gln(text: str) -> bool:
    return text.isdigit() and sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(text))) % 10 == 0


def is_norwegian(text: str) -> bool:
    weights = (3, 2, 7, 6, 5, 4, 3, 2, 1)
    return len(text) == 9 and text.isdigit() and weighted(text, weights) % 11 == 0


def weighted(text: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(text, weights, strict=True))


def is_belgian(text: str) -> bool:
    return len(text) == 10 and text.isdigit() and 97 - int(text[:8]) % 97 == int(text[8:])


def is_swedish(text: str) -> bool:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(text)] if text.isdigit() else [1]
    return len(text) == 10 and sum(digit // 10 + digit % 10 for digit in doubled) % 10 == 0


IDENTIFIERS = {
    "0088": ("R040", is_gln),
    "0192": ("R041", is_norwegian),
    "0208": ("R043", is_belgian),
    "0007": ("R049", is_swedish),
}
