"""The hybrid PDF: what Factur-X 1.09 asks of the file around the XML, and what must have stayed of the document."""

import io
import re

import pikepdf
from pikepdf import Name

from . import xmp
from .document import FACTUR_X, XRECHNUNG, Document, Xml
from .verdict import Verdict

FILE_NAMES = {FACTUR_X: "factur-x.xml", XRECHNUNG: "xrechnung.xml"}
# What the catalogue has of the document itself.
KEPT = (
    "/Lang",
    "/MarkInfo",
    "/StructTreeRoot",
    "/Pages",
    "/ViewerPreferences",
    "/Outlines",
    "/OutputIntents",
    "/PageMode",
    "/PageLabels",
)


class Container:
    def check(self, document: Document, xml: Xml) -> Verdict:
        verdict = Verdict()
        with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
            embedded_file(verdict, pdf, document, xml)
            xmp.check(verdict, metadata_of(pdf), document.profile, FILE_NAMES[document.profile])
            document_is_kept(verdict, pdf, document.pdf)
        return verdict


def embedded_file(verdict: Verdict, pdf: pikepdf.Pdf, document: Document, xml: Xml):
    expected = FILE_NAMES[document.profile]
    entries = list(names_of(pdf))
    found = [specification for name, specification in entries if name == expected]
    names = [name for name, _ in entries]
    verdict.expect(names == sorted(names), "names-sorted", f"the name tree of the embedded files is not sorted: {names}")
    verdict.expect(len(found) == 1, "embedded-files", f"/Names /EmbeddedFiles has {names}, expected {expected} once")
    if len(found) != 1:
        return
    specification = found[0]
    verdict.expect(
        str(specification.get("/F")) == expected and str(specification.get("/UF")) == expected,
        "file-name",
        f"/F is {specification.get('/F')} and /UF {specification.get('/UF')}, expected {expected} for both",
    )
    relationship = specification.get("/AFRelationship")
    verdict.expect(relationship == Name.Alternative, "relationship", f"/AFRelationship is {relationship}, expected /Alternative")
    associated = [entry.objgen for entry in pdf.Root.get("/AF", [])]
    verdict.expect(
        associated.count(specification.objgen) == 1,
        "associated-file",
        f"/AF of the catalogue is {associated}, expected {specification.objgen} once",
    )

    stream = specification.EF.F
    verdict.expect(
        stream.get("/Subtype") == Name("/text/xml"), "media-type", f"/Subtype is {stream.get('/Subtype')}, expected /text#2Fxml"
    )
    content = stream.read_bytes()
    verdict.expect(content == xml.text, "same-bytes", f"the embedded file differs from {xml.file}")
    parameters = stream.get("/Params", {})
    modified = str(parameters.get("/ModDate"))
    expected_date = "D:" + document.request["issueDate"].replace("-", "")
    verdict.expect(
        modified.startswith(expected_date),
        "modification-date",
        f"/ModDate is {modified}, expected {expected_date}...: the issue date",
    )
    size = parameters.get("/Size", len(content))
    verdict.expect(size == len(content), "size", f"/Size is {size}, expected {len(content)}")


def document_is_kept(verdict: Verdict, pdf: pikepdf.Pdf, content: bytes):
    """The file begins with the document as it was before: a PDF by itself, whose catalogue and title are still valid."""
    original = first_revision(content)
    verdict.expect(original is not None, "prefix", "the file is no incremental update: it has one revision")
    if original is None:
        return
    with pikepdf.open(io.BytesIO(original)) as before:
        problems = before.check_pdf_syntax()
        verdict.expect(not problems, "prefix-valid", f"the first revision is not a valid PDF by itself: {problems}")
        verdict.expect(len(before.pages) == len(pdf.pages), "prefix-pages", "the first revision has another number of pages")
        for key in KEPT:
            same = raw(before.Root.get(key)) == raw(pdf.Root.get(key))
            verdict.expect(same, "catalogue-kept", f"{key} of the catalogue differs from that of the first revision")
        same = before.docinfo.keys() == pdf.docinfo.keys() and all(
            before.docinfo[key] == pdf.docinfo[key] for key in before.docinfo
        )
        verdict.expect(
            same,
            "information-kept",
            f"the document information is {raw(pdf.docinfo)}, expected that of the first revision: {raw(before.docinfo)}",
        )
        xmp.kept(verdict, metadata_of(before), metadata_of(pdf))
        verdict.expect(
            before.trailer.ID[0] == pdf.trailer.ID[0],
            "identifier-kept",
            "the first identifier of the trailer differs from that of the first revision",
        )
        changed = {int(number) for number in re.findall(rb"^(\d+) 0 obj", content[len(original) :], re.MULTILINE)}
        allowed = {before.Root.objgen[0], before.Root.Metadata.objgen[0], before.docinfo.objgen[0]}
        unexpected = {number for number in changed if number < int(before.trailer.Size)} - allowed
        verdict.expect(
            not unexpected,
            "objects-kept",
            f"objects {unexpected} are replaced, expected only catalogue, metadata and information: {allowed}",
        )
        files = [name for name, _ in names_of(before)]
        kept = [name for name, _ in names_of(pdf) if name not in FILE_NAMES.values()]
        verdict.expect(
            files == kept, "attachments-kept", f"the attachments are {kept}, expected those of the first revision: {files}"
        )
    mark = pdf.Root.get("/MarkInfo", {}).get("/Marked")
    verdict.expect(mark is True, "marked", f"/MarkInfo /Marked is {mark}, expected true")
    verdict.expect(bool(str(pdf.Root.get("/Lang", ""))), "language", "the catalogue has no /Lang")
    verdict.expect(bool(str(pdf.docinfo.get("/Title", ""))), "title", "the document has no title")


def first_revision(content: bytes) -> bytes | None:
    """What is before the last incremental update.

    It is found by /Prev of the last cross-reference section: an attached PDF may have ends of file of its own.
    """
    sections = [(int(match.group(1)), match.end()) for match in re.finditer(rb"startxref\s+(\d+)\s+%%EOF\r?\n?", content)]
    start, _ = sections[-1]
    previous = re.search(rb"/Prev\s+(\d+)", content[start:])
    if previous is None:
        return None
    ends = [end for offset, end in sections if offset == int(previous.group(1)) and end <= start]
    return content[: ends[-1]] if ends else None


def names_of(pdf: pikepdf.Pdf):
    """Names and file specifications of the embedded files, in the order of the file."""
    tree = pdf.Root.get("/Names", {}).get("/EmbeddedFiles")
    nodes = [tree] if tree is not None else []
    while nodes:
        node = nodes.pop(0)
        nodes = list(node.get("/Kids", [])) + nodes
        pairs = list(node.get("/Names", []))
        for place in range(0, len(pairs), 2):
            yield str(pairs[place]), pairs[place + 1]


def metadata_of(pdf: pikepdf.Pdf) -> bytes:
    return pdf.Root.Metadata.read_bytes()


def raw(value) -> bytes | None:
    """An object as it is written; one by reference is its number."""
    if isinstance(value, pikepdf.Object):
        return str(value.objgen).encode() if value.is_indirect else value.unparse()
    return None if value is None else str(value).encode()
