"""XML Schema. UBL has a schema for each kind of document; the one of the root is used."""

from pathlib import Path

from lxml import etree

from .document import Document, Xml
from .verdict import Finding, Verdict


class Schema:
    def __init__(self, schemas: dict[str, Path]):
        """`schemas` has a schema for each local name of a root."""
        self.schemas = {root: etree.XMLSchema(etree.parse(str(path))) for root, path in schemas.items()}

    def check(self, document: Document, xml: Xml) -> Verdict:
        schema = self.schemas[etree.QName(xml.tree).localname]
        # Parsed anew: the lines of errors are those of the file.
        tree = etree.fromstring(xml.text)
        verdict = Verdict(checked=sum(1 for _ in tree.iter()))
        if not schema.validate(tree):
            for error in schema.error_log:
                verdict.findings.append(Finding(error.type_name, f"{error.message} At: line {error.line}"))
        return verdict
