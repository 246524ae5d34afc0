"""Extraction of the XML from the PDF by another library: factur-x, which reads by pypdf."""

import logging

import facturx

from .container import FILE_NAMES
from .document import Document, Xml
from .verdict import Verdict

logging.getLogger("factur-x").setLevel(logging.ERROR)


class Extraction:
    def check(self, document: Document, xml: Xml) -> Verdict:
        verdict = Verdict()
        expected = FILE_NAMES[document.profile]
        # Its own check of the schema is off: the file as it is embedded is what is compared.
        name, content = facturx.get_xml_from_pdf(document.pdf, check_xsd=False, check_schematron=False, filenames=[expected])
        verdict.expect(name == expected, "extraction-name", f"the library finds {name or 'no XML'}, expected {expected}")
        verdict.expect(content == xml.text, "extraction-bytes", f"the library extracts other bytes than {xml.file} has")
        return verdict
