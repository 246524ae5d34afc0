"""The invoice of a request: its sums, and what stands on the page."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
COLUMNS = ("Pos.", "Description", "Quantity", "Unit price", "Tax", "Amount")


class WrongSums(Exception):
    pass


class Invoice:
    def __init__(self, request):
        self.request = request
        self.number = request["number"]
        self.currency = request["currency"]
        self.nets = [cents(Decimal(line["quantity"]) * Decimal(line["unitPrice"])) for line in request["lines"]]
        by_rate = defaultdict(Decimal)
        for line, net in zip(request["lines"], self.nets):
            by_rate[Decimal(line["tax"]["rate"])] += net
        self.taxes = [(rate, cents(net * rate / 100)) for rate, net in sorted(by_rate.items())]
        self.net = sum(self.nets)
        self.gross = self.net + sum(tax for _, tax in self.taxes)
        expected = {"net": self.net, "gross": self.gross}
        for name, given in request.get("totals", {}).items():
            if Decimal(given) != expected.get(name, Decimal(given)):
                raise WrongSums(f"totals.{name} is {given}, expected {expected[name]}")

    def page(self):
        """What a template shows, as texts."""
        request = self.request
        payment = request.get("payment", {})
        means = payment.get("means", {})
        references = request.get("references", {})
        given = lambda *pairs: [pair for pair in pairs if pair[1]]
        return {
            "language": request["locale"].split("-")[0],
            "title": request["documentType"].capitalize(),
            "number": self.number,
            "issued": request["issueDate"],
            "seller": party(request["seller"]) + list(request["seller"].get("contact", {}).values()),
            "buyer": party(request["buyer"]),
            "meta": given(
                ("Issued", request["issueDate"]),
                ("Due", request.get("dueDate")),
                ("Your reference", references.get("buyerReference")),
                ("Purchase order", references.get("purchaseOrder")),
                ("Order", request["marketplace"]["orderId"]),
                ("Package", request["marketplace"]["packageId"]),
            ),
            "columns": COLUMNS,
            "lines": [
                (line["id"], line["name"], line["quantity"], amount(Decimal(line["unitPrice"])), line["tax"]["rate"] + " %", amount(net))
                for line, net in zip(request["lines"], self.nets)
            ],
            "sums": [
                ("Net", amount(self.net)),
                *((f"Tax {rate} %", amount(tax)) for rate, tax in self.taxes),
                ("Total", f"{amount(self.gross)} {self.currency}"),
            ],
            "payment": given(
                ("Account", means.get("accountName")), ("IBAN", means.get("iban")), ("Remittance", means.get("remittance"))
            ),
            "terms": payment.get("terms", ""),
            "notes": [note["text"] for note in request.get("notes", [])],
            "footer": f"{request['seller']['name']} · {request['seller']['vatId']}",
        }


def cents(number):
    return number.quantize(CENT, ROUND_HALF_UP)


def amount(number):
    return f"{number:,.2f}"


def party(party):
    address = party["address"]
    return [
        party["name"],
        f"{address['street']} {address['number']}",
        f"{address['postalCode']} {address['city']}",
        address["country"],
    ]
