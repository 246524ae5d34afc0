"""Every validator must find errors that are made on purpose, before what it says of documents means anything.

Each mutant is a change to a document of the folder, and a rule that its validator must then name. The first valid document that
the change fits is taken, for each profile and syntax.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from . import mutants_of_pdf, mutants_of_xml
from .document import Document, Xml, parse_xml
from .validators import Validator
from .verdicts import Verdicts

FOUND = "found"
UNFIT = "fits no document"


@dataclass(frozen=True)
class Mutant:
    name: str
    validators: tuple[str, ...]
    rule: str
    # Gives the changed XML or PDF, or None where the change does not fit this document.
    xml: Callable[[Document, Xml], bytes | None] | None = None
    pdf: Callable[[Document], bytes | None] | None = None

    def of(self, document: Document, xml: Xml) -> tuple[Document, Xml] | None:
        if self.xml is not None:
            changed = self.xml(document, xml)
            return None if changed is None else (document, parse_xml(xml.file, changed))
        changed = self.pdf(document)
        return None if changed is None else (replace(document, pdf=changed), xml)


MUTANTS = [
    *(Mutant(name, names, rule, xml=change) for name, names, rule, change in mutants_of_xml.MUTANTS),
    *(Mutant(name, names, rule, pdf=change) for name, names, rule, change in mutants_of_pdf.MUTANTS),
]


def prove_that_each_can_fail(
    validators: list[Validator], documents: list[Document], verdicts: Verdicts, every_fits: bool
) -> list[str]:
    """What is wrong with the validators. With `every_fits`, each mutant must fit a document of each profile."""
    failures, found, unfit = [], 0, 0
    for validator in validators:
        mutants = [mutant for mutant in MUTANTS if validator.name in mutant.validators]
        for group in groups(validator, documents):
            outcomes = [outcome(mutant, validator, group, verdicts) for mutant in mutants]
            found += outcomes.count(FOUND)
            unfit += outcomes.count(UNFIT)
            if FOUND not in outcomes:
                failures.append(f"self-test: nothing proves that {validator.name} can fail")
            failures += [failure for failure in outcomes if failure not in (FOUND, UNFIT)]
            if every_fits and UNFIT in outcomes:
                names = [mutant.name for mutant, result in zip(mutants, outcomes, strict=True) if result == UNFIT]
                failures.append(f"self-test: for {validator.name}, no document of {group[0][0].profile} fits {names}")
    print(f"self-test: {found} errors made on purpose were found, {len(failures)} were not, {unfit} fit no document")
    return failures


def groups(validator: Validator, documents: list[Document]) -> list[list[tuple[Document, Xml]]]:
    """What the validator is for, by profile and syntax."""
    found: dict[tuple[str, str], list[tuple[Document, Xml]]] = {}
    for document in documents:
        for xml in document.xmls:
            if validator.is_for(document, xml):
                found.setdefault((document.profile, xml.syntax), []).append((document, xml))
    return list(found.values())


def outcome(mutant: Mutant, validator: Validator, group: list[tuple[Document, Xml]], verdicts: Verdicts) -> str:
    """FOUND, UNFIT, or what is wrong."""
    for document, xml in group:
        # Only of a valid document is it known that the change is what the validator finds.
        changed = mutant.of(document, xml) if not verdicts.of(validator, document, xml).errors() else None
        if changed is None:
            continue
        rules = {finding.rule for finding in validator.verdict(*changed).errors()}
        if mutant.rule in rules:
            return FOUND
        found = sorted(rules) or "nothing"
        return f"self-test: {validator.name} does not find {mutant.name} in {xml.file}: expected {mutant.rule}, found {found}"
    return UNFIT
