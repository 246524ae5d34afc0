"""The renderers of the plain worker: each is a function from an invoice to the bytes of its PDF."""

import json
from contextlib import contextmanager
from html import escape
from pathlib import Path

from browser import browser
from fields import FONTS

STYLE = """
@font-face { font-family: Noto; src: url(file://%s/NotoSans-Regular.ttf) }
@font-face { font-family: Noto; font-weight: bold; src: url(file://%s/NotoSans-Bold.ttf) }
@page { size: A4; margin: 20mm } body { font: 9pt/1.3 Noto; margin: 0 } h1 { font-size: 16pt } footer { margin-top: 8mm; font-size: 7pt }
table { width: 100%%; border-collapse: collapse } td, th { text-align: right; vertical-align: top; padding: 1mm 0 }
.lines td, .lines th { border-bottom: .5pt solid #ccc } td.l, th.l { text-align: left } .pairs { width: auto; margin-left: auto }
.pairs td + td { padding-left: 6mm } .account { margin-left: 0 } .lines .l:first-child { width: 10mm } .head td { width: 50%% } .head > tbody > tr > td { text-align: left }
""" % (FONTS, FONTS)


@contextmanager
def typst():
    import typst

    place = Path(__file__).parent
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    compiler = typst.Compiler(str(place / "plain_invoice.typ"), root=str(place), font_paths=fonts)

    def render(invoice):
        return compiler.compile(sys_inputs={"invoice": json.dumps(invoice.page())}, pdf_standards=["a-3b"], pdf_tags=False)

    yield render


@contextmanager
def chromium():
    with browser(STYLE) as page:

        def render(invoice):
            shown = invoice.page()
            return page.pdf(shown["language"], f"{shown['title']} {shown['number']}", html(shown))

        yield render


def html(shown):
    lines = lambda texts: "<br>".join(map(escape, texts))
    cells = lambda tag, row: "".join(f"<{tag}{' class=l' if at < 2 else ''}>{escape(text)}" for at, text in enumerate(row))
    pairs = lambda pairs: "".join(f"<tr><td class=l>{escape(label)}<td>{escape(value)}" for label, value in pairs)
    return f"""<table class=head><tr><td>{lines(shown['seller'])}<td><table class=pairs>{pairs(shown['meta'])}</table><tr><td>{lines(shown['buyer'])}<td></table>
<h1>{escape(shown['title'])} {escape(shown['number'])}</h1>
<table class=lines><tr>{cells('th', shown['columns'])}{''.join('<tr>' + cells('td', line) for line in shown['lines'])}</table>
<table class=pairs>{pairs(shown['sums'])}</table><p>{escape(shown['terms'])}</p>
<table class="pairs account">{pairs(shown['payment'])}</table><p>{lines(shown['notes'])}</p>
<footer>{escape(shown['footer'])}</footer>"""


RENDERERS = {"typst": typst, "chromium": chromium}
