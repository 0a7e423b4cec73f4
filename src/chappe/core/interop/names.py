"""Names of exchanged files: what a name says, without requiring any order of its parts, and the names we give."""

import datetime as dt
import re
from dataclasses import dataclass

OPERATIONS = (
    "IPEZMD",
    "IPE",
    "CPN",
    "CMD",
    "ARCMD",
    "CRMAD",
    "ARMAD",
    "ADDU",
    "CRADDU",
    "ANNRES",
    "CRANNRES",
    "ACCES",
    "ARACCES",
    "CRACCES",
)
PROTOCOLS = ("PM", "ACCES", "SAV", "WKF")
KINDS = {"FULL": "full", "DELTA": "delta", "HISTO": "histo"}
_VERSION, _DATE, _SEQUENCE = re.compile(r"V\d{2}\Z"), re.compile(r"\d{8}\Z"), re.compile(r"\d{2}\Z")
_PARTY = re.compile(r"[A-Z][A-Z0-9]{3,4}\Z")


PARTIAL = frozenset({"delta", "histo"})  # kinds that tell what changed, and nothing of the rest


@dataclass(frozen=True, slots=True)
class Told:
    """What a name tells; "" or None where it tells nothing. ``version`` may lag behind the content: the header decides."""

    operation: str = ""
    protocol: str = ""
    version: str = ""
    day: dt.date | None = None
    sequence: str = ""
    kind: str = ""
    parties: tuple[str, ...] = ()


def read_name(name: str) -> Told:
    """``LIAIN_01_SIEA_PM_IPEZMD_V20_20220620_00_PBOOK.csv`` → its parts, by their shape alone."""
    stem = re.sub(r"\.(csv|zip|xml|txt|tmp)\Z", "", name, flags=re.IGNORECASE)
    tokens = [token.upper() for token in stem.split("_") if token]
    operation = next((token for token in tokens if token in OPERATIONS), "")
    protocol = next((token for token in tokens if token in PROTOCOLS and token != operation), "")
    version = next((token for token in tokens if _VERSION.match(token)), "")
    date_at = next((i for i, token in enumerate(tokens) if _DATE.match(token)), -1)
    after = tokens[date_at + 1] if 0 <= date_at < len(tokens) - 1 else ""
    kind = next((KINDS[token] for token in tokens if token in KINDS), "")
    taken = {operation, protocol, version, *KINDS}
    parties = tuple(token for token in tokens if token not in taken and _PARTY.match(token) and not token.isdigit())
    return Told(
        operation,
        protocol,
        f"{version[1]}.{version[2]}" if version else "",
        _day(tokens[date_at]) if date_at >= 0 else None,
        after if _SEQUENCE.match(after) else "",
        kind,
        parties,
    )


def _day(token: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(token, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def make_name(
    *,
    operation: str,
    oi: str,
    zone: str,
    version: str,
    day: dt.date,
    sequence: int = 1,
    oc: str = "",
    kind: str = "full",
) -> str:
    """``{OI}_{zone}_PM_{operation}_V30_{AAAAMMJJ}_{seq}_{OC}.csv``; DELTA or HISTO stands before the version."""
    parts = [oi, zone, "PM", operation]
    if kind != "full":
        parts.append(kind.upper())
    parts += ["V" + version.replace(".", "")[:2], f"{day:%Y%m%d}", f"{sequence:02d}", oc]
    return "_".join(part for part in parts if part) + ".csv"
