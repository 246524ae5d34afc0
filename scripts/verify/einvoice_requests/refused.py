"""Requests that are valid without an e-invoice, and that one of the profiles refuses: each with what the answer must name."""

import copy

from .base import FRENCH_BUYER, plain_invoice
from .case import FACTUR_X, PEPPOL, XRECHNUNG

Change = list[tuple[str, object]]
EMAIL = {"value": "einkauf@oeztuerk.example", "scheme": "EM"}
TWO_INVOICES = [{"number": "RE-1", "issueDate": "2026-10-02"}, {"number": "RE-2", "issueDate": "2026-10-05"}]
CORRECTED = TWO_INVOICES[:1]
CARD = [{"code": "48", "cardLast4": "6789"}]
COMPONENTS = [{"name": "GST", "rate": "5"}, {"name": "QST", "rate": "9.975"}]

# Name, profile, what the answer names, and the members that are set; without a value, that are taken away.
REFUSED: list[tuple[str, str, str, Change]] = [
    ("no-buyer-reference", XRECHNUNG, "BR-DE-15", [("references", None)]),
    ("no-contact", XRECHNUNG, "BR-DE-5", [("seller/contact", None)]),
    ("no-contact-name", XRECHNUNG, "BR-DE-5", [("seller/contact/name", None)]),
    ("no-telephone-number", XRECHNUNG, "BR-DE-6", [("seller/contact/phone", None)]),
    ("no-email-address", XRECHNUNG, "BR-DE-7", [("seller/contact/email", None)]),
    ("no-payment", XRECHNUNG, "BR-DE-1", [("payment/means", None)]),
    ("no-city-of-the-seller", XRECHNUNG, "BR-DE-3", [("seller/address/city", None)]),
    ("no-postal-code-of-the-buyer", XRECHNUNG, "BR-DE-9", [("buyer/address/postalCode", None)]),
    ("no-address-of-the-seller", XRECHNUNG, "PEPPOL-EN16931-R020", [("seller/electronicAddress", None)]),
    ("no-address-of-the-buyer", XRECHNUNG, "PEPPOL-EN16931-R010", [("buyer/electronicAddress", None)]),
    ("no-reference-of-the-buyer", PEPPOL, "PEPPOL-EN16931-R003", [("references", None)]),
    ("no-peppol-address", PEPPOL, "PEPPOL-EN16931-R010", [("buyer/electronicAddress", None)]),
    ("an-email-address-at-peppol", PEPPOL, "PEPPOL-EN16931-CL008", [("buyer/electronicAddress", EMAIL)]),
    ("self-billed-at-peppol", PEPPOL, "PEPPOL-EN16931-P0100", [("documentType", "self-billed-invoice")]),
    ("two-notes-at-peppol", PEPPOL, "PEPPOL-EN16931-R002", [("buyer", FRENCH_BUYER), ("notes", [{"text": "A"}, {"text": "B"}])]),
    (
        "corrected-for-a-french-buyer",
        PEPPOL,
        "PEPPOL-EN16931-P0112",
        [("buyer", FRENCH_BUYER), ("documentType", "corrected-invoice"), ("references/precedingInvoices", CORRECTED)],
    ),
    (
        "a-debit-without-mandate",
        PEPPOL,
        "PEPPOL-EN16931-R061",
        [("payment/means", {"code": "59", "debitedAccount": "DE02120300000000202051"})],
    ),
    ("three-decimals", FACTUR_X, "BR-DEC-", [("currency", "KWD"), ("lines/0/unitPrice", "1.001"), ("payment", None)]),
    ("two-preceding-invoices", XRECHNUNG, "/references/precedingInvoices/1", [("references/precedingInvoices", TWO_INVOICES)]),
    ("a-card-beside-an-account", XRECHNUNG, "/payment/furtherMeans/0", [("payment/furtherMeans", CARD)]),
    (
        "a-rate-with-components",
        FACTUR_X,
        "/lines/0/tax/components",
        [("lines/0/tax", {"category": "S", "components": COMPONENTS})],
    ),
    ("a-receipt", FACTUR_X, "e_invoice_invalid", [("documentType", "receipt")]),
    ("an-unknown-profile", FACTUR_X, "e_invoice_profile_unknown", [("eInvoice/profile", "zugferd-3.0")]),
]


def refused_requests():
    """Names, requests, and what the answer must name. Without their e-invoice, the requests are valid."""
    for number, (name, profile, expected, changes) in enumerate(REFUSED, 1):
        request = plain_invoice() | {"number": f"X-{number}", "eInvoice": {"profile": profile}}
        request["marketplace"] |= {"orderId": name, "sequenceNumber": str(number)}
        for path, value in changes:
            set_member(request, path, value)
        yield f"{name}.{profile}", request, expected


def set_member(request: dict, path: str, value: object):
    *parents, name = path.split("/")
    for parent in parents:
        request = request[int(parent) if parent.isdigit() else parent]
    if value is None:
        del request[name]
    else:
        request[name] = copy.deepcopy(value)
