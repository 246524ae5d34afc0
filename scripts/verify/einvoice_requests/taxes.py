"""Tax categories, rates and points."""

import copy

from .base import AMERICAN_BUYER, FRENCH_BUYER, line
from .case import case


@case(quick=True)
def several_rates(request):
    request["lines"] += [line("Mehl Typ 550, 25 kg", "4", "18.90", "7"), line("Photovoltaikmodul", "2", "149.00", "0", "Z")]


@case()
def three_standard_rates(request):
    request["lines"] = [
        line("Standard", "1", "100.00", "20"),
        line("Ermäßigt", "3", "33.33", "10"),
        line("Wein", "2", "8.05", "13"),
    ]


@case(quick=True)
def reverse_charge(request):
    request["buyer"] = copy.deepcopy(FRENCH_BUYER)
    request["lines"] = [line("Beratung", "8", "120.00", "0", "AE", unit="HUR")]


@case()
def reverse_charge_with_reason(request):
    request["buyer"] = copy.deepcopy(FRENCH_BUYER)
    request["lines"] = [line("Beratung", "8", "120.00", "0", "AE", unit="HUR")]
    request["taxBreakdown"] = [
        {"category": "AE", "rate": "0", "exemptionReason": "Autoliquidation", "exemptionCode": "VATEX-EU-AE"}
    ]


@case(quick=True)
def exempt(request):
    tax = {
        "category": "E",
        "rate": "0",
        "exemptionReason": "Umsatzsteuerfrei nach § 4 Nr. 21 UStG",
        "exemptionCode": "VATEX-EU-132-1I",
    }
    request["lines"][1]["tax"] = tax


@case()
def small_business(request):
    """A seller without a VAT identifier: it has a tax number."""
    del request["seller"]["vatId"]
    request["seller"]["taxRegistrationId"] = "22/815/08151"
    request["seller"]["electronicAddress"] = {"value": "4012345000016", "scheme": "0088"}
    for entry in request["lines"]:
        entry["tax"] = {"category": "E", "rate": "0", "exemptionReason": "Kleinunternehmer nach § 19 UStG"}


@case(quick=True)
def intra_community_supply(request):
    request["buyer"] = copy.deepcopy(FRENCH_BUYER)
    request["delivery"] = {"date": "2026-11-18", "address": copy.deepcopy(FRENCH_BUYER["address"])}
    request["lines"] = [line("Knetmaschine", "1", "4999.00", "0", "K"), line("Ersatzteile", "3", "19.90", "0", "K")]


@case()
def intra_community_supply_over_a_period(request):
    request["buyer"] = copy.deepcopy(FRENCH_BUYER)
    request["delivery"] = {"address": copy.deepcopy(FRENCH_BUYER["address"])}
    request["period"] = {"start": "2026-10-01", "end": "2026-10-31"}
    request["lines"] = [line("Mehl, wöchentlich", "5", "480.00", "0", "K")]


@case(quick=True)
def export(request):
    request["buyer"] = copy.deepcopy(AMERICAN_BUYER)
    request["lines"] = [line("Knife set", "2", "249.00", "0", "G")]


@case()
def zero_rate(request):
    request["lines"] = [line("Photovoltaikmodul", "12", "149.00", "0", "Z")]


@case(quick=True)
def outside_the_scope(request):
    for party in ("seller", "buyer"):
        del request[party]["vatId"]
    request["seller"]["electronicAddress"] = {"value": "4012345000016", "scheme": "0088"}
    request["seller"]["taxRegistrationId"] = "22/815/08151"
    for entry in request["lines"]:
        entry["tax"] = {"category": "O"}


@case()
def outside_the_scope_with_allowance(request):
    outside_the_scope(request)
    request["allowances"] = [{"amount": "10.00", "reason": "Rabatt", "reasonCode": "95", "tax": {"category": "O"}}]


@case(locale="es-ES")
def canary_islands(request):
    request["lines"] = [line("Queso", "3", "12.40", "7", "L"), line("Vino", "6", "8.90", "3", "L")]


@case(locale="es-ES")
def ceuta_and_melilla(request):
    request["lines"] = [line("Pescado", "3", "12.40", "4", "M")]


@case()
def categories_together(request):
    request["lines"] = [
        line("Standard", "1", "100.00"),
        line("Nullsatz", "1", "50.00", "0", "Z"),
        {
            "name": "Befreit",
            "quantity": "1",
            "unitPrice": "25.00",
            "tax": {"category": "E", "rate": "0", "exemptionReason": "Versicherung"},
        },
    ]
    request["charges"] = [{"amount": "3.00", "reasonCode": "FC", "tax": {"category": "Z", "rate": "0"}}]


@case()
def tax_point_date(request):
    request["taxPointDate"] = "2026-11-30"


@case()
def tax_point_code(request):
    request["taxPointDateCode"] = "432"
    request["period"] = {"start": "2026-11-01", "end": "2026-11-30"}
