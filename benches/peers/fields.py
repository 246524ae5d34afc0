"""What stands on the invoice, for the peers that don't set templates/invoice themselves: the only place that reads a view."""

import json
import os
from functools import cache
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

TEMPLATES = Path(os.environ.get("TEMPLATES_DIR", "templates")).resolve()
FONTS = TEMPLATES / "fonts"
LOGO = TEMPLATES / "brands/logo.svg"


@cache
def words(tag):
    """What the program gives a template: a language's words over those of its parents."""
    tags = tag.split("-")
    words = {}
    for parent in ["und", *("-".join(tags[: i + 1]) for i in range(len(tags)))]:
        file = TEMPLATES / f"lib/texts/{parent}.json"
        if file.exists():
            more = json.loads(file.read_text())
            words |= more | {"units": words.get("units", {}) | more.get("units", {})}
    return words


def fields(view):
    """The fields of templates/invoice, in its order and its words."""
    say = words(view["texts"])
    document, place, references = view["document"], view["marketplace"], view["references"]
    seller, payment, totals = view["seller"], view["payment"], view["totals"]
    given = lambda *pairs: [(label, value) for label, value in pairs if value]
    party = lambda party: [party["name"], *party["addressLines"]]
    sums = [(say["net"], totals["net"])]
    sums += [(say["tax-line"].format(rate=tax["rate"], taxable=tax["taxable"]), tax["tax"]) for tax in view["taxes"]]
    if len(view["taxes"]) != 1:
        sums.append((say["tax"], totals["tax"]))
    numbers = (say["vat-id"] + " ", seller["vatId"]), (say["tax-number"] + " ", seller["taxRegistrationId"]), ("", seller["legalId"])
    ids = given(*numbers)
    title = say["title-" + document["type"]]
    return SimpleNamespace(
        language=view["language"],
        title=title,
        number=document["number"],
        seller=party(seller),
        contact=[seller["contact"][name] for name in ("name", "phone", "email") if seller["contact"][name]],
        buyer=party(view["buyer"]),
        meta=given(
            (say["issue-date"], document["issueDate"]),
            (say["due-date"], document["dueDate"]),
            (say["buyer-reference"], references["buyerReference"]),
            (say["purchase-order"], references["purchaseOrder"]),
            (say["marketplace"], place["platform"]),
            (say["order"], place["orderId"]),
            (say["package"], place["packageId"]),
        ),
        columns=[
            *(say["line-" + name] for name in ("id", "name", "quantity", "price", "rate")),
            f"{say['line-net']} {document['currency']}",
        ],
        lines=[
            (
                line["id"],
                line["name"],
                f"{line['quantity']}\u00a0{say['units'].get(line['unit'], line['unit'])}",
                line["unitPrice"],
                line["taxRate"],
                line["net"],
            )
            for line in view["lines"]
        ],
        sums=sums,
        due=(say["due"], totals["due"]),
        payment=say["payment"],
        code=payment["qr"],
        terms=[payment["terms"], say["qr-hint"]],
        account=given(
            (say["account-name"], payment["accountName"]),
            ("IBAN", payment["iban"]),
            ("BIC", payment["bic"]),
            (say["remittance"], payment["remittance"]),
        ),
        notes_title=say["notes"],
        notes=view["notes"],
        footer=[" · ".join(party(seller)), " · ".join(label + value for label, value in ids)],
        footer_title=f"{title} {document['number']}",
        page=say["page"],
    )


def picture(code):
    """The QR code as PNG. The view has its pixels, not what it says, so no peer has to encode it."""
    from PIL import Image

    file = BytesIO()
    Image.frombytes("L", (code["size"], code["size"]), bytes(code["pixels"])).save(file, "PNG")
    return file
