"""The invoice as HTML, for the two that set HTML: the fields of templates/invoice, in the same order."""

from base64 import b64encode
from html import escape
from pathlib import Path
import struct
import zlib

FONTS = Path("templates/fonts").resolve()
LOGO = b64encode(Path("templates/brands/logo.svg").read_bytes()).decode()
STYLE = """
@font-face { font-family: Noto; src: url(file://%s/NotoSans-Regular.ttf) }
@font-face { font-family: Noto; font-weight: bold; src: url(file://%s/NotoSans-Bold.ttf) }
@page { size: A4; margin: 20mm }
body { font: 9pt Noto; margin: 0 } h1 { font-size: 19pt } table { width: 100%%; border-collapse: collapse }
td, th { padding: 1.9mm 1mm; border-bottom: .5pt solid #ccc; text-align: right } .l { text-align: left }
.two { display: flex; justify-content: space-between }
""" % (FONTS, FONTS)


def text(value):
    return escape(str(value or ""))


def lines(*values):
    return "<br>".join(text(value) for value in values if value)


def party(view):
    return lines(view["name"], *view["addressLines"])


def png(qr):
    """The QR code as PNG: one byte for each pixel, as the view has it."""
    size, pixels = qr["size"], bytes(qr["pixels"])
    rows = b"".join(b"\0" + pixels[row * size : (row + 1) * size] for row in range(size))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def meta(view):
    document, place, references = view["document"], view["marketplace"], view["references"]
    return [
        ("Date", document["issueDate"]),
        ("Due", document["dueDate"]),
        ("Your reference", references["buyerReference"]),
        ("Purchase order", references["purchaseOrder"]),
        ("Marketplace", place["platform"]),
        ("Order", place["orderId"]),
        ("Package", place["packageId"]),
    ]


def html(view):
    contact = view["seller"]["contact"] or {}
    rows = "".join(
        f"<tr><td class=l>{text(line['id'])}<td class=l>{text(line['name'])}<td>{text(line['quantity'])}"
        f"<td>{text(line['unitPrice'])}<td>{text(line['taxRate'])}<td>{text(line['net'])}"
        for line in view["lines"]
    )
    taxes = "".join(f"<tr><td>{tax['rate']} of {tax['taxable']}<td>{tax['tax']}" for tax in view["taxes"])
    totals, payment = view["totals"], view["payment"]
    code = b64encode(png(payment["qr"])).decode()
    number = text(view["document"]["number"])
    return f"""<!doctype html><html lang={view['language']}><meta charset=utf-8><title>{number}</title><style>{STYLE}</style>
<div class=two><img height=50 alt=logo src="data:image/svg+xml;base64,{LOGO}">
<p>{party(view['seller'])}<br>{lines(contact.get('name'), contact.get('phone'), contact.get('email'))}</p></div>
<div class=two><p>{party(view['buyer'])}</p><p>{'<br>'.join(f'{label} <b>{text(value)}</b>' for label, value in meta(view))}</p></div>
<h1>Invoice {number}</h1>
<table><thead><tr><th class=l>#<th class=l>Article<th>Quantity<th>Price<th>Tax<th>Net</thead><tbody>{rows}</tbody></table>
<table><tr><td>Net<td>{totals['net']}</tr>{taxes}<tr><td>Tax<td>{totals['tax']}<tr><td><b>Total<td><b>{totals['gross']}</table>
<div class=two><p>{lines(payment['terms'], payment['iban'], payment['accountName'], payment['remittance'])}</p>
<img width=100 alt=QR src="data:image/png;base64,{code}"></div>
<p>{lines(*view['notes'])}</p><footer>{text(view['seller']['name'])} · {text(view['seller']['vatId'])} · {number}</footer></html>"""
