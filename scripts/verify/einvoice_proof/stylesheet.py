"""Schematron rules, as stylesheets that their publishers have compiled, run by Saxon."""

from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor

from .document import Document, Xml
from .verdict import Finding, Verdict

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
WARNINGS = ("warning", "information", "info")


class Stylesheet:
    """Compiled once, for all documents."""

    def __init__(self, processor: PySaxonProcessor, path: Path, family: str = ""):
        """With a `family`, only rules whose id begins with it count, and none of them is a mere warning."""
        self.processor = processor
        self.executable = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))
        self.family = family

    def check(self, document: Document, xml: Xml) -> Verdict:
        node = self.processor.parse_xml(xml_text=xml.text.decode())
        report = self.executable.transform_to_string(xdm_node=node)
        if not report:
            raise ValueError(f"{xml.file}: the stylesheet gives no report")
        return self.verdict(etree.fromstring(report.encode()))

    def verdict(self, report) -> Verdict:
        """A rule that fired is one whose context is in the document: then its assertions were checked."""
        verdict = Verdict(checked=sum(1 for _ in report.iter(f"{SVRL}fired-rule")))
        for assertion in report.iter(f"{SVRL}failed-assert", f"{SVRL}successful-report"):
            rule = assertion.get("id") or "rule without an id"
            if rule.startswith(self.family):
                text = " ".join("".join(assertion.itertext()).split())
                warning = assertion.get("flag") in WARNINGS and not self.family
                verdict.findings.append(Finding(rule, f"{text} At: {assertion.get('location')}", warning))
        return verdict
