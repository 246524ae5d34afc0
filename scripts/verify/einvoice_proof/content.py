"""Nothing of the request is lost: every value of it is in the XML. What the XML has beyond it is for the other validators."""

import re
from decimal import Decimal, InvalidOperation

from .document import Document, Xml
from .verdict import Verdict

# Members without a place in EN 16931: identity and layout, and what is only for the page or for computing.
NO_BUSINESS_TERM = {
    *("marketplace", "locale", "template", "eInvoice", "extensions", "documentType"),
    *("pricesIncludeTax", "fundedBy", "components", "qr", "relationship"),
}
# The page has a link there.
PAY_ONLINE = re.compile(r"/payment/(means|furtherMeans/\d+)/url")
# The two syntaxes have codes of different lists for it.
OTHER_CODES = {"taxPointDateCode"}
# Those that include tax are not in the XML: it has net amounts.
GROSS = {"unitPrice", "grossPrice", "priceDiscount", "base", "amount"}
DATE = re.compile(r"\d{4}-\d\d-\d\d")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


class Content:
    def check(self, document: Document, xml: Xml) -> Verdict:
        verdict = Verdict()
        texts = {
            normal(text)
            for element in xml.tree.iter()
            for text in (element.text, *element.attrib.values())
            if text and text.strip()
        }
        numbers = {number for number in map(number_of, texts) if number is not None}
        for pointer, value in leaves(document.request):
            verdict.expect(
                holds(pointer, value, texts, numbers),
                "request-value",
                f"{pointer} is {value[:80]!r}, which the XML does not have",
            )
        return verdict


def leaves(value, pointer: str = "", gross: bool = False):
    """Pointers and texts of the values that the XML must have."""
    if isinstance(value, dict):
        if "scheme" in value and not {"value", "code"} & value.keys():
            return  # an identifier without a value counts as absent
        gross = gross or value.get("pricesIncludeTax") is True
        for name, member in value.items():
            below = f"{pointer}/{name}"
            skipped = name in NO_BUSINESS_TERM or name in OTHER_CODES or (gross and name in GROSS)
            if not skipped and not PAY_ONLINE.fullmatch(below):
                yield from leaves(member, below, gross)
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from leaves(member, f"{pointer}/{place}", gross)
    elif isinstance(value, str) and value.strip():
        yield pointer, normal(value)


def holds(pointer: str, value: str, texts: set[str], numbers: set[Decimal]) -> bool:
    if number_of(value) == 0 and pointer.startswith("/totals/"):
        return True  # a total of zero may be left out
    if DATE.fullmatch(value):
        return bool({value, value.replace("-", "")} & texts)
    if value in texts or (NUMBER.fullmatch(value) and number_of(value) in numbers):
        return True
    # An address line has street and number, a note its subject, a card only some of its digits.
    return not is_amount(pointer) and any(value in text for text in texts)


def is_amount(pointer: str) -> bool:
    return bool(
        re.search(
            r"/(totals/\w+|taxable|tax|amount|base|percent|rate|quantity|unitPrice|netAmount|grossPrice|priceDiscount)$", pointer
        )
    )


def number_of(text: str) -> Decimal | None:
    try:
        return Decimal(text).normalize() if NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def normal(text: str) -> str:
    return " ".join(text.split())
