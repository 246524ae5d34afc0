"""Writes the requests as files: python3 -m einvoice_requests FOLDER [--quick]

Each is FOLDER/CASE.PROFILE.LANGUAGE.json. Prints how many there are. The languages take turns; a case that is about a language
has it for the first of its profiles. FOLDER/refused has requests that are to be refused: CASE.PROFILE.json, and beside it
CASE.PROFILE.expected with what the answer must name; FOLDER/accepted has the same requests without their e-invoice.
"""

import json
import sys
from pathlib import Path

from . import amounts, details, documents, languages, payments, taxes  # noqa: F401 (they register their cases)
from .base import plain_invoice
from .case import CASES, Case
from .refused import refused_requests


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--quick"]
    if len(arguments) != 1:
        sys.exit("usage: python3 -m einvoice_requests FOLDER [--quick]")
    folder = Path(arguments[0])
    for name in ("refused", "accepted"):
        folder.joinpath(name).mkdir(parents=True, exist_ok=True)
    count = 0
    for name, request in requests(quick="--quick" in sys.argv[1:]):
        write(folder / f"{name}.json", request)
        count += 1
    for name, request, expected in refused_requests():
        write(folder / "refused" / f"{name}.json", request)
        folder.joinpath("refused", f"{name}.expected").write_text(expected + "\n", encoding="utf-8")
        del request["eInvoice"]
        write(folder / "accepted" / f"{name}.json", request)
    print(f"{count} requests in {folder}")


def write(file: Path, request: dict):
    file.write_text(json.dumps(request, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def requests(quick: bool):
    """All requests with their names; of a bounded run, one for each quick case, whose profiles take turns."""
    number = 0
    for place, case in enumerate(case for case in CASES if case.quick or not quick):
        profiles = (case.profiles[place % len(case.profiles)],) if quick else case.profiles
        for profile in profiles:
            number += 1
            locale = case.locale if case.locale and profile == profiles[0] else languages.READERS[number % len(languages.READERS)]
            yield f"{case.name}.{profile}.{locale}", request_of(case, profile, locale, number)


def request_of(case: Case, profile: str, locale: str, number: int) -> dict:
    request = plain_invoice()
    request["number"] = f"RE-2026-{number:06}"
    request["locale"] = locale
    request["marketplace"] |= {"orderId": f"{case.name}-{profile}", "sequenceNumber": str(number)}
    case.change(request)
    return request | {"eInvoice": {"profile": profile}}


if __name__ == "__main__":
    main()
