"""The metadata of a hybrid PDF: the fx properties, the one description of them, and what the document had before."""

from lxml import etree

from .verdict import Verdict

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
EXTENSION = "{http://www.aiim.org/pdfa/ns/extension/}"
SCHEMA = "{http://www.aiim.org/pdfa/ns/schema#}"
PROPERTY = "{http://www.aiim.org/pdfa/ns/property#}"
PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
LEVELS = {"factur-x-en16931": "EN 16931", "xrechnung": "XRECHNUNG"}


def check(verdict: Verdict, metadata: bytes, profile: str, file_name: str):
    properties = properties_of(metadata)
    expected = {"DocumentType": "INVOICE", "DocumentFileName": file_name, "Version": "1.0", "ConformanceLevel": LEVELS[profile]}
    for name, value in expected.items():
        found = [text_of(element) for element in properties if element.tag == FX + name]
        verdict.expect(found == [value], f"fx-{name}", f"fx:{name} is {found}, expected {value!r} once")
    others = [
        element.tag for element in properties if element.tag.startswith(FX) and element.tag.removeprefix(FX) not in expected
    ]
    verdict.expect(not others, "fx-others", f"there are other properties of fx: {others}")

    for name, value in {"part": "3", "conformance": "A"}.items():
        found = [text_of(element) for element in properties if element.tag == PDFA + name]
        verdict.expect(found == [value], "pdfa-identification", f"pdfaid:{name} is {found}, expected {value!r} once")
    extension_schemas(verdict, properties, expected)


def extension_schemas(verdict: Verdict, properties: list, expected: dict):
    """There is one bag of schemas, and in it one description of fx, with exactly the properties that are used."""
    bags = [bag for element in properties if element.tag == EXTENSION + "schemas" for bag in element.iter(RDF + "Bag")]
    verdict.expect(len(bags) == 1, "one-bag", f"there are {len(bags)} bags of extension schemas, expected one")
    described = [entry for bag in bags for entry in bag if uri_of(entry) == FX[1:-1]]
    verdict.expect(len(described) == 1, "one-schema", f"the schema of fx is described {len(described)} times, expected once")
    for entry in described:
        prefixes = [text_of(element) for element in entry.iter(SCHEMA + "prefix")]
        verdict.expect(prefixes == ["fx"], "schema-prefix", f"the prefix is {prefixes}, expected fx")
        names = sorted(text_of(element) for element in entry.iter(PROPERTY + "name"))
        verdict.expect(
            names == sorted(expected), "schema-properties", f"the properties {names} are described, expected {sorted(expected)}"
        )
        categories = {text_of(element) for element in entry.iter(PROPERTY + "category")}
        types = {text_of(element) for element in entry.iter(PROPERTY + "valueType")}
        verdict.expect(
            categories == {"external"} and types == {"Text"},
            "schema-types",
            f"categories {categories}, types {types}, expected external, Text",
        )


def kept(verdict: Verdict, before: bytes, after: bytes):
    """Every property of the document before is still there, with the same value: title, creator, dates, identification."""
    left = {element.tag: canonical(element) for element in properties_of(after)}
    for element in properties_of(before):
        if element.tag == EXTENSION + "schemas":
            missing = set(map(uri_of, element.iter(RDF + "li"))) - {
                uri_of(entry) for entry in etree.fromstring(strip(after)).iter(RDF + "li")
            }
            verdict.expect(not missing, "schemas-kept", f"the descriptions of {missing} are gone")
        else:
            same = left.get(element.tag) == canonical(element)
            verdict.expect(same, "metadata-kept", f"{element.tag} is {left.get(element.tag)}, expected {canonical(element)}")


def properties_of(metadata: bytes) -> list:
    """The properties of the metadata, as elements. Those in the short form of RDF, as attributes, become elements as well."""
    properties = []
    for description in etree.fromstring(strip(metadata)).iter(RDF + "Description"):
        if description.getparent().tag != RDF + "RDF":
            continue
        properties += [element for element in description if isinstance(element.tag, str)]
        for name, value in description.attrib.items():
            if name != RDF + "about":
                element = etree.Element(name)
                element.text = value
                properties.append(element)
    return properties


def strip(metadata: bytes) -> bytes:
    """Without the white space around the packet, which XML does not allow before a declaration."""
    return metadata.strip(b" \r\n\t\0")


def uri_of(entry) -> str | None:
    found = [text_of(element) for element in entry.iter(SCHEMA + "namespaceURI")]
    return found[0] if found else entry.get(SCHEMA + "namespaceURI")


def text_of(element) -> str:
    return (element.text or "").strip()


def canonical(element) -> str:
    """Tags, attributes and texts, without white space between tags."""
    parts = [f"{node.tag} {sorted(node.attrib.items())} {text_of(node)}" for node in element.iter() if isinstance(node.tag, str)]
    return " | ".join(parts)
