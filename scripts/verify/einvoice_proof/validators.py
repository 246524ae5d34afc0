"""Which validators a document must pass: those of its profile and of the syntax of each XML."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from saxonche import PySaxonProcessor

from . import installed
from .container import FILE_NAMES, Container
from .content import Content
from .document import CII, FACTUR_X, PEPPOL, UBL, XRECHNUNG, Document, Xml
from .extraction import Extraction
from .page_only import PageOnly
from .peppol import Peppol
from .schema import Schema
from .stylesheet import Stylesheet
from .verdict import Finding, Verdict


class Check(Protocol):
    def check(self, document: Document, xml: Xml) -> Verdict: ...


@dataclass(frozen=True)
class Validator:
    name: str
    # Profiles and syntaxes that it is for.
    profiles: tuple[str, ...]
    syntaxes: tuple[str, ...]
    check: Check
    # Of the PDF and the XML in it: not of an XML in the other syntax.
    of_pdf: bool = False

    def verdict(self, document: Document, xml: Xml) -> Verdict:
        """What it says of a document. One that it cannot read is not valid, and the other documents are still checked."""
        try:
            return self.check.check(document, xml)
        except Exception as error:
            return Verdict(findings=[Finding("not-readable", f"{type(error).__name__}: {error}")])

    def is_for(self, document: Document, xml: Xml) -> bool:
        return document.profile in self.profiles and xml.syntax in self.syntaxes and (not self.of_pdf or xml is document.xmls[0])


def validators(processor: PySaxonProcessor, peppol_stylesheet: Path | None) -> list[Validator]:
    """All of them. One whose files are not there is an error, and not left out."""
    every = (FACTUR_X, XRECHNUNG, PEPPOL)
    hybrids = tuple(FILE_NAMES)
    invoice, credit_note = (
        installed.factur_x("ubl-2.1/maindoc/UBL-Invoice-2.1.xsd"),
        installed.factur_x("ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd"),
    )
    full_cii = installed.factur_x("cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd")
    profile_cii = installed.factur_x("facturx-en16931/Factur-X_EN16931.xsd")

    def stylesheet(path: Path, family: str = "") -> Stylesheet:
        return Stylesheet(processor, path, family)

    german_ubl = installed.german("XRechnung-UBL-validation.xsl")
    found = [
        Validator("XSD UBL 2.1", every, (UBL,), Schema({"Invoice": invoice, "CreditNote": credit_note})),
        Validator("XSD CII D22B", hybrids, (CII,), Schema({"CrossIndustryInvoice": full_cii})),
        Validator("XSD Factur-X 1.09", hybrids, (CII,), Schema({"CrossIndustryInvoice": profile_cii})),
        Validator("CEN 1.3.16 UBL", every, (UBL,), stylesheet(installed.factur_x("ubl-2.1/EN16931-UBL-validation.xslt"))),
        Validator("CEN 1.3.16 CII", hybrids, (CII,), stylesheet(installed.german("EN16931-CII-validation.xsl"))),
        Validator(
            "Factur-X 1.09 rules", (FACTUR_X,), (CII,), stylesheet(installed.factur_x("facturx-en16931/FACTUR-X_EN16931.xslt"))
        ),
        Validator("XRechnung 2.6.0 UBL", (XRECHNUNG,), (UBL,), stylesheet(german_ubl)),
        Validator("XRechnung 2.6.0 CII", (XRECHNUNG,), (CII,), stylesheet(installed.german("XRechnung-CII-validation.xsl"))),
        Validator("Peppol, in 2.6.0", (PEPPOL,), (UBL,), stylesheet(german_ubl, "PEPPOL-")),
        Validator("Peppol, own", (PEPPOL,), (UBL,), Peppol()),
        Validator("values of request", every, (CII, UBL), Content()),
        Validator("container (pikepdf)", hybrids, (CII,), Container(), of_pdf=True),
        Validator("extraction (pypdf)", hybrids, (CII,), Extraction(), of_pdf=True),
        Validator("no container", (PEPPOL,), (UBL,), PageOnly(), of_pdf=True),
    ]
    if peppol_stylesheet is not None:
        found.append(Validator("Peppol, published", (PEPPOL,), (UBL,), stylesheet(peppol_stylesheet)))
    return found
