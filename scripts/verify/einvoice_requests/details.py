"""Everything else that an invoice may have: references, parties, items, periods, notes, attachments."""

import base64
import copy

from .base import with_check_digit
from .case import FACTUR_X, PEPPOL, XRECHNUNG, case

CSV = base64.b64encode(b"Pos;Artikel;Menge\n1;Mehl Typ 550;12\n").decode()
PDF = base64.b64encode(
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
).decode()
ADDRESS = {
    "street": "Am Wall",
    "number": "12",
    "additional": "Hinterhaus",
    "additional2": "Rampe 4",
    "city": "Kassel",
    "postalCode": "34117",
    "region": "Hessen",
    "country": "DE",
}


@case(quick=True)
def attached_file(request):
    request["attachments"] = [
        {"id": "ANL-1", "description": "Lieferschein", "filename": "lieferschein.csv", "mimeType": "text/csv", "content": CSV}
    ]


@case()
def attached_files(request):
    """The second one has the end of a PDF file in it."""
    request["attachments"] = [
        {
            "id": "ANL-1",
            "description": "Lieferschein",
            "filename": "lieferschein.csv",
            "mimeType": "text/csv",
            "content": CSV,
            "relationship": "data",
        },
        {"id": "ANL-2", "description": "Zeichnung", "filename": "zeichnung.pdf", "mimeType": "application/pdf", "content": PDF},
    ]


@case()
def attached_url(request):
    request["attachments"] = [
        {"id": "AGB-2026", "description": "Allgemeine Geschäftsbedingungen", "url": "https://nordlicht.example/agb.pdf"},
        {"id": "ANL-3"},
    ]


@case(quick=True)
def period_of_the_document(request):
    request["period"] = {"start": "2026-10-01", "end": "2026-10-31"}


@case()
def open_period(request):
    request["period"] = {"start": "2026-10-01"}


@case()
def periods_of_lines(request):
    request["lines"][0]["period"] = {"start": "2026-10-06", "end": "2026-10-29"}
    request["lines"][1]["period"] = {"end": "2026-11-15"}


@case(quick=True)
def item_details(request):
    first, second = request["lines"]
    first |= {
        "id": "10",
        "gtin": with_check_digit("400638133393"),
        "buyerSku": "MEHL-550-25",
        "description": "Weizenmehl aus regionalem Anbau\nMindestens haltbar bis 06/2027",
        "note": "Zwei Säcke waren beschädigt und wurden ersetzt.",
        "orderLine": "3",
        "buyerAccounting": "KTO 5100",
        "origin": "AT",
        "classifications": [{"code": "50221301", "scheme": "TST", "version": "20.0601"}, {"code": "15612100", "scheme": "STI"}],
        "attributes": [{"name": "Mahlgrad", "value": "fein"}, {"name": "Gebinde", "value": "Papiersack"}],
    }
    second |= {
        "id": "20",
        "itemId": {"value": "ISO-4017-M6x20", "scheme": "0094"},
        "object": {"value": "CHARGE-9942", "scheme": "ABO"},
    }


@case(quick=True)
def delivery_address(request):
    request["delivery"] = {
        "name": "Café Sonnenschein",
        "locationId": {"value": with_check_digit("401234500001"), "scheme": "0088"},
        "date": "2026-11-18",
        "address": ADDRESS,
    }


@case(quick=True)
def tax_representative(request):
    request["taxRepresentative"] = {
        "name": "Fiskalvertretung Isar GmbH",
        "vatId": "DE136695976",
        "address": ADDRESS | {"city": "München", "postalCode": "80802"},
    }


@case(quick=True)
def references(request):
    request["references"] |= {
        "project": "Umbau Backstube Süd",
        "contract": "RV-2025-08",
        "salesOrder": "AB-2026-1771",
        "receivingAdvice": "WE-2026-0931",
        "despatchAdvice": "LS-2026-4402",
        "tender": "VG-2026/17 Los 3",
        "invoicedObject": {"value": "ZP-550-7781", "scheme": "AWV"},
        "buyerAccounting": "KST 4711-0815",
        "precedingInvoices": [{"number": "RE-2026-004512", "issueDate": "2026-10-02"}],
    }


# CII as XRechnung has it (D16B) has one preceding invoice; that of Factur-X (D22B) and UBL have any number.
@case(profiles=(FACTUR_X, PEPPOL))
def several_preceding_invoices(request):
    request["references"]["precedingInvoices"] = [
        {"number": "RE-2026-004512", "issueDate": "2026-10-02"},
        {"number": "RE-2026-004513"},
    ]


@case()
def parties_in_full(request):
    request["seller"] |= {
        "tradingName": "Nordlicht Bäckereibedarf",
        "ids": [{"value": with_check_digit("439990207800"), "scheme": "0088"}, {"value": "LIEF-70881"}],
        "taxRegistrationId": "22/815/08151",
        "legalInformation": "Geschäftsführerin: Regula Ammann\nAmtsgericht Hamburg",
        "address": ADDRESS | {"city": "Hamburg", "region": "Hamburg"},
    }
    request["buyer"] |= {
        "tradingName": "Backhaus Öztürk",
        "ids": [{"value": "K-40711"}],
        "legalId": {"value": "HRA 204711"},
        "address": copy.deepcopy(ADDRESS),
        "contact": {"name": "Frau Haselmann", "phone": "+49 551 998877", "email": "haselmann@oeztuerk.example"},
    }


# Peppol has one note.
@case(profiles=(FACTUR_X, XRECHNUNG), quick=True)
def notes_with_subjects(request):
    request["notes"] = [
        {"text": "Vielen Dank für Ihren Einkauf.\nBitte geben Sie bei Rückfragen die Rechnungsnummer an.", "subjectCode": "AAI"},
        {"text": "Die Ware bleibt bis zur vollständigen Bezahlung unser Eigentum.", "subjectCode": "REG"},
    ]


@case()
def one_note(request):
    request["notes"] = [{"text": "Vielen Dank für Ihren Einkauf."}]


@case(profiles=(FACTUR_X, PEPPOL))
def business_process(request):
    request["businessProcess"] = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


@case()
def marks_of_xml_in_texts(request):
    request["seller"]["name"] = 'Müller & Söhne <Handel> "Nord" GmbH'
    request["lines"][0]["name"] = "Kabel 3 < 5 mm & Stecker ]]> 'rot'"
    request["references"]["buyerReference"] = "A&B<1>"


@case(quick=True)
def long_texts(request):
    sentence = (
        "Dieser Text ist so lang, wie ein Text sein darf, und hat ein langes Wort: Donaudampfschifffahrtsgesellschaftskapitän. "
    )
    request["lines"][0]["name"] = (sentence * 5)[:513]
    request["lines"][0]["description"] = (sentence * 42)[:4900].rstrip()
    request["buyer"]["name"] = (sentence * 3)[:255]
    request["payment"]["terms"] = (sentence * 8).rstrip()
