"""The tables → what an inventory holds: PMs, boxes, buildings, sockets, cables, drawers, positions, splices.

One :class:`Thing` each, with a key that is the same at the next import, and only the fields that the set says. Tubes, colours
and routes are not things: they follow from the fibre's number and from the splices. Pure: compared with a database elsewhere.
"""

import datetime as dt
import re
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as of
from typing import Any

from chappe.core.base.issue import Issue, Severity, declare
from chappe.core.gracethd.source import Row, Source, Spec, Table, check_links, packaged
from chappe.core.network.geo import system_of
from chappe.core.network.line_ids import written_line

declare(
    {
        "gracethd.word": "“{value}” is no word of this list: the field is left as it is.",
        "gracethd.number": "“{value}” is no number.",
        "gracethd.date": "“{value}” is no date (2026-10-31): it is left aside.",
        "gracethd.long": "“{value}” has more than {length} characters.",
        "gracethd.point": "“{value}” is no point.",
        "gracethd.projection": "The point {value} is not in {system}: it is left aside.",
        "gracethd.degrees": "The point {value} is in degrees: it is read as WGS84.",
        "gracethd.capacity": "Cable “{value}”: no number of fibres, and none in t_fibre: it is left aside.",
        "gracethd.beyond": "Fibre {found} of cable “{value}”, which has {most}.",
        "gracethd.tube": "Cable “{value}”: tube and fibre of t_fibre do not follow from {most} fibres a tube; the number in the cable counts.",
        "gracethd.no-pm": "The drawer “{value}” is in no PM of the set: it is left aside.",
        "gracethd.no-building": "The socket “{value}” has no address: it is left aside.",
        "gracethd.position-twice": "Position {found} of “{value}” stands twice: the first one counts.",
        "gracethd.no-number": "The connector has no number: it is left aside.",
    }
)

MOST_FIBRES, MOST_POSITIONS = 864, 1152
NAME_LENGTHS = {"pm": 50, "box": 100, "building": 30, "socket": 50, "cable": 80, "module": 60}
_WKT = re.compile(r"(?:SRID=\d+[;,]\s*)?POINT\s*Z?M?\s*\(\s*(\S+)\s+(\S+)[^)]*\)\Z", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?\Z|(\d{2})/(\d{2})/(\d{4})\Z")
_FLAGS = {"1": True, "0": False, "t": True, "f": False, "true": True, "false": False, "o": True, "n": False}


@dataclass(frozen=True, slots=True)
class Thing:
    """``kind``: pm, box, building, socket, cable, module, position or splice; ``fields`` ours, JSON values."""

    kind: str
    key: str
    fields: Mapping[str, Any]
    file: str = ""
    line: int = 0


@dataclass(slots=True)
class Found:
    """What the tables say, and what is wrong with them."""

    things: list[Thing]
    issues: list[Issue]


@dataclass(slots=True)
class Gatherer:
    """Works through the tables once, in the order in which things need each other."""

    source: Source
    spec: Spec = of(default_factory=packaged)
    issues: list[Issue] = of(default_factory=list)
    names: dict[str, dict[str, str]] = of(default_factory=dict)  # kind → code → reference
    fibres: dict[str, tuple[str, int]] = of(default_factory=dict)  # code → (cable's code, number)
    transport: set[str] = of(default_factory=set)  # codes of cables that bring light to the PM

    def table(self, name: str) -> Table:
        return self.source.tables[name]

    def warn(self, table: str, row: Row | None, code: str, field: str = "", **params: Any) -> None:
        """A fault that costs a field, not the row."""
        self.issues.append(self.table(table).issue(code, row, field, Severity.WARNING, **params))

    def error(self, table: str, row: Row | None, code: str, field: str = "", **params: Any) -> None:
        """A fault that costs the row."""
        self.issues.append(self.table(table).issue(code, row, field, Severity.ERROR, **params))

    # values of a row: nothing when the cell is empty, or wrong (said)

    def word(self, table: str, row: Row, field: str, words: str) -> dict[str, str]:
        value = row.get(field)
        if value is None:
            return {}
        found = self.spec.words[words].get(value.upper())
        if found is None and value in self.spec.words[words].values():
            found = value
        if found is None:
            self.warn(table, row, "gracethd.word", field, value=value)
            return {}
        return {field: found}

    def whole(self, table: str, row: Row, field: str, most: int = 2**31 - 1) -> int | None:
        value = row.get(field)
        if value is None:
            return None
        try:
            number = float(value.replace(",", "."))
        except ValueError:
            number = -1.0
        if not (0 <= number <= most and number == int(number)):
            self.warn(table, row, "gracethd.number", field, value=value)
            return None
        return int(number)

    def numbers(self, table: str, row: Row, *fields: str) -> dict[str, int]:
        found = {field: self.whole(table, row, field) for field in fields}
        return {field: value for field, value in found.items() if value is not None}

    def days(self, table: str, row: Row, *fields: str) -> dict[str, str]:
        found = {}
        for field in fields:
            value = row.get(field)
            if value is None:
                continue
            match = _DATE.match(value)
            year, month, day = (
                (match[1], match[2], match[3])
                if match and match[1]
                else (match[6], match[5], match[4])
                if match
                else ("0", "0", "0")
            )
            try:
                found[field] = dt.date(int(year), int(month), int(day)).isoformat()
            except ValueError:
                self.warn(table, row, "gracethd.date", field, value=value)
        return found

    def flags(self, row: Row, *fields: str) -> dict[str, bool]:
        return {field: _FLAGS[row[field].lower()] for field in fields if field in row and row[field].lower() in _FLAGS}

    def texts(self, table: str, row: Row, lengths: Mapping[str, int]) -> dict[str, str]:
        found = {}
        for field, length in lengths.items():
            value = row.get(field)
            if value is None:
                continue
            if len(value) > length:
                self.warn(table, row, "gracethd.long", field, value=value[:80], length=length)
            found[field] = value.replace(";", " ")[:length]
        return found

    def point(self, table: str, row: Row, insee: str = "") -> dict[str, Any]:
        """``projection``, ``x``, ``y`` of a row, in the system of its territory."""
        raw = f"{row['x']} {row['y']}" if "x" in row and "y" in row else row.get("geom", "")
        if not raw:
            return {}
        pair = _pair(raw)
        if pair is None:
            self.warn(table, row, "gracethd.point", "geom", value=raw[:60])
            return {}
        x, y = pair
        system = system_of(insee)
        if abs(x) <= 180 and abs(y) <= 90:
            self.warn(table, row, "gracethd.degrees", "geom", value=f"{x} {y}")
            return {"projection": "WGS84", "x": x, "y": y}
        if not _inside(system, x, y):
            self.warn(table, row, "gracethd.projection", "geom", value=f"{x} {y}", system=system)
            return {}
        return {"projection": system, "x": round(x, 3), "y": round(y, 3)}

    def node_point(self, code: str | None, insee: str = "") -> dict[str, Any]:
        node = self.source.of("t_noeud").get(code or "")
        return self.point("t_noeud", node, insee) if node is not None else {}

    def named(self, kind: str, table: str, rows: Mapping[str, Row]) -> dict[str, str]:
        """code → reference: the first of the columns that name such a thing, when the set uses it once."""
        order = self.spec.names.get(kind, ("code",))
        counts = {column: Counter(row[column] for row in rows.values() if column in row) for column in order}
        found = {}
        for code, row in rows.items():
            said = next((row[c] for c in order if c in row and counts[c][row[c]] == 1), code).replace(";", " ")
            said = written_line(said) if kind == "socket" else said
            if len(said) > NAME_LENGTHS[kind]:
                self.error(table, row, "gracethd.long", "code", value=said[:80], length=NAME_LENGTHS[kind])
            else:
                found[code] = said
        self.names[kind] = found
        return found

    def address(self, code: str | None) -> dict[str, Any]:
        """The postal address of a row of t_adresse, as every place keeps it."""
        row = self.source.of("t_adresse").get(code or "")
        if row is None:
            return {}
        lengths = {
            "street": 120,
            "suffix": 1,
            "insee": 5,
            "postal_code": 5,
            "city": 120,
            "rivoli": 4,
            "hexacle": 10,
            "name": 60,
        }
        found: dict[str, Any] = self.texts("t_adresse", row, lengths)
        found |= self.numbers("t_adresse", row, "number")
        for theirs, ours in (("suffix", "number_suffix"), ("name", "building")):
            if theirs in found:
                found[ours] = found.pop(theirs)
        kind, _space, rest = found.get("street", "").partition(" ")
        if rest and kind.upper() in self.spec.street_types:
            found |= {"street_type": kind, "street": rest.strip()}
        return found


def _pair(raw: str) -> tuple[float, float] | None:
    """``881000.5 6665000``, ``POINT (…)``, or the same as binary in hexadecimal → (x, y)."""
    match = _WKT.match(raw)
    parts = (match[1], match[2]) if match else tuple(raw.replace(",", ".").split())
    try:
        if len(parts) == 2:
            x, y = float(parts[0]), float(parts[1])
        else:
            data = bytes.fromhex(raw)
            order = "<" if data[0] == 1 else ">"
            (kind,) = struct.unpack(order + "I", data[1:5])
            start = 9 if kind & 0x20000000 else 5
            x, y = struct.unpack(order + "dd", data[start : start + 16])
    except (ValueError, IndexError, struct.error):
        return None
    return (x, y) if abs(x) < 1e8 and abs(y) < 1e8 else None


#: Where each projected system is at home, widely: (least x, greatest x, least y, greatest y).
_HOMES = {
    "RGF93": (0, 1_320_000, 6_000_000, 7_200_000), "RGAF09": (400_000, 800_000, 1_500_000, 2_050_000),
    "RGFG95": (100_000, 600_000, 200_000, 700_000), "RGR92": (300_000, 400_000, 7_600_000, 7_720_000),
    "RGM04": (480_000, 560_000, 8_540_000, 8_610_000), "RGSPM06": (500_000, 600_000, 5_150_000, 5_250_000),
}  # fmt: skip


def _inside(system: str, x: float, y: float) -> bool:
    west, east, south, north = _HOMES[system]
    return west <= x <= east and south <= y <= north


def home_of(x: float, y: float) -> str:
    """The projected system in whose territory a point stands; "" for none."""
    return next((system for system in _HOMES if _inside(system, x, y)), "")


def gather(source: Source, spec: Spec | None = None) -> Found:
    """Everything of the set, in the order in which it must be made."""
    from chappe.core.gracethd import fibres, places

    check_links(source)
    worker = Gatherer(source, spec or packaged(), source.issues)
    made: list[Thing] = []
    steps: tuple[Any, ...] = (
        places.pms,
        places.boxes,
        places.buildings,
        places.sockets,
        fibres.cables,
        fibres.modules,
        fibres.joints,
    )
    for step in steps:
        made += step(worker)
    return Found(_attached(made), worker.issues)


def _attached(things: Iterable[Thing]) -> list[Thing]:
    """Cables and boxes that do not say their PM get the one whose light comes through them."""
    made = list(things)
    near: dict[str, set[str]] = defaultdict(set)  # cable → cables joined with it
    boxes: dict[str, set[str]] = defaultdict(set)  # cable → boxes where it is joined
    pm_of: dict[str, str] = {}
    cables = {thing.key: thing.fields for thing in made if thing.kind == "cable"}
    for thing in made:
        if thing.kind == "splice":
            a = cable_of(thing.fields["a"])
            b = cable_of(thing.fields["b"]) if thing.fields.get("b") else ""
            if b:
                near[a].add(b)
                near[b].add(a)
            for one in filter(None, (a, b)):
                if thing.fields.get("box"):
                    boxes[one].add(thing.fields["box"])
        elif thing.kind == "position" and thing.fields.get("fibre"):
            pm_of.setdefault(cable_of(thing.fields["fibre"]), thing.fields["pm"])
    frontier = list(pm_of)
    while frontier:
        cable = frontier.pop()
        for other in near[cable]:
            if other not in pm_of and cables.get(other, {}).get("kind") != "TR":
                pm_of[other] = pm_of[cable]
                frontier.append(other)
    box_pm = {box: pm_of[cable] for cable, found in boxes.items() if cable in pm_of for box in found}
    return [_with_pm(thing, pm_of if thing.kind == "cable" else box_pm) for thing in made]


def _with_pm(thing: Thing, known: Mapping[str, str]) -> Thing:
    if thing.kind not in {"cable", "box"} or "pm" in thing.fields or thing.key not in known:
        return thing
    return Thing(thing.kind, thing.key, {**thing.fields, "pm": known[thing.key]}, thing.file, thing.line)


def cable_of(fibre: str) -> str:
    """``CDI-12/7`` → ``CDI-12``."""
    return fibre.rpartition("/")[0]
