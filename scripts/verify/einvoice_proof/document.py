"""The documents of a folder: NAME.json (the request), NAME.pdf, NAME.xml, and NAME.ubl.xml or NAME.cii.xml (the other syntax)."""

import json
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

CII = "cii"
UBL = "ubl"
SYNTAXES = {
    "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100": CII,
    "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2": UBL,
    "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2": UBL,
}


FACTUR_X = "factur-x-en16931"
XRECHNUNG = "xrechnung"
PEPPOL = "peppol-bis-3"
# Every name that a request may give its profile, and the profile that validators know.
PROFILES = {FACTUR_X: FACTUR_X, XRECHNUNG: XRECHNUNG, "xrechnung-3.0": XRECHNUNG, PEPPOL: PEPPOL}


@dataclass(frozen=True)
class Xml:
    """One XML of a document: `text` is as it was written, `tree` as it was parsed."""

    file: str
    syntax: str
    text: bytes
    tree: etree._Element


@dataclass(frozen=True)
class Document:
    name: str
    profile: str
    request: dict
    pdf: bytes
    # The one of the profile comes first.
    xmls: tuple[Xml, ...]


def read_folder(folder: Path) -> list[Document]:
    """All documents of a folder. A request without its PDF and XML is an error: it would not be checked."""
    documents = [read_document(path) for path in sorted(folder.glob("*.json"))]
    if not documents:
        raise ValueError(f"{folder} has no requests (*.json)")
    return documents


def read_document(path: Path) -> Document:
    name = path.name.removesuffix(".json")
    request = json.loads(path.read_text(encoding="utf-8"))
    profile = request["eInvoice"]["profile"]
    if profile not in PROFILES:
        raise ValueError(f"{path.name}: /eInvoice/profile is {profile}, expected one of {', '.join(PROFILES)}")
    files = [
        path.with_name(f"{name}.xml"),
        *sorted(path.parent.glob(f"{name}.ubl.xml")),
        *sorted(path.parent.glob(f"{name}.cii.xml")),
    ]
    return Document(
        name=name,
        profile=PROFILES[profile],
        request=request,
        pdf=path.with_name(f"{name}.pdf").read_bytes(),
        xmls=tuple(parse_xml(file.name, file.read_bytes()) for file in files),
    )


def parse_xml(file: str, text: bytes) -> Xml:
    tree = etree.fromstring(text, etree.XMLParser(resolve_entities=False))
    namespace = etree.QName(tree).namespace
    if namespace not in SYNTAXES:
        raise ValueError(f"{file}: the root is in {namespace}, expected one of {', '.join(SYNTAXES)}")
    return Xml(file, SYNTAXES[namespace], text, tree)
