"""Kinds of documents: invoices, credit notes, corrected, self-billed and prepayment invoices."""

from .base import line
from .case import FACTUR_X, PEPPOL, XRECHNUNG, case

PRECEDING = [{"number": "RE-2026-004713", "issueDate": "2026-10-21"}]


@case(quick=True)
def invoice(request):
    pass


@case()
def invoice_with_all_amounts_given(request):
    request["lines"] = [line("Mehl Typ 550, 25 kg", "12", "18.90", "7", netAmount="226.80")]
    request["taxBreakdown"] = [{"category": "S", "rate": "7", "taxable": "226.80", "tax": "15.88"}]
    request["totals"] = {"lines": "226.80", "net": "226.80", "tax": "15.88", "gross": "242.68", "due": "242.68"}


@case()
def factored_invoice(request):
    request["documentTypeCode"] = "393"
    request["payee"] = {"name": "Factoring Nord AG", "legalId": {"value": "HRB 99881"}}


@case(quick=True)
def credit_note(request):
    request["documentType"] = "credit-note"
    request["references"]["precedingInvoices"] = PRECEDING
    del request["dueDate"]


@case()
def credit_note_with_allowances(request):
    request["documentType"] = "credit-note"
    request["references"]["precedingInvoices"] = PRECEDING
    del request["dueDate"]
    tax = {"category": "S", "rate": "19"}
    request["allowances"] = [{"percent": "10", "reason": "Treuerabatt", "reasonCode": "95", "tax": tax}]
    request["charges"] = [{"amount": "4.90", "reasonCode": "FC", "tax": tax}]
    # Shipping is taken back.
    request["lines"][0]["charges"] = [{"amount": "-1.50", "reason": "Sonderverpackung", "reasonCode": "ABL"}]


# A self-billed or prepayment document has its own specification at Peppol; and code 384 there is for German parties only.
@case(quick=True)
def corrected_invoice(request):
    request["documentType"] = "corrected-invoice"
    request["references"]["precedingInvoices"] = PRECEDING
    request["lines"] = [line("Teigschaber, Edelstahl", "-2", "9.95"), line("Schulung, halber Tag", "-1", "120.00", unit="HUR")]
    request["charges"] = [{"amount": "-4.90", "reasonCode": "FC", "tax": {"category": "S", "rate": "19"}}]


@case(profiles=(FACTUR_X, XRECHNUNG), quick=True)
def self_billed_invoice(request):
    request["documentType"] = "self-billed-invoice"


@case(profiles=(FACTUR_X, XRECHNUNG))
def self_billed_credit_note(request):
    request["documentType"] = "self-billed-credit-note"
    request["references"]["precedingInvoices"] = PRECEDING
    del request["dueDate"]


@case()
def prepayment_invoice(request):
    request["documentType"] = "prepayment-invoice"
    request["lines"] = [line("Anzahlung, 30 % des Auftrags AB-2026-1771", "1", "1500.00")]
    del request["delivery"]


@case()
def returned_goods_on_an_invoice(request):
    request["lines"].append(line("Leergut, zurück", "-4", "3.00"))


@case(profiles=(FACTUR_X, XRECHNUNG, PEPPOL), locale="de-DE")
def negative_total(request):
    request["lines"] = [line("Leergut, zurück", "-40", "3.00"), line("Mehl", "1", "18.90", "7")]


@case()
def forty_lines(request):
    request["lines"] = [
        line(f"Artikel {number}", str(number), f"{number}.{number % 100:02}", "7" if number % 3 else "19")
        for number in range(1, 41)
    ]


@case()
def without_due_date(request):
    del request["dueDate"]
    request["payment"]["terms"] = "Zahlbar bei Erhalt."
