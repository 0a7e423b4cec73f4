"""Cables, drawers, positions and splices of a GraceTHD set: t_position is both the connectors of a PM and the splices of a box."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from chappe.core.gracethd.courses import Courses
from chappe.core.gracethd.source import Row
from chappe.core.gracethd.things import MOST_FIBRES, MOST_POSITIONS, Gatherer, Thing
from chappe.core.network.colours import in_cable


def cables(work: Gatherer) -> Iterator[Thing]:
    """Each t_cable with its number of fibres; t_fibre says which code is which fibre."""
    table = work.table("t_cable")
    names = work.named("cable", "t_cable", table.rows)
    inside: dict[str, list[Row]] = defaultdict(list)
    for row in work.table("t_fibre").rows.values():
        if row.get("cable") in names:
            inside[row["cable"]].append(row)
    courses = Courses(work)
    for code, row in table.rows.items():
        if code not in names:
            continue
        fields: dict[str, Any] = work.word("t_cable", row, "kind", "cable_kind")
        fields |= _size(work, row, code, inside[code])
        if "capacity" not in fields:
            work.error("t_cable", row, "gracethd.capacity", "capacity", value=names[code])
            del work.names["cable"][code]
            continue
        _number(work, code, fields, inside[code])
        if fields.get("kind") == "TR":
            work.transport.add(code)
        length = row.get("length", "").replace(",", ".")
        try:
            fields |= {"length": round(float(length), 2)} if length and 0 <= float(length) < 1e6 else {}
        except ValueError:
            work.warn("t_cable", row, "gracethd.number", "length", value=row["length"])
        for end in ("start", "end"):
            said = _end(work, row, end)
            fields |= {end: said[:100]} if said else {}
        course = courses.of(code)
        fields |= {"path": course} if course else {}
        yield Thing("cable", names[code], fields, table.file, int(row["#"]))


def _size(work: Gatherer, row: Row, code: str, inside: list[Row]) -> dict[str, int]:
    """Number of fibres and fibres a tube."""
    found: dict[str, int] = {}
    capacity = work.whole("t_cable", row, "capacity", MOST_FIBRES)
    highest = max((work.whole("t_fibre", one, "number", MOST_FIBRES) or 0 for one in inside), default=0)
    if capacity or highest:
        found["capacity"] = capacity or highest
    per_tube = work.whole("t_cable", row, "per_tube", 72)
    if per_tube:
        found["per_tube"] = per_tube
    return found


def _number(work: Gatherer, code: str, fields: dict[str, Any], inside: list[Row]) -> None:
    """Which fibre each code of t_fibre is; tube and place must follow from its number."""
    per_tube, differs = fields.get("per_tube", 12), 0
    for row in inside:
        number = work.whole("t_fibre", row, "number", MOST_FIBRES)
        tube, place = (
            work.whole("t_fibre", row, "tube", MOST_FIBRES),
            work.whole("t_fibre", row, "in_tube", MOST_FIBRES),
        )
        if not number and tube and place:
            number = (tube - 1) * per_tube + place
        if not number or number > fields["capacity"]:
            work.error(
                "t_fibre",
                row,
                "gracethd.beyond",
                "number",
                value=work.names["cable"][code],
                found=number or 0,
                most=fields["capacity"],
            )
            continue
        if tube and place and in_cable(number, per_tube) != (tube, place):
            differs += 1
            if differs == 1:
                work.warn("t_fibre", row, "gracethd.tube", "tube", value=work.names["cable"][code], most=per_tube)
        work.fibres[row["code"]] = (code, number)


def _end(work: Gatherer, row: Row, end: str) -> str:
    """Where a cable begins or ends, in words: a box, a PM, else the node."""
    box, bay = row.get(f"{end}_box"), row.get(f"{end}_bay")
    if box in work.names["box"]:
        return work.names["box"][box]
    if box in work.names["socket"]:
        return work.names["socket"][box]
    pm = _pm_of_bay(work, bay) if bay else None
    return pm or row.get(end, "")


def _pm_of_bay(work: Gatherer, bay: str) -> str | None:
    """The PM in whose technical site a bay stands: bay → room → site → node = node of the PM."""
    room = work.source.of("t_baie").get(bay, {}).get("room", "")
    site = work.source.of("t_ltech").get(room, {}).get("site", "")
    node = work.source.of("t_sitetech").get(site, {}).get("node")
    if "pm-nodes" not in work.names:
        zones = work.table("t_zsro").rows
        work.names["pm-nodes"] = {
            row["node"]: work.names["pm"][code]
            for code, row in zones.items()
            if "node" in row and code in work.names["pm"]
        }
    return work.names["pm-nodes"].get(node or "")


def modules(work: Gatherer) -> Iterator[Thing]:
    """Drawers that stand in a PM of the set; those of the NRO are said and left aside."""
    table = work.table("t_tiroir")
    places = {code: _pm_of_bay(work, row["bay"]) for code, row in table.rows.items() if "bay" in row}
    highest: dict[str, int] = defaultdict(int)
    for row in work.table("t_position").rows.values():
        if "module" in row and row.get("number", "").isdecimal():
            highest[row["module"]] = max(highest[row["module"]], min(int(row["number"]), MOST_POSITIONS))
    kept: dict[str, str] = {}
    for pm in sorted({pm for pm in places.values() if pm}):
        kept |= work.named(
            "module", "t_tiroir", {code: row for code, row in table.rows.items() if places.get(code) == pm}
        )
    work.names["module"] = {code: f"{places[code]}|{name}" for code, name in kept.items()}
    for code, row in table.rows.items():
        if code not in kept:
            work.warn("t_tiroir", row, "gracethd.no-pm", "bay", value=row.get("name", code))
            continue
        fields: dict[str, Any] = {"pm": places[code], "name": kept[code]}
        size = work.whole("t_tiroir", row, "capacity", MOST_POSITIONS) or 0
        if max(size, highest[code]):
            fields["capacity"] = max(size, highest[code])
        rank = work.whole("t_tiroir", row, "rank", 1000)
        fields |= {"rank": rank} if rank else {}
        yield Thing("module", work.names["module"][code], fields, table.file, int(row["#"]))


def joints(work: Gatherer) -> Iterator[Thing]:
    """t_position: a connector of a drawer, a splice in a box, or the connector of a socket."""
    table = work.table("t_position")
    seen: set[str] = set()
    for row in table.rows.values():
        cassette = work.source.of("t_cassette").get(row.get("cassette", ""), {})
        module = row.get("module") or cassette.get("module")
        made = _connector(work, row, module) if module else _splice(work, row, cassette)
        if made is None:
            continue
        if made.key in seen:
            work.warn(
                "t_position",
                row,
                "gracethd.position-twice",
                "number",
                value=made.key.rpartition("|")[0] or made.key,
                found=int(row.get("number", "0") or 0) if row.get("number", "").isdecimal() else 0,
            )
            continue
        seen.add(made.key)
        yield made


def _said(work: Gatherer, code: str | None) -> str | None:
    """``CDI-12/7`` for the code of a fibre."""
    known = work.fibres.get(code or "")
    return f"{work.names['cable'][known[0]]}/{known[1]}" if known else None


def _connector(work: Gatherer, row: Row, module: str) -> Thing | None:
    """A connector of a PM: the fibre behind it is the one that does not come from the NRO."""
    name = work.names["module"].get(module)
    if name is None:
        return None
    number = work.whole("t_position", row, "number", MOST_POSITIONS)
    if not number:
        work.error("t_position", row, "gracethd.no-number", "number")
        return None
    both = [code for code in (row.get("a"), row.get("b")) if code in work.fibres]
    behind = [code for code in both if work.fibres[code][0] not in work.transport] or both
    fields: dict[str, Any] = {"pm": name.partition("|")[0], "module": name, "number": number}
    if behind:
        fields["fibre"] = _said(work, behind[0])
    return Thing("position", f"{name}|{number}", fields, work.table("t_position").file, int(row["#"]))


def _splice(work: Gatherer, row: Row, cassette: Row) -> Thing | None:
    """Two fibres joined, or one that ends on a socket. A fibre that waits, or that passes uncut, is no splice."""
    a, b = _said(work, row.get("a")), _said(work, row.get("b"))
    box = cassette.get("box", "")
    socket = work.names["socket"].get(box)
    if a is None:
        a, b = b, None
    if a is None or a == b or (b is None and socket is None):
        return None
    fields: dict[str, Any] = {"a": a}
    number = work.whole("t_position", row, "number", 10_000)
    if b is None:
        fields |= {"pto": socket, "connector": number if number in {1, 2, 3, 4} else 1}
        key = f"{a}>{socket}"
    else:
        first, second = sorted((a, b))
        fields = {"a": first, "b": second}
        fields |= {"place": number} if number else {}
        key = f"{first}={second}"
        if box in work.names["box"]:
            fields["box"] = work.names["box"][box]
    if cassette.get("number"):
        fields["cassette"] = cassette["number"][:30]
    return Thing("splice", key, fields, work.table("t_position").file, int(row["#"]))
