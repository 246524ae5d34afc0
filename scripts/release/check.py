"""Whether what a release says is valid and complete."""

import json

from crates import Problem
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def folder(directory, program):
    bill = (directory / "sbom.cdx.json").read_text(encoding="utf-8")
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill)
    if fault:
        raise Problem(f"{directory}/sbom.cdx.json is not valid CycloneDX 1.6: {fault.data.json_path}: {fault.data.message[:300]}")
    components = {component["bom-ref"]: component for component in json.loads(bill)["components"]}
    notices = (directory / "THIRD-PARTY-LICENSES").read_text(encoding="utf-8")
    head, *sections = notices.split("\n" + "=" * 100 + "\n")
    named = {line for section in sections for line in section.split("\n\n", 1)[0].splitlines()}
    for crate in program.all():
        if crate is program.main:
            continue
        if crate.id not in components:
            raise Problem(f"{directory}/sbom.cdx.json lacks {crate.id}: make it again")
        if crate.linked and not crate.own and (crate.id not in named or f"\n{crate.id}: " not in head):
            raise Problem(f"{directory}/THIRD-PARTY-LICENSES lacks {crate.id}: make it again")
    linked = sum(component.get("scope") == "required" for component in components.values())
    print(f"{linked} crates in the program, {len(components) - linked - 1} that only build it; {len(sections)} texts of licences")
