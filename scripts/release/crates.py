"""The crates of the program, as Cargo resolves them for the image."""

import json
import os
import re
import subprocess
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Problem(Exception):
    """What a person has to put right."""


@dataclass
class Crate:
    name: str
    version: str
    licence: str
    description: str
    repository: str
    authors: list
    folder: Path
    checksum: str | None  # SHA-256 of the archive; a crate of this workspace has none
    # Whether its code is in the program. Otherwise it only runs while the program is built: a macro, or a dependency of a build script.
    linked: bool = False
    needs: set = field(default_factory=set)

    @property
    def id(self):
        return f"{self.name}@{self.version}"

    @property
    def own(self):
        return self.checksum is None


class Program:
    """`invoice-worker` with everything that `cargo build --bin invoice-worker` compiles for this machine."""

    def __init__(self):
        self.target = host()
        self.crates = {}
        known = {f"{package['name']}@{package['version']}": package for package in packages(self.target)}
        checksums = locked()
        built = tree(self.target, "normal,build")
        linked = tree(self.target, "normal,no-proc-macro")
        for crate, needs in built.items():
            package = known[crate]
            self.crates[crate] = Crate(
                name=package["name"],
                version=package["version"],
                licence=expression(package),
                description=" ".join((package["description"] or "").split()),
                repository=package["repository"] or "",
                authors=package["authors"],
                folder=Path(package["manifest_path"]).parent,
                checksum=checksums[crate],
                linked=crate in linked,
                needs=needs,
            )
        self.main = next(crate for crate in self.crates.values() if crate.name == "invoice-worker")

    def all(self):
        return [self.crates[name] for name in sorted(self.crates)]

    @cached_property
    def compiler(self):
        """Version of the compiler, and with it of the standard library."""
        return run("rustc", "--version").split()[1]


def expression(package):
    """The licence as an SPDX expression; older crates write / for OR."""
    if not package["license"]:
        raise Problem(f"{package['name']} {package['version']} states no licence in its Cargo.toml")
    return package["license"].replace("/", " OR ")


def packages(target):
    arguments = ["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", target]
    return json.loads(run("cargo", *arguments))["packages"]


def locked():
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    return {f"{package['name']}@{package['version']}": package.get("checksum") for package in lock["package"]}


def tree(target, edges):
    """Who needs whom: of `cargo tree`, since `cargo metadata` does not know which features are selected."""
    needs, path = {}, []
    lines = run(
        "cargo", "tree", "--offline", "--locked", "--package", "invoice-worker", "--target", target, "--edges", edges,
        "--prefix", "depth", "--format", "{p}",
    )  # fmt: skip
    for line in lines.splitlines():
        # Blank lines and headings such as [build-dependencies] name no crate.
        found = re.match(r"(\d+)(\S+) v(\S+)", line)
        if not found:
            continue
        depth, crate = int(found[1]), f"{found[2]}@{found[3]}"
        del path[depth:]
        needs.setdefault(crate, set())
        if path:
            needs[path[-1]].add(crate)
        path.append(crate)
    return needs


def host():
    return re.search(r"^host: (\S+)$", run("rustc", "-vV"), re.MULTILINE)[1]


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"CARGO_TERM_COLOR": "never"})
    if done.returncode != 0:
        raise Problem(f"`{' '.join(command[:3])}` failed (`cargo fetch --locked` first?):\n{done.stderr.strip()}")
    return done.stdout
