"""Where the cables of a set run: t_cableline says it of a cable; else the ways (t_cheminement) that its conduits follow do."""

from collections import defaultdict

from chappe.core.base.issue import declare
from chappe.core.gracethd.source import Row
from chappe.core.gracethd.things import Gatherer, home_of
from chappe.core.network.geo import many_to_degrees
from chappe.core.network.lines import Point, read_geometry, written_path

declare(
    {
        "gracethd.line": "“{value}” is no line: the course is left aside.",
        "gracethd.line-outside": "The course of “{value}” is in no French projection: it is left aside.",
        "gracethd.line-long": "The course of “{value}” has more than {most} points: it is left aside.",
    }
)

MOST_POINTS = 5000


class Courses:
    """code of a cable → its course as text, "" when the set says nothing of it. Faults are said once a geometry."""

    def __init__(self, work: Gatherer) -> None:
        self.work = work
        self.ways: dict[str, list[str]] = defaultdict(list)
        conduits: dict[str, list[str]] = defaultdict(list)
        for row in work.table("t_cond_chem").rows.values():
            if "conduit" in row and "way" in row:
                conduits[row["conduit"]].append(row["way"])
        for row in work.table("t_cab_cond").rows.values():
            if "cable" in row and "conduit" in row:
                self.ways[row["cable"]] += conduits.get(row["conduit"], ())
        self._read: dict[str, list[list[Point]]] = {}

    def of(self, code: str) -> str:
        """The course of a cable."""
        line = self.work.source.of("t_cableline").get(code)
        parts = self._parts("t_cableline", code, line) if line is not None else []
        if not parts:
            ways = self.work.source.of("t_cheminement")
            for way in dict.fromkeys(self.ways.get(code, ())):
                if way not in self._read:
                    self._read[way] = self._parts("t_cheminement", way, ways.get(way, {}))
                parts = parts + self._read[way]
        if sum(map(len, parts)) > MOST_POINTS:
            cable = self.work.source.of("t_cable")[code]
            self.work.warn("t_cable", cable, "gracethd.line-long", "code", value=code, most=MOST_POINTS)
            return ""
        return written_path(parts)

    def _parts(self, table: str, code: str, row: Row) -> list[list[Point]]:
        raw = row.get("geom")
        if not raw:
            return []
        parts = read_geometry(raw)
        if parts is None:
            self.work.warn(table, row, "gracethd.line", "geom", value=raw[:60])
            return []
        points = [point for part in parts for point in part]
        if all(abs(x) <= 180 and abs(y) <= 90 for x, y in points):
            return parts
        system = home_of(*points[0])
        if not system or any(home_of(x, y) != system for x, y in points):
            self.work.warn(table, row, "gracethd.line-outside", "geom", value=code)
            return []
        xs, ys = many_to_degrees([x for x, _y in points], [y for _x, y in points], system)
        moved = iter(zip(xs, ys, strict=True))
        return [[next(moved) for _point in part] for part in parts]
