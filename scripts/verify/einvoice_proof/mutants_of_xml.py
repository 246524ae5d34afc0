"""Errors made in XML: a wrong amount, a missing reference, a foreign element, a value that the request does not have."""

import copy
from collections.abc import Callable
from decimal import Decimal

from lxml import etree

from .document import CII, UBL, Document, Xml

Change = Callable[[Document, Xml], bytes | None]
CEN = ("CEN 1.3.16 UBL", "CEN 1.3.16 CII", "Factur-X 1.09 rules")
XRECHNUNG = ("XRechnung 2.6.0 UBL", "XRechnung 2.6.0 CII")
OWN = ("Peppol, own",)
PEPPOL = ("Peppol, own", "Peppol, published")


def edit(paths: dict[str, str], change: Callable[[etree._Element], None], every: bool = False) -> Change:
    """Changes the first element (or every one) that the path of the syntax finds; `*` stands for local names."""

    def apply(document: Document, xml: Xml) -> bytes | None:
        tree = copy.deepcopy(xml.tree)
        found = tree.xpath(paths[xml.syntax]) if xml.syntax in paths else []
        if not found:
            return None
        for element in found if every else found[:1]:
            change(element)
        return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")

    return apply


def path(*names: str) -> str:
    return "/*" + "".join(f"//*[local-name()='{name}']" for name in names)


def add_one(element):
    element.text = str(Decimal(element.text) + 1)


def remove(element):
    element.getparent().remove(element)


def add_foreign_element(element):
    etree.SubElement(element, etree.QName(element).localname + "Foreign")


def to(text: str):
    def change(element):
        element.text = text

    return change


def attribute(name: str, value: str):
    return lambda element: element.set(name, value)


def change_the_buyer(document: Document, xml: Xml) -> bytes | None:
    text = xml.text.decode()
    name = document.request["buyer"]["name"]
    return text.replace(name, "Wer anders GmbH").encode() if name in text else None


MUTANTS: list[tuple[str, tuple[str, ...], str, Change]] = [
    (
        "a foreign element",
        ("XSD UBL 2.1", "XSD CII D22B", "XSD Factur-X 1.09"),
        "SCHEMAV_ELEMENT_CONTENT",
        edit({CII: "/*/*", UBL: "/*/*[*]"}, add_foreign_element),
    ),
    ("a wrong total with tax", CEN, "BR-CO-15", edit({CII: path("GrandTotalAmount"), UBL: path("TaxInclusiveAmount")}, add_one)),
    ("a wrong amount due", CEN, "BR-CO-16", edit({CII: path("DuePayableAmount"), UBL: path("PayableAmount")}, add_one)),
    (
        "a wrong sum of lines",
        CEN,
        "BR-CO-10",
        edit(
            {
                CII: path("SpecifiedTradeSettlementHeaderMonetarySummation", "LineTotalAmount"),
                UBL: path("LegalMonetaryTotal", "LineExtensionAmount"),
            },
            add_one,
        ),
    ),
    (
        "a missing buyer reference",
        XRECHNUNG,
        "BR-DE-15",
        edit({CII: path("BuyerReference"), UBL: path("BuyerReference")}, remove),
    ),
    (
        "a missing telephone number",
        XRECHNUNG,
        "BR-DE-6",
        edit(
            {CII: path("SellerTradeParty", "TelephoneUniversalCommunication"), UBL: path("AccountingSupplierParty", "Telephone")},
            remove,
        ),
    ),
    (
        "a wrong net amount of a line",
        ("Peppol, in 2.6.0", "Peppol, published"),
        "PEPPOL-EN16931-R120",
        edit(
            {UBL: "/*/*[local-name()='InvoiceLine' or local-name()='CreditNoteLine']/*[local-name()='LineExtensionAmount']"},
            add_one,
        ),
    ),
    ("another specification", PEPPOL, "PEPPOL-EN16931-R004", edit({UBL: path("CustomizationID")}, to("urn:cen.eu:en16931:2017"))),
    ("another business process", PEPPOL, "PEPPOL-EN16931-R007", edit({UBL: path("ProfileID")}, to("billing"))),
    (
        "no reference of the buyer",
        PEPPOL,
        "PEPPOL-EN16931-R003",
        edit({UBL: "/*/*[local-name()='BuyerReference' or local-name()='OrderReference']"}, remove, every=True),
    ),
    (
        "an e-mail address as electronic address",
        PEPPOL,
        "PEPPOL-EN16931-CL008",
        edit({UBL: path("EndpointID")}, attribute("schemeID", "EM")),
    ),
    (
        "a wrong check digit",
        PEPPOL,
        "PEPPOL-COMMON-R040",
        edit({UBL: path("EndpointID") + "[@schemeID='0088']"}, to("4000001123450")),
    ),
    (
        "an amount in another currency",
        PEPPOL,
        "PEPPOL-EN16931-R051",
        edit({UBL: path("LegalMonetaryTotal", "LineExtensionAmount")}, attribute("currencyID", "XXX")),
    ),
    ("a self-billed invoice", PEPPOL, "PEPPOL-EN16931-P0100", edit({UBL: path("InvoiceTypeCode")}, to("389"))),
    ("a self-billed credit note", PEPPOL, "PEPPOL-EN16931-P0101", edit({UBL: path("CreditNoteTypeCode")}, to("261"))),
    (
        "another kind of exemption",
        PEPPOL,
        "PEPPOL-EN16931-P0107",
        edit(
            {UBL: path("TaxCategory") + "[*[local-name()='TaxExemptionReasonCode'][.='VATEX-EU-AE']]/*[local-name()='ID']"},
            to("K"),
            every=True,
        ),
    ),
    ("another buyer", ("values of request",), "request-value", change_the_buyer),
]
