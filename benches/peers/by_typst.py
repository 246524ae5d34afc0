"""The same templates, set by Typst's own command and by its Python binding."""

import json
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from fields import TEMPLATES, words

STANDARDS = ["a-3a", "ua-1"]
# The pixels are a file of their own: as numbers in JSON they would take longer than the rest of it.
MAIN = """#import "/invoice/main.typ": render
#let view = json("/request.json")
#(view.payment.qr.pixels = read("/pixels", encoding: none))
#render(view)
"""


@contextmanager
def folder():
    """The templates as the program presents them to Typst, and a function that puts in a view."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(TEMPLATES, folder, dirs_exist_ok=True)
        (folder / "main.typ").write_text(MAIN)
        texts = folder / "invoice/texts"
        texts.mkdir(exist_ok=True)
        for file in (folder / "lib/texts").glob("*.json"):
            (texts / file.name).write_text(json.dumps(words(file.stem)))

        def put(view):
            code = view["payment"]["qr"]
            (folder / "pixels").write_bytes(bytes(code["pixels"]))
            payment = view["payment"] | {"qr": code | {"pixels": None}}
            # Few lines have one page, as the program finds out by itself.
            view = view | {"payment": payment, "onePage": len(view["lines"]) < 20}
            (folder / "request.json").write_text(json.dumps(view))

        yield folder, put


@contextmanager
def cli():
    """A process a document, as a service without Typst in it would call it. Built without fonts of its own."""
    program = "target/peers/bin/typst"
    if not Path(program).exists():
        yield "Typst CLI: could not be built", None
        return
    name = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
    with folder() as (place, put):
        command = [program, "compile", "--root", place, "--font-path", place / "fonts", "--jobs", "1"]
        command += ["--ignore-system-fonts", "--pdf-standard", ",".join(STANDARDS)]
        command += [place / "main.typ", "-"]

        def make(view):
            put(view)
            return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout

        yield f"Typst CLI {name}, a process a document, same templates, PDF/A-3a and PDF/UA-1", make


@contextmanager
def binding():
    import typst

    with folder() as (place, put):
        # Kept, so that fonts are read once.
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(place / "fonts")])
        compiler = typst.Compiler(str(place / "main.typ"), root=str(place), font_paths=fonts)

        def make(view):
            put(view)
            return compiler.compile(pdf_standards=STANDARDS)

        yield f"Python binding of Typst {version('typst')}, same templates, PDF/A-3a and PDF/UA-1", make
