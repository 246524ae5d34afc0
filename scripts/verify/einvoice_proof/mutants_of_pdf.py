"""Errors made in the PDF: in the file specification, in the metadata, and in what must have stayed."""

import io
import re
from collections.abc import Callable

import pikepdf
from pikepdf import Name, String

from .container import FILE_NAMES, first_revision, names_of
from .document import Document

Change = Callable[[Document], bytes | None]
CONTAINER = ("container (pikepdf)",)
EXTRACTION = ("extraction (pypdf)",)


def edit(change: Callable[[pikepdf.Pdf, pikepdf.Object], None]) -> Change:
    """Changes the file with its file specification of the XML. The whole file is written anew: it has no first revision then."""

    def apply(document: Document) -> bytes | None:
        with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
            found = [specification for name, specification in names_of(pdf) if name == FILE_NAMES[document.profile]]
            if not found:
                return None
            change(pdf, found[0])
            return saved(pdf)

    return apply


def saved(pdf: pikepdf.Pdf) -> bytes:
    content = io.BytesIO()
    pdf.save(content, fix_metadata_version=False)
    return content.getvalue()


def edit_metadata(change: Callable[[bytes], bytes]) -> Change:
    def apply(pdf: pikepdf.Pdf, specification: pikepdf.Object):
        metadata = pdf.Root.Metadata.read_bytes()
        pdf.Root.Metadata.write(change(metadata))

    return edit(apply)


def edit_update(old: bytes, new: bytes) -> Change:
    """Replaces bytes by as many others in what follows the first revision."""

    def apply(document: Document) -> bytes | None:
        original = first_revision(document.pdf)
        if original is None or old not in document.pdf[len(original) :]:
            return None
        return original + document.pdf[len(original) :].replace(old, new.ljust(len(old)))

    return apply


def another_title(document: Document) -> bytes | None:
    """In the metadata that follow the first revision: the last digit of the number."""
    original = first_revision(document.pdf)
    if original is None:
        return None
    update = re.sub(rb"\d(</rdf:li>\s*</rdf:Alt>\s*</dc:title>)", rb"X\1", document.pdf[len(original) :])
    return original + update if original + update != document.pdf else None


def set_entry(key: str, value) -> Change:
    return edit(lambda pdf, specification: specification.__setitem__(key, value))


def of_stream(change: Callable[[pikepdf.Object], None]) -> Change:
    return edit(lambda pdf, specification: change(specification.EF.F))


def rename(pdf: pikepdf.Pdf, specification: pikepdf.Object):
    specification["/F"] = specification["/UF"] = String("invoice.xml")
    names = pdf.Root.Names.EmbeddedFiles
    names["/Names"] = pikepdf.Array([String("invoice.xml"), specification])


def empty_associated_files(pdf: pikepdf.Pdf, specification: pikepdf.Object):
    pdf.Root["/AF"] = pikepdf.Array([])


def second_bag(metadata: bytes) -> bytes:
    bag = b'<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"><pdfaExtension:schemas><rdf:Bag/></pdfaExtension:schemas></rdf:Description></rdf:RDF>'
    return metadata.replace(b"</rdf:RDF>", bag)


def embed_an_invoice(document: Document) -> bytes | None:
    with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
        pdf.attachments["factur-x.xml"] = pikepdf.AttachedFileSpec(pdf, b"<a/>", mime_type="text/xml")
        return saved(pdf)


def written_anew(document: Document) -> bytes | None:
    with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
        return saved(pdf)


MUTANTS: list[tuple[str, tuple[str, ...], str, Change]] = [
    ("another relationship", CONTAINER, "relationship", set_entry("/AFRelationship", Name.Data)),
    ("another file name", CONTAINER, "file-name", set_entry("/UF", String("invoice.xml"))),
    ("no entry in the name tree", CONTAINER, "embedded-files", edit(rename)),
    ("no associated file", CONTAINER, "associated-file", edit(empty_associated_files)),
    ("no media type", CONTAINER, "media-type", of_stream(lambda stream: stream.__delitem__("/Subtype"))),
    ("no modification date", CONTAINER, "modification-date", of_stream(lambda stream: stream.Params.__delitem__("/ModDate"))),
    (
        "the date of today",
        CONTAINER,
        "modification-date",
        of_stream(lambda stream: stream.Params.__setitem__("/ModDate", String("D:20200101000000Z"))),
    ),
    ("a wrong size", CONTAINER, "size", of_stream(lambda stream: stream.Params.__setitem__("/Size", 7))),
    ("another XML", CONTAINER, "same-bytes", of_stream(lambda stream: stream.write(stream.read_bytes() + b"\n"))),
    (
        "another level",
        CONTAINER,
        "fx-ConformanceLevel",
        edit_metadata(
            lambda xmp: xmp.replace(b"ConformanceLevel>EN 16931<", b"ConformanceLevel>BASIC<").replace(
                b"ConformanceLevel>XRECHNUNG<", b"ConformanceLevel>BASIC<"
            )
        ),
    ),
    (
        "another file name in the metadata",
        CONTAINER,
        "fx-DocumentFileName",
        edit_metadata(lambda xmp: xmp.replace(b"DocumentFileName>", b"DocumentFileName>a")),
    ),
    (
        "no type in the metadata",
        CONTAINER,
        "fx-DocumentType",
        edit_metadata(lambda xmp: xmp.replace(b"fx:DocumentType>", b"fx:DocumentKind>")),
    ),
    ("another version", CONTAINER, "fx-Version", edit_metadata(lambda xmp: xmp.replace(b"fx:Version>1.0<", b"fx:Version>2.0<"))),
    ("a second bag of schemas", CONTAINER, "one-bag", edit_metadata(second_bag)),
    (
        "a schema of another name",
        CONTAINER,
        "one-schema",
        edit_metadata(lambda xmp: xmp.replace(b"namespaceURI>urn:factur-x:pdfa:", b"namespaceURI>urn:factur-y:pdfa:")),
    ),
    (
        "a property without description",
        CONTAINER,
        "schema-properties",
        edit_metadata(lambda xmp: xmp.replace(b"<pdfaProperty:name>Version<", b"<pdfaProperty:name>Edition<")),
    ),
    (
        "another part of PDF/A",
        CONTAINER,
        "pdfa-identification",
        edit_metadata(lambda xmp: xmp.replace(b"pdfaid:part>3<", b"pdfaid:part>2<")),
    ),
    ("a document written anew", CONTAINER, "prefix", written_anew),
    ("another language", CONTAINER, "catalogue-kept", edit_update(b"/Lang", b"/Lung")),
    ("another title", CONTAINER, "metadata-kept", another_title),
    ("another XML", EXTRACTION, "extraction-bytes", of_stream(lambda stream: stream.write(stream.read_bytes() + b"\n"))),
    ("another file name", EXTRACTION, "extraction-name", edit(rename)),
    ("an embedded invoice", ("no container",), "no-embedded-invoice", embed_an_invoice),
]
