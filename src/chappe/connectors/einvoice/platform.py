"""The port of a *plateforme agréée*, and the one that is a folder: for trying, for tests, and for platforms that poll files.

``PlatformPort`` is all that the house asks of a platform: find a customer in the directory, deposit an invoice, read
the statuses, say the seller's own (212, paid), deposit an e-reporting file. Bytes and codes, no model. A connector to a real platform implements it.
"""

import csv
import datetime as dt
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from chappe.core.einvoice.collected import Collected, collected_from
from chappe.core.einvoice.statuses import FIRST, REJECTED, STATUSES

_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,80}\Z")


class PlatformError(Exception):
    """The platform did not take it. ``permanent``: trying again cannot help; the text says what to change."""

    def __init__(self, text: str, *, permanent: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Entry:
    """A company in the directory: where its invoices go."""

    siren: str
    name: str
    address: str
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One status that the platform tells of a deposit. ``collected``: the money of a 212 that says it."""

    code: int
    at: dt.datetime
    reason: str = ""
    collected: Collected | None = None


class PlatformPort(Protocol):
    """What the house asks of a platform. All may raise PlatformError."""

    def lookup(self, siren: str) -> Entry | None:
        """The directory's entry of a company, None when it has none."""

    def deposit(self, name: str, data: bytes) -> str:
        """Hand an invoice over; its reference with the platform. The same bytes twice are one deposit."""

    def statuses(self, reference: str) -> Sequence[Told]:
        """Every status of a deposit so far, oldest first."""

    def say(self, reference: str, code: int, at: dt.datetime, collected: Collected | None = None) -> None:
        """Tell a status that is the seller's to give (212). Saying it twice is once: the same ``collected.key``, or
        without it the same code. A negative ``collected`` undoes an earlier one.
        """

    def report(self, name: str, data: bytes) -> str:
        """Hand an e-reporting file over; its reference."""


class FolderPlatform:
    """A platform that is a folder: ``directory.csv``, ``deposits/<reference>/``, ``reports/<reference>/``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def lookup(self, siren: str) -> Entry | None:
        """From directory.csv (siren;name;address;platform). Without that file every well-formed SIREN is found."""
        listed = self.root / "directory.csv"
        if not listed.is_file():
            return Entry(siren, "", siren) if len(siren) == 9 and siren.isdigit() else None
        with listed.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file, delimiter=";"):
                if (row.get("siren") or "").strip() == siren:
                    return Entry(siren, row.get("name") or "", row.get("address") or siren, row.get("platform") or "")
        return None

    def deposit(self, name: str, data: bytes) -> str:
        reference = self._keep("deposits", name, data)
        if not self._told(reference).exists():
            good = data[:5] == b"%PDF-" or data.lstrip()[:1] == b"<"
            tell(self.root, reference, FIRST if good else REJECTED, "" if good else "neither PDF nor XML")
        return reference

    def statuses(self, reference: str) -> Sequence[Told]:
        path = self._told(reference)
        if not path.is_file():
            raise PlatformError(f"unknown reference {reference}", permanent=True)
        try:
            lines, _whole = _lines(path.read_bytes())
            return sorted((_status(line) for line in lines), key=lambda told: told.at)
        except OSError as error:
            raise PlatformError(str(error)) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise PlatformError(f"{path.name}: {error}", permanent=True) from error

    def say(self, reference: str, code: int, at: dt.datetime, collected: Collected | None = None) -> None:
        try:
            with _alone(self._told(reference)):
                said = {(told.code, told.collected.key if told.collected else "") for told in self.statuses(reference)}
                if (code, collected.key if collected else "") not in said:
                    tell(self.root, reference, code, at=at, collected=collected)
        except OSError as error:
            raise PlatformError(str(error)) from error

    def report(self, name: str, data: bytes) -> str:
        return self._keep("reports", name, data)

    def _told(self, reference: str) -> Path:
        if not _REFERENCE.match(reference):
            raise PlatformError(f"unknown reference {reference}", permanent=True)
        return self.root / "deposits" / reference / "statuses.jsonl"

    def _keep(self, kind: str, name: str, data: bytes) -> str:
        """Under a temporary name, then renamed; the reference is the fingerprint, so that twice is once."""
        reference = f"{Path(name).stem[:40]}-{hashlib.sha256(data).hexdigest()[:16]}"
        reference = re.sub(r"[^A-Za-z0-9-]", "-", reference)
        folder = self.root / kind / reference
        target = folder / f"content{Path(name).suffix}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                half = target.with_suffix(".part")
                half.write_bytes(data)
                half.replace(target)
        except OSError as error:
            raise PlatformError(str(error)) from error
        return reference


def tell(
    root: Path,
    reference: str,
    code: int,
    reason: str = "",
    *,
    at: dt.datetime | None = None,
    collected: Collected | None = None,
) -> None:
    """The other side of the folder: say a status of a deposit. Raises KeyError for a code that is none of the fourteen."""
    status = STATUSES[code]
    if status.needs_reason and not reason:
        reason = "?"
    row: dict[str, Any] = {"code": code, "at": (at or dt.datetime.now(dt.UTC)).isoformat(), "reason": reason}
    if collected is not None:
        row["collected"] = collected.as_data()
    path = root / "deposits" / reference / "statuses.jsonl"
    with path.open("a+b") as file:
        file.seek(0)
        before = file.read()
        lines, whole = _lines(before)
        if whole < len(before):
            file.truncate(whole)  # a line that a crash has cut: it was never said
        end = b"" if not lines or before[:whole].endswith(b"\n") else b"\n"
        file.write(end + json.dumps(row, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _lines(data: bytes) -> tuple[list[bytes], int]:
    """The lines of a file of statuses, and how many bytes they take: a last one that is cut is left out."""
    *ended, last = data.split(b"\n")
    lines = [line for line in ended if line.strip()]
    try:
        json.loads(last)
    except ValueError:
        return lines, len(data) - len(last)
    return [*lines, last], len(data)


def _status(line: bytes) -> Told:
    """Raises AttributeError, KeyError, TypeError or ValueError for a line that is no status."""
    row = json.loads(line)
    money = collected_from(row["collected"]) if row.get("collected") else None
    at = dt.datetime.fromisoformat(row["at"])
    if at.tzinfo is None:
        raise ValueError(f"at: {row['at']}")
    return Told(int(row["code"]), at, str(row.get("reason", "")), money)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time looks and writes: two that say the same thing at once say it once."""
    if not path.is_file():
        raise PlatformError(f"unknown reference {path.parent.name}", permanent=True)
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def simulate(root: Path, reference: str, codes: Sequence[int] = (201, 202, 203, 204, 205)) -> None:
    """A customer that behaves: says ``codes`` one after the other, a minute apart."""
    now = dt.datetime.now(dt.UTC)
    for at, code in enumerate(codes, 1):
        tell(root, reference, code, at=now + dt.timedelta(minutes=at))
