"""The same templates, set by Typst's Python binding."""

import json
import shutil
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
