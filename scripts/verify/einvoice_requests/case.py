"""The register of cases: each one changes the plain invoice, for the profiles that have such a document."""

from collections.abc import Callable
from dataclasses import dataclass

FACTUR_X = "factur-x-en16931"
XRECHNUNG = "xrechnung"
PEPPOL = "peppol-bis-3"
PROFILES = (FACTUR_X, XRECHNUNG, PEPPOL)


@dataclass(frozen=True)
class Case:
    name: str
    change: Callable[[dict], None]
    profiles: tuple[str, ...]
    # The language of the first profile's document, where the case is about one; else the languages take turns.
    locale: str | None
    # Part of the bounded run.
    quick: bool


CASES: list[Case] = []


def case(profiles: tuple[str, ...] = PROFILES, locale: str | None = None, quick: bool = False):
    """Registers a function as a case, under its name."""

    def register(change: Callable[[dict], None]):
        CASES.append(Case(change.__name__.replace("_", "-"), change, profiles, locale, quick))
        return change

    return register
