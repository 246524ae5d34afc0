"""The invoice as HTML, set by WeasyPrint and by a headless browser. What invoices share is read once: style, fonts, logo."""

import json
import os
import signal
import subprocess
import tempfile
from base64 import b64decode, b64encode
from contextlib import contextmanager
from html import escape
from importlib.metadata import version
from itertools import count
from pathlib import Path

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
    """One browser and one page in it, whose body changes. The debugging protocol runs over two pipes: no port is open."""
    program = os.environ.get("CHROMIUM")
    if not program:
        yield "headless Chromium: not installed", None
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        requests_end, requests = os.pipe()
        answers, answers_end = os.pipe()
        # The browser reads from 3 and writes to 4.
        command = ["bash", "-c", f'exec "$@" 3<&{requests_end} 4>&{answers_end}', "bash", program, "--headless", "--no-sandbox"]
        # Hinting is for screens: on paper it moves letters apart.
        command += ["--disable-gpu", "--font-render-hinting=none", "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"]
        browser = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(requests_end, answers_end), start_new_session=True
        )
        try:
            os.close(requests_end)
            os.close(answers_end)
            make = page(folder, requests, answers)
            number = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
            number = next((word for word in number.split() if word[0].isdigit()), "")
            yield f"headless Chromium {number}, untagged", make, lambda: session_time(browser.pid)
        finally:
            # The whole group: what was started may be a script around the browser.
            os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()
            os.close(requests)
            os.close(answers)


def page(folder, requests, answers):
    """A function that sets a view in a page of the browser at these pipes."""
    received = messages(answers)
    ids = count()

    def call(method, session=None, **parameters):
        message = {"id": next(ids), "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        with open(requests, "wb", closefd=False) as pipe:
            pipe.write(json.dumps(message).encode() + b"\0")
        answer = next(answer for answer in received if answer.get("id") == message["id"])
        return answer["result"]

    target = next(target["targetId"] for target in call("Target.getTargets")["targetInfos"] if target["type"] == "page")
    session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    start = Path(folder, "start.html")
    start.write_text(f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>")
    call("Page.navigate", session, url=start.as_uri())

    def wait_for(promise):
        result = call("Runtime.evaluate", session, expression=f"{promise}.then(() => true)", awaitPromise=True)
        assert result["result"].get("value"), result

    wait_for("new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))")

    def make(view):
        invoice = fields(view)
        parts = json.dumps([invoice.language, invoice.footer_title, body(invoice)])
        wait_for(f"""[document.documentElement.lang, document.title, document.body.innerHTML] = {parts};
            Promise.all([document.fonts.ready, ...[...document.images].map(image => image.decode())])""")
        return b64decode(call("Page.printToPDF", session, generateTaggedPDF=False, preferCSSPageSize=True, printBackground=True)["data"])

    return make


def messages(pipe):
    """What the browser says; each ends with a zero byte."""
    rest = b""
    while chunk := os.read(pipe, 1 << 20):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from map(json.loads, whole)


def session_time(session):
    """Processor time of the processes of a session, in seconds."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            values = stat.read_text().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        if int(values[3]) == session:
            # Its own, and that of its children that have ended.
            ticks += sum(map(int, values[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
