"""Makes what a release says about its dependencies, from Cargo.lock and the sources that Cargo has downloaded.

    python3 -B scripts/release licences FILE     the licences of everything that is in the program
    python3 -B scripts/release sbom FILE         the software bill of materials, CycloneDX 1.6 in JSON
    python3 -B scripts/release check FOLDER      checks both: THIRD-PARTY-LICENSES and sbom.cdx.json of the folder

Without network, after `cargo fetch --locked`. The same sources give the same bytes. `check` needs `scripts/local/install sbom` and
the Python in target/tools/bin; the others need Python 3.11 alone.
"""

import sys
from pathlib import Path

import bill
import notices
from crates import Problem, Program


def main(arguments):
    match arguments:
        case ["licences", file]:
            Path(file).write_text(notices.text(Program()), encoding="utf-8")
        case ["sbom", file]:
            Path(file).write_text(bill.document(Program()), encoding="utf-8")
        case ["check", folder]:
            import check

            check.folder(Path(folder), Program())
        case _:
            sys.exit(__doc__)


try:
    main(sys.argv[1:])
except Problem as problem:
    sys.exit(f"release: {problem}")
