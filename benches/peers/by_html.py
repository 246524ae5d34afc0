"""The invoice as HTML, set by WeasyPrint and by a headless browser. What invoices share is read once: style, fonts, logo."""

from base64 import b64encode
from contextlib import contextmanager
from html import escape
from importlib.metadata import version

from browser import browser, session_time
from fields import FONTS, LOGO, fields, picture

LOGO_URL = "data:image/svg+xml;base64," + b64encode(LOGO.read_bytes()).decode()
STYLE = """
@font-face { font-family: Noto; src: url(file://%s/NotoSans-Regular.ttf) }
@font-face { font-family: Noto; font-weight: bold; src: url(file://%s/NotoSans-Bold.ttf) }
@page { size: A4; margin: 15mm 20mm 26mm 25mm; font: 7pt Noto; color: #5a6872 }
@page {
  @bottom-left { border-top: .5pt solid #d3dade; vertical-align: top; padding-top: 2.5mm; white-space: pre-line; width: 109mm }
  @bottom-right {
    border-top: .5pt solid #d3dade; vertical-align: top; padding-top: 2.5mm; white-space: pre-line; width: 56mm; text-align: right
  }
}
body { font: 9pt/1.25 Noto; color: #16232b; margin: 0 } p { margin: 0 0 2mm } small { font-size: 8pt } img { vertical-align: top }
h1 { font-size: 19pt; color: #14323f; margin: 8mm 0 4mm } h1 span { font-weight: normal }
h2 { font-size: 9pt; color: #14323f; margin: 5mm 0 2mm }
table { width: 100%%; border-collapse: collapse } .fixed { table-layout: fixed } th { color: #14323f }
td, th { padding: 0; text-align: left; vertical-align: top } .side { width: 74mm }
.lines td, .lines th { padding: 1.4mm 0; border-bottom: .5pt solid #d3dade; text-align: right } .lines .l { text-align: left }
.pairs td { color: #5a6872; white-space: nowrap }
.pairs td + td { color: #16232b; text-align: right; padding-left: 2mm; white-space: normal }
.sums { width: 74mm; margin: 4mm 0 0 auto; break-inside: avoid } .due { background: #f0f4f5; margin-top: 3mm }
.due td { padding: 3mm; font: bold 12pt Noto; color: #14323f } .due td + td { text-align: right }
.pay { border: solid #d3dade; border-width: .5pt 0; break-inside: avoid }
.pay > tbody > tr > td { vertical-align: middle; padding: 2mm 0 } .pay > tbody > tr > .terms { padding-right: 4mm }
""" % (FONTS, FONTS)
COLUMNS = "<col style='width: 10mm'><col>" + "".join(f"<col style='width: {width}mm'>" for width in (22, 25, 18, 26))


def quoted(text):
    """As a string in a style sheet within a page."""
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3c ").replace("\n", "\\a ")


def body(invoice):
    lines = lambda values: "<br>".join(map(escape, values))
    party = lambda names: f"<b>{escape(names[0])}</b><br>{lines(names[1:])}"
    pairs = lambda pairs: "".join(f"<tr><td>{escape(label)}<td>{escape(value)}" for label, value in pairs)
    # The names' column is the second.
    cells = lambda tag, row: "".join(f"<{tag}{' class=l' if at < 2 else ''}>{escape(value)}" for at, value in enumerate(row))
    pages = quoted(invoice.page).replace("{page}", '" counter(page) "').replace("{pages}", '" counter(pages) "')
    code = b64encode(picture(invoice.code).getvalue()).decode()
    return f"""<style>@page {{ @bottom-left {{ content: {quoted(chr(10).join(invoice.footer))} }}
@bottom-right {{ content: {quoted(invoice.footer_title)} "\\a " {pages} }} }}</style>
<table class=fixed><tr style="height: 32mm"><td><img style="height: 14mm" alt=Logo src="{LOGO_URL}">
<td class=side><small>{party(invoice.seller)}<p>{lines(invoice.contact)}</small>
<tr><td>{party(invoice.buyer)}<td><table class=pairs>{pairs(invoice.meta)}</table></table>
<h1>{escape(invoice.title)} <span>{escape(invoice.number)}</span></h1>
<table class="lines fixed">{COLUMNS}
<thead><tr>{cells('th', invoice.columns)}</thead><tbody>{''.join('<tr>' + cells('td', row) for row in invoice.lines)}</table>
<div class=sums><table class=pairs>{pairs(invoice.sums)}</table><table class=due>{pairs([invoice.due])}</table></div>
<h2>{escape(invoice.payment)}</h2>
<table class="pay fixed">
<tr><td style="width: 34mm"><img style="width: 30mm; image-rendering: pixelated" alt=QR src="data:image/png;base64,{code}">
<td class=terms>{lines(invoice.terms)}<td class=side><table class=pairs>{pairs(invoice.account)}</table></table>
<h2>{escape(invoice.notes_title)}</h2><p>{lines(invoice.notes)}</p>"""


@contextmanager
def weasyprint():
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    style = CSS(string=STYLE, font_config=fonts)

    def make(view):
        invoice = fields(view)
        head = f"<!doctype html><html lang={invoice.language}><meta charset=utf-8><title>{escape(invoice.footer_title)}</title>"
        return HTML(string=head + body(invoice)).write_pdf(stylesheets=[style], font_config=fonts)

    yield f"WeasyPrint {version('weasyprint')}, untagged", make


@contextmanager
def chromium():
    with browser(STYLE) as page:
        if page is None:
            yield "headless Chromium: not installed", None
            return

        def make(view):
            invoice = fields(view)
            return page.pdf(invoice.language, invoice.footer_title, body(invoice))

        yield f"headless Chromium {page.version}, untagged", make, lambda: session_time(page.process)
