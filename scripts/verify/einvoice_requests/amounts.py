"""Amounts: allowances and charges, prices, rounding, prepaid amounts, currencies."""

from .base import line
from .case import FACTUR_X, PROFILES, XRECHNUNG, case

STANDARD = {"category": "S", "rate": "19"}
REDUCED = {"category": "S", "rate": "7"}


@case(quick=True)
def allowances_and_charges_on_lines(request):
    first, second = request["lines"]
    first["allowances"] = [
        {"percent": "5", "base": "119.40", "amount": "5.97", "reason": "Mengenrabatt", "reasonCode": "95"},
        {"amount": "1.00", "reasonCode": "100"},
    ]
    first["charges"] = [{"percent": "1.5", "reason": "Sonderverpackung", "reasonCode": "ABL"}]
    second["charges"] = [{"amount": "15.00", "reasonCode": "ABK"}]


@case(quick=True)
def allowances_and_charges_on_the_document(request):
    request["lines"].append(line("Mehl Typ 550, 25 kg", "4", "18.90", "7"))
    request["allowances"] = [
        {"percent": "2", "base": "539.40", "amount": "10.79", "reason": "Treuerabatt", "reasonCode": "95", "tax": STANDARD},
        {"amount": "5.00", "fundedBy": "platform", "reason": "Herbstaktion", "tax": REDUCED},
    ]
    request["charges"] = [
        {"amount": "6.90", "reasonCode": "FC", "tax": STANDARD},
        {
            "percent": "10",
            "base": "60.00",
            "amount": "6.00",
            "reason": "Mindermengenzuschlag",
            "reasonCode": "SAA",
            "tax": STANDARD,
        },
    ]


@case()
def percentages_without_amounts(request):
    request["allowances"] = [{"percent": "3.333", "reason": "Rabatt", "tax": STANDARD}]
    request["charges"] = [{"percent": "0.75", "reason": "Maut", "reasonCode": "FC", "tax": STANDARD}]


@case()
def everything_taken_off(request):
    request["allowances"] = [{"percent": "100", "reason": "Kulanz", "reasonCode": "95", "tax": STANDARD}]


@case(quick=True)
def prepaid(request):
    request["totals"] = {"prepaid": "100.00"}


@case()
def paid_in_full(request):
    request["lines"] = [line("Teigschaber", "10", "10.00")]
    request["totals"] = {"prepaid": "119.00"}


@case()
def rounding(request):
    request["totals"] = {"rounding": "0.02"}


@case()
def rounded_down_and_prepaid(request):
    request["totals"] = {"rounding": "-0.03", "prepaid": "50.00"}


@case(quick=True)
def prices_with_tax(request):
    request["pricesIncludeTax"] = True
    request["lines"] = [line("Becher", "3", "9.99"), line("Kochbuch", "2", "24.95", "7"), line("Löffel", "7", "1.49")]
    request["allowances"] = [{"amount": "2.50", "reason": "Gutschein", "tax": STANDARD}]
    request["charges"] = [{"amount": "4.90", "reasonCode": "FC", "tax": STANDARD}]


@case()
def prices_with_tax_and_percentages(request):
    request["pricesIncludeTax"] = True
    request["lines"] = [
        line("Becher", "3", "9.99", grossPrice="11.99", priceDiscount="2.00", allowances=[{"percent": "10", "reason": "Rabatt"}]),
        line("Kochbuch", "1", "24.95", "7"),
    ]


@case()
def price_of_a_hundred(request):
    request["lines"] = [line("Schrauben M6 × 20, verzinkt", "450", "3.90", priceBaseQuantity="100")]


@case()
def gross_price_and_discount(request):
    request["lines"] = [line("Mehl Typ 550, 25 kg", "12", "18.90", "7", grossPrice="21.00", priceDiscount="2.10")]


@case()
def price_with_many_decimals(request):
    request["lines"] = [line("Strom", "1234.567", "0.283459", unit="KWH"), line("Netzentgelt", "1234.567", "0.07", unit="KWH")]


@case()
def quantity_of_zero_and_free_line(request):
    request["lines"] += [line("Muster, zur Information", "0", "9.95"), line("Beigabe", "1", "0.00")]


# Half a minor unit of rounding for each line: what a platform that rounds the tax of each line sends.
@case()
def tax_rounded_on_each_line(request):
    request["lines"] = [line("Artikel", "1", "4.99", "8.1") for _ in range(3)]
    request["taxBreakdown"] = [{"category": "S", "rate": "8.1", "tax": "1.20"}]


@case(locale="fr-CH")
def swiss_francs(request):
    request["currency"] = "CHF"
    request["lines"] = [line("Käse", "2.5", "31.20", "2.6", unit="KGM"), line("Messer", "1", "89.00", "8.1")]
    request["totals"] = {"rounding": "0.01"}
    request["payment"]["means"] = {"code": "30", "iban": "CH5604835012345678009", "accountName": "Nordlicht Handels GmbH"}


@case(locale="ja-JP")
def yen(request):
    request["currency"] = "JPY"
    request["lines"] = [line("包丁", "3", "12800", "10"), line("Teigschaber", "1", "999", "8")]
    request["payment"]["means"] = {"code": "30", "account": "0123456-7", "accountName": "Nordlicht KK"}


@case(profiles=PROFILES, quick=True)
def tax_currency(request):
    request["taxCurrency"] = "CHF"
    request["totals"] = {"taxInTaxCurrency": "95.35"}


@case(profiles=(FACTUR_X, XRECHNUNG), locale="pl-PL")
def tax_currency_zloty(request):
    request["currency"] = "USD"
    request["taxCurrency"] = "PLN"
    request["totals"] = {"taxInTaxCurrency": "412.08"}
