"""Payment means, accounts, terms, payees."""

from .base import SEPA_TRANSFER
from .case import case


@case(quick=True)
def sepa_transfer(request):
    request["payment"]["means"] = {**SEPA_TRANSFER, "text": "SEPA-Überweisung", "remittance": "RF18539007547034"}


@case()
def transfer_to_a_national_account(request):
    request["payment"]["means"] = {
        "code": "30",
        "account": "5050-1055",
        "providerId": "SE:BANKGIRO",
        "accountName": "Nordlicht Norden AB",
    }


@case(quick=True)
def direct_debit(request):
    request["payment"]["means"] = {
        "code": "59",
        "text": "SEPA-Lastschrift",
        "mandate": "MANDAT-2026-77",
        "creditorId": "DE98ZZZ09999999999",
        "debitedAccount": "DE02120300000000202051",
    }


@case(quick=True)
def card(request):
    request["payment"]["means"] = {"code": "48", "cardFirst6": "412345", "cardLast4": "6789", "cardHolder": "Ayşe Öztürk"}


@case(quick=True)
def several_accounts(request):
    second = {"code": "58", "iban": "DE02120300000000202051", "bic": "BYLADEM1001", "accountName": "Nordlicht, zweites Konto"}
    request["payment"]["furtherMeans"] = [second]


@case()
def several_accounts_with_a_text(request):
    """The text is that of the payment means, and not of each account."""
    several_accounts(request)
    request["payment"]["means"] |= {"text": "SEPA-Überweisung"}


@case()
def link_for_payers(request):
    """It is on the page only."""
    request["payment"]["means"] = SEPA_TRANSFER | {"url": "https://zahlen.nordlicht.example/1"}


@case()
def last_digits_of_a_card(request):
    request["payment"]["means"] = {"code": "54", "cardLast4": "6789"}


@case()
def cash(request):
    request["payment"]["means"] = {"code": "10", "text": "bar bezahlt"}
    request["totals"] = {"prepaid": "641.89"}


@case(quick=True)
def payee(request):
    request["payee"] = {
        "name": "Factoring Nord AG",
        "ids": [{"value": "4000001123452", "scheme": "0088"}],
        "legalId": {"value": "HRB 99881"},
    }


@case()
def terms_of_several_lines(request):
    request["payment"]["terms"] = "Zahlbar innerhalb von 30 Tagen ohne Abzug.\nBei Zahlung innerhalb von 10 Tagen 2 % Nachlass."


@case()
def payment_code_on_the_page(request):
    request["payment"]["means"] = {
        **SEPA_TRANSFER,
        "qr": True,
        "remittance": "RE 4799",
    }
