"""The PDF of a profile that is sent as XML alone: it must not say that it is a hybrid."""

import io

import pikepdf

from . import xmp
from .container import FILE_NAMES, metadata_of, names_of
from .document import Document, Xml
from .verdict import Verdict


class PageOnly:
    def check(self, document: Document, xml: Xml) -> Verdict:
        verdict = Verdict()
        with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
            embedded = [name for name, _ in names_of(pdf) if name in FILE_NAMES.values()]
            verdict.expect(
                not embedded, "no-embedded-invoice", f"{embedded} is embedded, and profile {document.profile} has no hybrid"
            )
            claims = [element.tag for element in xmp.properties_of(metadata_of(pdf)) if element.tag.startswith(xmp.FX)]
            verdict.expect(not claims, "no-claim", f"the metadata has {claims}, and profile {document.profile} has no hybrid")
        return verdict
