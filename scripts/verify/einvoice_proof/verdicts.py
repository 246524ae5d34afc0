"""What the validators say of the documents as they are: each is asked once, for the self-test and for the report."""

from .document import Document, Xml
from .validators import Validator
from .verdict import Verdict


class Verdicts:
    def __init__(self):
        self.known: dict[tuple[str, int], Verdict] = {}

    def of(self, validator: Validator, document: Document, xml: Xml) -> Verdict:
        key = (validator.name, id(xml))
        if key not in self.known:
            self.known[key] = validator.verdict(document, xml)
        return self.known[key]
