"""Sets the same invoices in several ways and tells the processor time of each: measure.py VIEWS.ndjson"""

import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import page

WARM_UP = 10


def own_time():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(name, make, views, clock=own_time):
    """Prints one row: the mean after the warm-up."""
    for view in views[:WARM_UP]:
        pdf = make(view)
    started = clock()
    for view in views[WARM_UP:]:
        pdf = make(view)
    each = (clock() - started) / (len(views) - WARM_UP)
    assert pdf.startswith(b"%PDF-"), name
    print(f"| {name} | {each * 1e3:.1f} | {1 / each:.1f} | {len(pdf) // 1024} |", flush=True)
    return each


def invoice_worker(views):
    """This program: the same documents, from the request's bytes on."""
    command = [os.environ["PROGRAM"], "bench", "render", "--kind", "invoice", "--json"]
    command += ["--documents", str(len(views) - WARM_UP)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[0]
    each = result["cpu_ms_mean"]
    name = "invoice-worker, PDF/A-3a + PDF/UA-1"
    print(f"| {name} | {each:.1f} | {1e3 / each:.1f} | {result['bytes'] // 1024} |", flush=True)


def typst_binding(views):
    """The same templates, with the binding's own fonts and files."""
    import typst

    folder = Path(tempfile.mkdtemp())
    shutil.copytree("templates", folder, dirs_exist_ok=True)
    (folder / "main.typ").write_text('#import "/invoice/main.typ": render\n#render(json("/request.json"))\n')
    fonts = [str(folder / "fonts")]
    write_texts(folder / "lib/texts", folder / "invoice/texts")

    def make(view):
        # All of the documents have one page, as the program finds out by itself.
        (folder / "request.json").write_text(json.dumps(view | {"onePage": True}))
        return typst.compile(
            str(folder / "main.typ"), root=str(folder), font_paths=fonts, ignore_system_fonts=True,
            pdf_standards=["a-3a", "ua-1"],
        )

    measure(f"Python typst {version('typst')}, same templates, PDF/A-3a + PDF/UA-1", make, views)
    shutil.rmtree(folder)


def write_texts(shared, texts):
    """What the program gives a template: a language's words over those of its parents."""
    texts.mkdir(exist_ok=True)
    for file in shared.glob("*.json"):
        tags = file.stem.split("-")
        words = {}
        for parent in ["und", *("-".join(tags[: i + 1]) for i in range(len(tags)))]:
            if (shared / f"{parent}.json").exists():
                more = json.loads((shared / f"{parent}.json").read_text())
                words |= more | {"units": words.get("units", {}) | more.get("units", {})}
        (texts / file.name).write_text(json.dumps(words))


def reportlab(views):
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Image, Paragraph, SimpleDocTemplate, Spacer, Table

    for name, file in (("Noto", "Regular"), ("NotoBold", "Bold")):
        pdfmetrics.registerFont(TTFont(name, str(page.FONTS / f"NotoSans-{file}.ttf")))
    style = ParagraphStyle("body", fontName="Noto", fontSize=9, leading=12)
    head = ParagraphStyle("head", fontName="NotoBold", fontSize=19, leading=24, spaceAfter=12)
    rule = [("FONT", (0, 0), (-1, -1), "Noto", 9), ("LINEBELOW", (0, 0), (-1, -1), 0.5, "#cccccc")]
    rule += [("ALIGN", (-4, 0), (-1, -1), "RIGHT")]
    width = A4[0] - 114

    def make(view):
        p = lambda markup: Paragraph(markup, style)
        contact = view["seller"]["contact"] or {}
        meta = "<br/>".join(f"{label} {page.text(value)}" for label, value in page.meta(view))
        seller = page.party(view["seller"]) + "<br>" + page.lines(*contact.values())
        payment, totals = view["payment"], view["totals"]
        rows = [["#", "Article", "Quantity", "Price", "Tax", "Net"]]
        rows += [
            [line["id"], p(page.text(line["name"])), line["quantity"], line["unitPrice"], line["taxRate"], line["net"]]
            for line in view["lines"]
        ]
        sums = [["Net", totals["net"]]] + [[f"{tax['rate']} of {tax['taxable']}", tax["tax"]] for tax in view["taxes"]]
        sums += [["Tax", totals["tax"]], ["Total", totals["gross"]]]
        code = Image(io.BytesIO(page.png(payment["qr"])), 75, 75)
        pay = page.lines(payment["terms"], payment["iban"], payment["accountName"], payment["remittance"])
        file = io.BytesIO()
        story = [
            Table([[p(page.party(view["buyer"]).replace("<br>", "<br/>")), p(seller.replace("<br>", "<br/>"))]]),
            p(meta),
            Paragraph(f"Invoice {page.text(view['document']['number'])}", head),
            Table(rows, colWidths=[30, width - 285, 65, 65, 45, 80], style=rule, repeatRows=1),
            Table(sums, style=rule, hAlign="RIGHT"),
            Spacer(1, 12),
            Table([[p(pay.replace("<br>", "<br/>")), code]], colWidths=[width - 90, 90]),
            p(page.lines(*view["notes"]).replace("<br>", "<br/>")),
        ]
        SimpleDocTemplate(file, pagesize=A4, title=view["document"]["number"]).build(story)
        return file.getvalue()

    measure(f"ReportLab {version('reportlab')}, untagged, no logo", make, views)


def weasyprint(views):
    from weasyprint import HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()

    def make(view):
        return HTML(string=page.html(view)).write_pdf(font_config=fonts)

    measure(f"WeasyPrint {version('weasyprint')}, untagged", make, views)


def chromium(views):
    """One headless browser, asked over its debugging protocol; its processes' time is read from /proc."""
    import websocket

    program = os.environ.get("CHROMIUM")
    if not program:
        print("| Chromium: not installed | | | |")
        return
    folder = tempfile.mkdtemp()
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
    browser = subprocess.Popen(
        [*command, f"--user-data-dir={folder}", "about:blank"], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    url = next(line.split()[-1] for line in browser.stderr if "DevTools listening on" in line)
    socket = websocket.create_connection(url, suppress_origin=True, max_size=None)
    last = 0

    def call(method, session=None, **parameters):
        nonlocal last
        last += 1
        message = {"id": last, "method": method, "params": parameters}
        socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while (answer := json.loads(socket.recv())).get("id") != last:
            pass
        return answer["result"]

    target = next(t["targetId"] for t in call("Target.getTargets")["targetInfos"] if t["type"] == "page")
    session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    frame = call("Page.getFrameTree", session)["frameTree"]["frame"]["id"]

    def make(view):
        from base64 import b64decode

        call("Page.setDocumentContent", session, frameId=frame, html=page.html(view))
        call("Runtime.evaluate", session, expression="document.fonts.ready", awaitPromise=True)
        return b64decode(call("Page.printToPDF", session, generateTaggedPDF=False)["data"])

    def clock():
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(") ", 1)[1].split()
            except OSError:
                continue
            # The browser leads a session of its own.
            if int(fields[3]) == browser.pid:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    name = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split()
    number = next((word for word in name if word[0].isdigit()), "")
    measure(f"headless Chromium {number}, untagged", make, views, clock)
    # The whole group: what was started may be a script around the browser.
    os.killpg(browser.pid, signal.SIGKILL)
    browser.wait()
    shutil.rmtree(folder, ignore_errors=True)


views = [json.loads(line) for line in open(sys.argv[1])]
print("| invoice of 8 lines with QR code | CPU ms | documents/s on a core | KiB |\n|---|---|---|---|", flush=True)
for peer in (invoice_worker, typst_binding, reportlab, chromium, weasyprint):
    peer(views)
