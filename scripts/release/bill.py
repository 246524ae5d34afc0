"""The software bill of materials: CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json)."""

import hashlib
import json
import uuid

import parts

# Namespace of serial numbers (RFC 9562, section 5.5), made once.
SERIALS = uuid.UUID("5f1fb8e5-7f2c-4f0f-9d0c-6a3fe1a2c1d4")


def document(program):
    main = program.main
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {**component(main), "type": "application"},
            "properties": [{"name": "cargo:target", "value": program.target}],
        },
        "components": [
            *(component(crate) for crate in program.all() if crate is not main),
            standard_library(program),
        ],
        "dependencies": [
            {"ref": reference(crate), "dependsOn": sorted(reference(program.crates[name]) for name in crate.needs)}
            for crate in program.all()
        ],
    }
    # Neither time nor chance: the same sources have the same bill.
    content = hashlib.sha256(json.dumps(bill, sort_keys=True).encode()).hexdigest()
    bill = {"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "serialNumber": f"urn:uuid:{uuid.uuid5(SERIALS, content)}", **bill}
    return json.dumps(bill, indent=2, ensure_ascii=False) + "\n"


def component(crate):
    made = {
        "type": "library",
        "bom-ref": reference(crate),
        "name": crate.name,
        "version": crate.version,
        "description": crate.description,
        "licenses": [{"expression": crate.licence}],
    }
    # `excluded` is what only runs while the program is built.
    made["scope"] = "required" if crate.linked else "excluded"
    if not crate.own:
        made["purl"] = f"pkg:cargo/{crate.id.replace('+', '%2B')}"
        made["hashes"] = [{"alg": "SHA-256", "content": crate.checksum}]
    if crate.authors:
        made["authors"] = [{"name": author} for author in crate.authors]
    if crate.repository.startswith("http"):
        made["externalReferences"] = [{"type": "vcs", "url": crate.repository}]
    inside = [library(part, crate) for part in parts.LIBRARIES if part.crate == crate.name]
    if inside:
        made["components"] = inside
    return made


def library(part, crate):
    version = part.version(crate.folder)
    # The licence of SQLite is a dedication to the public domain, which SPDX knows by this name.
    return {
        "type": "library",
        "bom-ref": f"{reference(crate)}#{part.name}",
        "name": part.name,
        "version": version,
        "cpe": part.cpe.format(version),
        "licenses": [{"expression": part.licence or crate.licence}],
    }


def standard_library(program):
    return {
        "type": "library",
        "bom-ref": f"rust-std@{program.compiler}",
        "name": "rust-std",
        "version": program.compiler,
        "description": "The standard library of Rust, as rustup installs it",
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
        "cpe": f"cpe:2.3:a:rust-lang:rust:{program.compiler}:*:*:*:*:*:*:*",
        "externalReferences": [{"type": "vcs", "url": "https://github.com/rust-lang/rust"}],
    }


def reference(crate):
    return f"{crate.name}@{crate.version}"
