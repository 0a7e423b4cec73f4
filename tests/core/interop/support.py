"""Lines of IPE files, made from the few fields a test is about."""

import datetime as dt
from pathlib import Path

from chappe.core.interop.layout import packaged
from chappe.core.interop.reader import Reader, as_issues

IPE = packaged("ipe")
V30 = IPE.names("3.0")
TODAY = dt.date(2026, 11, 22)
GOOD = {
    "IdentifiantImmeuble": "IMB-1",
    "CodeVoieRivoliImmeuble": "0042",
    "CodeInseeImmeuble": "39198",
    "CodePostalImmeuble": "39100",
    "CommuneImmeuble": "Dole",
    "TypeVoieImmeuble": "RUE",
    "NomVoieImmeuble": "DES TANNEURS",
    "NumeroVoieImmeuble": "12",
    "NombreLogementsAdresseIPE": "3",
    "EtatImmeuble": "CIBLE",
    "DateDerniereModification": "20261031",
    "CoordonneeImmeubleX": "890000.5",
    "CoordonneeImmeubleY": "6650000.25",
    "TypeImmeuble": "PAVILLON",
    "TypeProjectionGeographique": "RGF93",
    "AccordGestionnaireImmeubleNecessaire": "N",
    "TypeZone": "3",
}


def line(names=V30, **fields: str) -> str:
    values = {**GOOD, **fields}
    return ";".join(values.get(name, "") for name in names)


def text_of(*lines: str, names=V30) -> str:
    return "\n".join([";".join(names), *lines]) + "\n"


def read(folder: Path, content: str | bytes, *, layout=IPE, size: int | None = None):
    """(reader, rows as dicts, remarks as (line, code, severity), refused lines) of a file with this content."""
    path = folder / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reader = Reader(layout, path)
    reader.open()
    rows, remarks, refused = [], [], []
    for part in reader.parts(size=size):
        rows += part.rows.to_dicts()
        remarks += [(i.line, i.code, str(i.severity)) for i in as_issues(part.issues, "a.csv")]
        refused += part.refused.rows()
    return reader, rows, remarks, refused
