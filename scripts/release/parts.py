"""What is in the program besides crates: libraries in C inside of crates, fonts, tables."""

import re
from dataclasses import dataclass

from crates import ROOT, Problem


@dataclass
class Library:
    """A library in another language, whose sources are in a crate. Databases of vulnerabilities know it by its own name."""

    crate: str
    name: str
    licence: str  # empty: that of the crate
    header: str
    pattern: str
    cpe: str

    def version(self, folder):
        found = re.search(self.pattern, (folder / self.header).read_text(encoding="utf-8"))
        if not found:
            raise Problem(f"{self.header} of {self.crate} does not state the version of {self.name} any more: see scripts/release/parts.py")
        return found[1] if not found[1].isdigit() else numbered(found[1])


def numbered(version):
    """20302 is 2.3.2."""
    return f"{int(version[:-4])}.{int(version[-4:-2])}.{int(version[-2:])}"


LIBRARIES = [
    Library(
        "aws-lc-sys", "aws-lc", "", "aws-lc/include/openssl/base.h",
        r'AWSLC_VERSION_NUMBER_STRING "([0-9.]+)"', "cpe:2.3:a:amazon:aws-lc:{}:*:*:*:*:*:*:*",
    ),
    # The crate builds version 3 unless its feature v2 is selected.
    Library(
        "libmimalloc-sys", "mimalloc", "MIT", "c_src/mimalloc/v3/include/mimalloc.h",
        r"define MI_MALLOC_VERSION (\d+)", "cpe:2.3:a:microsoft:mimalloc:{}:*:*:*:*:*:*:*",
    ),
    Library(
        "libsqlite3-sys", "sqlite", "blessing", "sqlite3/sqlite3.h",
        r'define SQLITE_VERSION +"([0-9.]+)"', "cpe:2.3:a:sqlite:sqlite:{}:*:*:*:*:*:*:*",
    ),
]  # fmt: skip

# Files of this repository that are not ours, and their licences.
OWN_FILES = [
    ("Fonts of Noto (templates/fonts)", "OFL-1.1", ROOT / "templates/fonts/OFL.txt"),
    ("Fonts of Liberation (templates/fonts)", "OFL-1.1", ROOT / "templates/fonts/OFL-Liberation.txt"),
    ("Tables of CLDR (crates/document/src/locale)", "Unicode-3.0", ROOT / "crates/document/src/locale/LICENSE-UNICODE.txt"),
]
