"""THIRD-PARTY-LICENSES: the text of each licence once, with those that it belongs to."""

import os
import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import parts
from crates import ROOT, Problem, run

NAMES = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
NAMED_AFTER = re.compile(r"[-_](licen[cs]e)", re.IGNORECASE)  # CGATS_LICENSE.txt
SOURCES = {".rs", ".c", ".h", ".py"}
NOT_IN_PROGRAM = {"tests", "test", "benches", "examples", "scripts", "fuzz"}

MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files \
(the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, \
publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do \
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF \
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE \
FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN \
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""
ZERO_BSD = """Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED \
WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL \
DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER \
TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE."""
STANDARD = {"MIT": MIT, "0BSD": ZERO_BSD}
BLESSING = """The authors of SQLite disclaim copyright to its source code. In place of a legal notice, here is a blessing:

May you do good and not evil.
May you find forgiveness for yourself and forgive others.
May you share freely, never taking more than you give."""

RULE = "=" * 100


def text(program):
    linked = [crate for crate in program.all() if crate.linked]
    foreign = [crate for crate in linked if not crate.own]
    owners = {}  # by text
    for crate in foreign:
        for licence in texts(crate):
            add(owners, licence, crate.id)
    add(owners, BLESSING, "SQLite, in libsqlite3-sys")
    for name, _, file in parts.OWN_FILES:
        add(owners, file.read_text(encoding="utf-8"), name)
    complain_about_unneeded(foreign)

    own = program.main
    head = [
        f"{own.name} {own.version} is licensed under {own.licence}. This file names what else is in the program, with its licences.",
        "",
        *(f"{crate.id}: {crate.licence}" for crate in foreign),
        *(f"{library.name}, in {library.crate}" for library in parts.LIBRARIES),
        *(f"{name}: {licence}" for name, licence, _ in parts.OWN_FILES),
        f"Standard library of Rust {program.compiler}: Apache-2.0 OR MIT, and what is said about it at the end",
    ]
    sections = ["\n".join(head)]
    for licence, names in sorted(owners.values(), key=lambda owned: (-len(owned[1]), owned[1])):
        sections.append("\n".join([*names, "", licence]))
    sections.append(f"Standard library of Rust {program.compiler}\n\n{standard_library()}")
    return f"\n\n{RULE}\n".join(sections) + "\n"


def add(owners, licence, name):
    """Texts that differ only in their lines' ends and lengths are the same text."""
    licence = licence.replace("\r\n", "\n").replace("\f", "\n").lstrip("\ufeff").strip("\n").rstrip()
    _, names = owners.setdefault(" ".join(licence.split()), (licence, []))
    if name not in names:
        names.append(name)


def texts(crate):
    exceptions = settings()
    found = [file.read_text(encoding="utf-8", errors="replace") for file in files(crate, exceptions["unused"].get(crate.name, []))]
    if any(NAMES.match(file.name) for file in crate.folder.iterdir()):
        return found
    return [*found, substitute(crate, exceptions["notice"].get(crate.name))]


def substitute(crate, notice):
    """The standard text, for a crate without one."""
    choices = re.split(r" OR ", crate.licence)
    if notice:
        if notice["licence"] not in choices:
            raise Problem(f"{crate.id} is under {crate.licence}, not under {notice['licence']}, as scripts/release/licences.toml says")
        return f"{notice['copyright']}\n\n{STANDARD[notice['licence']]}"
    if "Apache-2.0" in choices:
        return (ROOT / "LICENSE").read_text(encoding="utf-8")
    raise Problem(
        f"{crate.id} ({crate.licence}) has no file with its licence. Look its notice of copyright up in {crate.repository or 'its repository'} "
        "and add it to scripts/release/licences.toml"
    )


def complain_about_unneeded(crates):
    exceptions = settings()
    by_name = {}
    for crate in crates:
        by_name.setdefault(crate.name, []).append(crate)
    for name in exceptions["notice"]:
        if all(any(NAMES.match(file.name) for file in crate.folder.iterdir()) for crate in by_name.get(name, [])):
            raise Problem(f"{name} needs no notice in scripts/release/licences.toml any more: remove it")
    for name, folders in exceptions["unused"].items():
        for folder in folders:
            if not any((crate.folder / folder).is_dir() for crate in by_name.get(name, [])):
                raise Problem(f"{name} has no folder {folder} any more: remove it from scripts/release/licences.toml")


def settings():
    return tomllib.loads(Path(__file__).with_name("licences.toml").read_text(encoding="utf-8"))


def files(crate, unused):
    """Files with licences, those of the crate itself before those of what it contains."""
    found = []
    for path, folders, names in os.walk(crate.folder):
        folder = Path(path)
        relative = folder.relative_to(crate.folder)
        if relative.parts and relative.parts[0] in NOT_IN_PROGRAM or any(relative.is_relative_to(name) for name in unused):
            folders.clear()
            continue
        # `LICENSES/MIT.txt`, as the REUSE specification has it.
        of_reuse = relative.name == "LICENSES"
        for name in names:
            if Path(name).suffix not in SOURCES and (of_reuse or NAMES.match(name) or NAMED_AFTER.search(name)):
                found.append(folder / name)
    return sorted(found, key=lambda file: (len(file.parts), str(file)))


class Plain(HTMLParser):
    """The text of a page."""

    BLOCKS = {"p", "div", "h1", "h2", "h3", "h4", "li", "ul", "pre", "br", "summary", "details", "tr"}

    def __init__(self):
        super().__init__()
        self.written = []
        self.hidden = 0

    def handle_starttag(self, tag, attributes):
        self.hidden += tag in ("style", "script", "head")
        if tag in self.BLOCKS:
            self.written.append("\n")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("style", "script", "head")
        if tag in self.BLOCKS:
            self.written.append("\n")

    def handle_data(self, data):
        if not self.hidden:
            self.written.append(data)


def standard_library():
    """What the compiler says about the standard library, which is in every program that it makes."""
    page = Path(run("rustc", "--print", "sysroot").strip()) / "share/doc/rust/COPYRIGHT-library.html"
    if not page.is_file():
        raise Problem(f"{page} is missing, which rustup installs with the compiler: install Rust by rustup")
    plain = Plain()
    plain.feed(page.read_text(encoding="utf-8"))
    lines = [line.rstrip() for line in "".join(plain.written).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
