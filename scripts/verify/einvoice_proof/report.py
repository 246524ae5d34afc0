"""The table: what each validator said of the documents of each profile and syntax."""

from collections import Counter
from dataclasses import dataclass, field

from .document import Document, Xml
from .validators import Validator
from .verdict import Verdict


@dataclass
class Row:
    documents: int = 0
    failed: int = 0
    checked: int = 0
    warnings: Counter = field(default_factory=Counter)


class Report:
    def __init__(self):
        self.rows: dict[tuple[str, str, str], Row] = {}
        self.failures: list[str] = []

    def add(self, validator: Validator, document: Document, xml: Xml, verdict: Verdict):
        row = self.rows.setdefault((validator.name, document.profile, xml.syntax), Row())
        errors = verdict.errors()
        row.documents += 1
        row.failed += bool(errors)
        row.checked += verdict.checked
        row.warnings.update(finding.rule for finding in verdict.findings if finding.warning)
        self.failures += [f"{xml.file}: {validator.name}: {error.rule}: {error.message}" for error in errors]

    def expect_validator(self, document: Document, xml: Xml):
        """An XML that no validator was asked about is not valid, only unseen."""
        if not any((profile, syntax) == (document.profile, xml.syntax) for _, profile, syntax in self.rows):
            self.failures.append(f"{xml.file}: no validator is for {xml.syntax} of {document.profile}")

    def expect_rows(self, validators: list[Validator]):
        """A validator that was given no document of a profile that it is for has not been asked."""
        for validator in validators:
            for profile in validator.profiles:
                if not any((validator.name, profile, syntax) in self.rows for syntax in validator.syntaxes):
                    syntaxes = " or ".join(validator.syntaxes)
                    self.failures.append(f"{validator.name} was given no {syntaxes} of {profile}")

    def print(self):
        print(f"{'validator':<22}{'profile':<18}{'XML':<5}{'documents':>10}{'valid':>7}{'checked':>9}  warnings")
        for (name, profile, syntax), row in self.rows.items():
            warnings = ", ".join(f"{rule} ({count})" for rule, count in sorted(row.warnings.items()))
            counts = f"{row.documents:>10}{row.documents - row.failed:>7}{row.checked:>9}"
            print(f"{name:<22}{profile:<18}{syntax:<5}{counts}  {warnings or '-'}")
        for failure in self.failures:
            print(f"FAILED {failure}")
