"""Checks the e-invoices of a folder: python3 -m einvoice_proof [--matrix] [--peppol-stylesheet FILE.xslt] FOLDER

Exits with 1 if a document is not valid, if no validator is for it or one looked at nothing in it, or if one does not find the errors that are made
on purpose first. In a matrix, each validator must also be given documents, and each of these errors must fit one.
"""

import argparse
import sys
from pathlib import Path

from saxonche import PySaxonProcessor

from .document import read_folder
from .report import Report
from .self_test import prove_that_each_can_fail
from .validators import validators
from .verdicts import Verdicts


def main() -> int:
    parser = argparse.ArgumentParser(prog="einvoice_proof")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--matrix", action="store_true", help="the folder has every kind of document")
    parser.add_argument("--peppol-stylesheet", type=Path, help="Peppol's published rules as a stylesheet, which no package has")
    arguments = parser.parse_args()

    documents = read_folder(arguments.folder)
    report, verdicts = Report(), Verdicts()
    with PySaxonProcessor(license=False) as processor:
        every = validators(processor, arguments.peppol_stylesheet)
        report.failures += prove_that_each_can_fail(every, documents, verdicts, arguments.matrix)
        for document in documents:
            for xml in document.xmls:
                for validator in every:
                    if validator.is_for(document, xml):
                        report.add(validator, document, xml, verdicts.of(validator, document, xml))
                report.expect_validator(document, xml)
    if arguments.matrix:
        report.expect_rows(every)
    report.print()
    xmls = sum(len(document.xmls) for document in documents)
    print(f"{len(documents)} documents, {xmls} XML files: {len(report.failures)} failures")
    return 1 if report.failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ValueError, OSError) as error:
        sys.exit(f"einvoice_proof: {error}")
