"""Renders the same invoices with several programs and prints the processor time of each: measure.py FOLDER [DOCUMENTS [PEER...]]

The last document of each peer is written to the folder. PROGRAM names invoice-dev; invoice-worker is beside it.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from by_html import chromium, weasyprint
from by_reportlab import reportlab
from by_typst import binding, cli

PEERS = {"typst": cli, "typst-binding": binding, "reportlab": reportlab, "chromium": chromium, "weasyprint": weasyprint}


def program(*arguments, name="invoice-dev"):
    path = Path(os.environ["PROGRAM"]).with_name(name)
    return subprocess.run([path, *arguments], check=True, capture_output=True).stdout


def own_time():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(make, views, warm_up, clock=own_time):
    """The mean milliseconds for a document after the warm-up, and the last document."""
    for view in views[:warm_up]:
        make(view)
    started = clock()
    for view in views[warm_up:]:
        pdf = make(view)
    each = (clock() - started) * 1e3 / (len(views) - warm_up)
    assert pdf.startswith(b"%PDF-")
    return each, pdf


def measure_program(kind, documents, warm_up):
    """This program: the same documents, beginning with the bytes of the request."""
    result = json.loads(program("bench", "render", "--json", "--kind", kind, "--documents", str(documents)))[0]
    request = folder / "request.json"
    request.write_bytes(program("bench", "requests", "--kind", kind, "--requests", str(documents + warm_up)).splitlines()[-1])
    pdf = folder / f"invoice-worker-{kind}.pdf"
    program("render", request, "-o", pdf, name="invoice-worker")
    return result["cpu_ms_mean"], pdf.read_bytes()


def row(name, invoice, long):
    (each, pdf), (each_long, _) = invoice, long
    print(f"| {name} | {each:.1f} | {1e3 / each:.0f} | {len(pdf) / 1024:.0f} | {each_long:.0f} |", flush=True)


folder = Path(sys.argv[1])
documents = int(sys.argv[2]) if len(sys.argv) > 2 else 100
# Kinds of invoices: how many are measured, and how many are rendered before.
kinds = {"invoice": (documents, 10), "long": (max(documents // 10, 1), 2)}
views = {}
for kind, (count, warm_up) in kinds.items():
    requests = program("bench", "requests", "--view", "--kind", kind, "--requests", str(count + warm_up))
    views[kind] = [json.loads(line) for line in requests.splitlines()]

print("| program | CPU ms | documents a second on a core | KiB | CPU ms of 600 lines |\n|---|---|---|---|---|", flush=True)
row("invoice-worker, PDF/A-3a and PDF/UA-1", *(measure_program(kind, *counts) for kind, counts in kinds.items()))
for peer in sys.argv[3:] or PEERS:
    with PEERS[peer]() as (name, make, *clock):
        if make is None:
            print(f"| {name} | | | | |", flush=True)
            continue
        results = []
        for kind, (_, warm_up) in kinds.items():
            results.append(measure(make, views[kind], warm_up, *clock))
            (folder / f"{peer}-{kind}.pdf").write_bytes(results[-1][1])
        row(name, *results)
