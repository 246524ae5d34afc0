"""What a validator says of one document."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """A rule that does not hold. A warning is counted, and is no failure."""

    rule: str
    message: str
    warning: bool = False


@dataclass
class Verdict:
    """`checked` is how many rules, elements or values were looked at: a verdict without any says nothing, and is a failure."""

    checked: int = 0
    findings: list[Finding] = field(default_factory=list)

    def expect(self, holds: bool, rule: str, message: str):
        """Counts a rule, and notes it where it does not hold."""
        self.checked += 1
        if not holds:
            self.findings.append(Finding(rule, message))

    def errors(self) -> list[Finding]:
        errors = [finding for finding in self.findings if not finding.warning]
        if self.checked == 0:
            errors.append(Finding("nothing-checked", "the validator looked at nothing in this document"))
        return errors
