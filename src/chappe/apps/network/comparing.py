"""What a set of things asks of the inventory: created, changed, taken out, refused. Reads in bulk, writes nothing.

A thing is told by its key; only the fields that the set says are compared, and those of :data:`FILLED` only fill what is empty:
addresses belong to the IPE. Things of the network that the set does not name are left alone, but for the splices of its cables.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as of
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name

from chappe.apps.exchange.formats import Change, Context
from chappe.apps.network.models import Building, Cable, Fibre, Module, Pbo, Pm, Position, Pto, Splice
from chappe.apps.network.models.located import ADDRESS
from chappe.core.base.issue import Issue, Severity, declare
from chappe.core.gracethd.things import Thing, cable_of

declare(
    {
        "network.other-pm": N_("“{value}” belongs to PM {found} already: it is not taken from it."),
        "network.two-buildings": N_("Two buildings are called “{value}”: which one is not known."),
        "network.shrinks": N_(
            "“{value}” has {found} fibres or positions, the set says {most}: it is not made smaller."
        ),
        "network.held": N_("Position “{value}” is held by {found}: the fibre behind it is not changed."),
        "network.fibre-taken": N_("Fibre “{value}” is behind position {found} already."),
        "network.leans": N_("“{value}” is refused, and this hangs on it."),
        "network.value": N_("“{value}” cannot be kept as {name}: it is left aside."),
    }
)

PART = 900
#: Fields that never replace what a row says already.
FILLED: Mapping[str, frozenset[str]] = {
    "pm": frozenset(ADDRESS), "building": frozenset({*ADDRESS, "hexacle_street", "ban", "zone"}), "box": frozenset(ADDRESS), "position": frozenset(),
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """How things of a kind stand in the database: ``key`` builds the key of a row of ``values``; ``paths`` field → ORM path."""

    model: type[Model]
    find: str  # path that the first part of the key is looked up by
    paths: Mapping[str, str] = of(default_factory=dict)
    key: Callable[[Mapping[str, Any]], str] = lambda row: str(row["reference"])
    needs: tuple[str, ...] = ("reference",)
    leans: Mapping[str, str] = of(default_factory=dict)  # field → kind of thing it names


KINDS: Mapping[str, Kind] = {
    "pm": Kind(Pm, "reference"),
    "box": Kind(Pbo, "reference", {"pm": "pm__reference"}, leans={"pm": "pm"}),
    "building": Kind(Building, "reference", {"pm": "pm__reference", "pbo": "pbo__reference"}, leans={"pm": "pm", "pbo": "box"}),
    "socket": Kind(Pto, "reference", {"building": "building__reference", "pbo": "pbo__reference"}, leans={"building": "building", "pbo": "box"}),
    "cable": Kind(Cable, "reference", {"pm": "pm__reference"}, leans={"pm": "pm"}),
    "module": Kind(
        Module, "pm__reference", {"pm": "pm__reference"}, lambda row: f"{row['pm__reference']}|{row['name']}", ("pm__reference", "name"), {"pm": "pm"}
    ),
}  # fmt: skip
ORDER = ("pm", "box", "building", "socket", "cable", "module", "position", "splice")


def parts(keys: Iterable[Any], size: int = PART) -> Iterator[list[Any]]:
    """Keys, as many at a time as one question takes."""
    listed = list(keys)
    return (listed[start : start + size] for start in range(0, len(listed), size))


def plain(value: Any) -> Any:
    """A value of a row as a thing says it."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def standing(kind: str, keys: Iterable[str], fields: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Rows with these keys: key → [fields with ``pk``]; more than one only for buildings of several OIs."""
    spec = KINDS[kind]
    paths = {field: spec.paths.get(field, field) for field in fields}
    found: dict[str, list[dict[str, Any]]] = {}
    wanted = set(keys)
    for part in parts({key.partition("|")[0] if kind == "module" else key for key in wanted}):
        rows = spec.model._default_manager.filter(**{f"{spec.find}__in": part})
        for row in rows.values("pk", *{*paths.values(), *spec.needs}):
            key = spec.key(row)
            if key in wanted:
                found.setdefault(key, []).append(
                    {"pk": row["pk"], **{f: plain(row[path]) for f, path in paths.items()}}
                )
    return found


@dataclass
class Comparison:
    """Things of one set against the tables, kind after kind."""

    context: Context
    things: Sequence[Thing]
    refused: set[tuple[str, str]] = of(default_factory=set)
    existing: int = 0  # things that the set tells about and that stand already: the threshold is a share of them

    def changes(self) -> Iterator[Change]:
        """The plan, in the order in which it is applied."""
        by_kind: dict[str, list[Thing]] = {kind: [] for kind in ORDER}
        for thing in self.things:
            by_kind[thing.kind].append(thing)
        for kind in ORDER[:-2]:
            yield from self._points(kind, by_kind[kind])
        yield from self._positions(by_kind["position"])
        yield from self._splices(by_kind["splice"], {thing.key for thing in by_kind["cable"]})

    def say(self, thing: Thing, code: str, severity: Severity = Severity.ERROR, **params: Any) -> None:
        """Keep a fault at the line of the thing."""
        issue = Issue(code, severity, thing.file, thing.line, params=params)
        self.context.issue(issue, excerpt=str(params.get("value", "")))

    def refuse(self, thing: Thing, code: str, **params: Any) -> Change:
        """The thing stays out, and what hangs on it."""
        self.refused.add((thing.kind, thing.key))
        self.say(thing, code, **params)
        return Change("refuse", change_key(thing.kind, thing.key), shown(thing.key), thing.line, {}, dict(thing.fields))

    def _points(self, kind: str, things: Sequence[Thing]) -> Iterator[Change]:
        fields = sorted({field for thing in things for field in thing.fields})
        rows = standing(kind, (thing.key for thing in things), fields)
        self.existing += len(rows)
        for thing in things:
            lost = next(
                (
                    (n, thing.fields[n])
                    for n, other in KINDS[kind].leans.items()
                    if (other, thing.fields.get(n)) in self.refused
                ),
                None,
            )
            known = rows.get(thing.key, [])
            if lost and (lost[0] == "building" or kind == "module"):
                yield self.refuse(thing, "network.leans", value=lost[1])
            elif len(known) > 1:
                yield self.refuse(thing, "network.two-buildings", value=thing.key)
            elif known and (fault := self._taken(kind, thing, known[0])):
                yield self.refuse(thing, fault[0], **fault[1])
            else:
                after = self._sound(kind, thing, without=lost[0] if lost else "")
                change = difference(kind, thing, known[0] if known else None, after)
                if change is not None:
                    yield change

    @staticmethod
    def _taken(kind: str, thing: Thing, row: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """Why a row that stands is not touched."""
        pm, ours = row.get("pm"), thing.fields.get("pm")
        if kind in {"box", "cable"} and pm and ours and pm != ours:
            return "network.other-pm", {"value": thing.key, "found": pm}
        size, wanted = row.get("capacity"), thing.fields.get("capacity")
        if kind in {"cable", "module"} and size and wanted and wanted < size:
            return "network.shrinks", {"value": shown(thing.key), "found": size, "most": wanted}
        return None

    def _sound(self, kind: str, thing: Thing, without: str) -> dict[str, Any]:
        """The fields that the table takes; the others are said."""
        model, leans = KINDS[kind].model, KINDS[kind].leans
        after = {name: value for name, value in thing.fields.items() if name != without}
        trial = model(**{name: value for name, value in after.items() if name not in leans})
        try:
            trial.clean_fields(exclude={f.name for f in model._meta.fields} - (set(after) - set(leans)))
        except ValidationError as error:
            for name in error.error_dict:
                label = str(model._meta.get_field(name).verbose_name)
                self.say(thing, "network.value", Severity.WARNING, value=str(after.pop(name)), name=label)
        return after

    def _positions(self, things: Sequence[Thing]) -> Iterator[Change]:
        rows = positions_standing({thing.fields["pm"] for thing in things})
        behind = {row["fibre"]: key for key, row in rows.items() if row["fibre"]}
        moving = {thing.key for thing in things}
        self.existing += sum(rows[key]["fibre"] is not None for key in moving & set(rows))
        for thing in things:
            fibre, row = thing.fields.get("fibre"), rows.get(thing.key)
            holder = behind.get(fibre) if fibre else None
            if ("module", thing.fields["module"]) in self.refused:
                yield self.refuse(thing, "network.leans", value=shown(thing.fields["module"]))
            elif fibre and ("cable", cable_of(fibre)) in self.refused:
                yield self.refuse(thing, "network.leans", value=cable_of(fibre))
            elif (row["fibre"] if row else None) == fibre:
                continue
            elif row and row["operator"]:
                yield self.refuse(thing, "network.held", value=shown(thing.key), found=row["operator"])
            elif holder and holder != thing.key and holder not in moving:
                yield self.refuse(thing, "network.fibre-taken", value=fibre, found=shown(holder))
            else:
                before = {"fibre": row["fibre"] if row else None}
                yield Change(
                    "update" if row else "create",
                    change_key("position", thing.key),
                    shown(thing.key),
                    thing.line,
                    before,
                    {"fibre": fibre},
                )

    def _splices(self, things: Sequence[Thing], cables: set[str]) -> Iterator[Change]:
        rows = splices_standing(cables)
        self.existing += len(rows)
        for thing in things:
            ends = [thing.fields["a"], thing.fields.get("b")]
            lost = next((cable_of(end) for end in ends if end and ("cable", cable_of(end)) in self.refused), None)
            for kind, name in (("box", "box"), ("socket", "pto")):
                if (kind, thing.fields.get(name)) in self.refused:
                    lost = thing.fields[name]
            if lost:
                yield self.refuse(thing, "network.leans", value=lost)
                continue
            change = difference("splice", thing, rows.get(thing.key), dict(thing.fields))
            if change is not None:
                yield change
        kept = {thing.key for thing in things}
        cables = {cable for cable in cables if ("cable", cable) not in self.refused}
        for key, row in rows.items():
            if key not in kept and {cable_of(end) for end in (row["a"], row["b"]) if end} <= cables:
                yield Change(
                    "delete",
                    change_key("splice", key),
                    shown(key),
                    0,
                    {k: v for k, v in row.items() if k != "pk" and v not in (None, "")},
                    {},
                )


def difference(kind: str, thing: Thing, row: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Change | None:
    """One created or changed thing; None when the row says it all already."""
    key, label = change_key(kind, thing.key), shown(thing.key)
    if row is None:
        return Change("create", key, label, thing.line, {}, dict(after))
    filled = FILLED.get(kind, frozenset())
    differs = {
        name: value for name, value in after.items()
        if row.get(name) != value and not (name in filled and row.get(name) not in (None, ""))
    }  # fmt: skip
    return (
        Change("update", key, label, thing.line, {name: row.get(name) for name in differs}, differs)
        if differs
        else None
    )


def positions_standing(pms: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Positions of these PMs: key → pk, fibre (``CABLE/7``) and who holds it."""
    found = {}
    for part in parts(pms):
        rows = Position.objects.filter(module__pm__reference__in=part).values_list(
            "pk",
            "module__pm__reference",
            "module__name",
            "number",
            "fibre__cable__reference",
            "fibre__number",
            "operator__name",
        )
        for pk, pm, module, number, cable, fibre, operator in rows:
            found[f"{pm}|{module}|{number}"] = {
                "pk": pk,
                "fibre": f"{cable}/{fibre}" if cable else None,
                "operator": operator,
            }
    return found


def splices_standing(cables: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Splices of the fibres of these cables, keyed as the set would."""
    found = {}
    for part in parts(cables, 400):
        rows = Splice.objects.filter(Q(a__cable__reference__in=part) | Q(b__cable__reference__in=part)).values_list(
            "pk", "a__cable__reference", "a__number", "b__cable__reference", "b__number", "box__reference", "pto__reference", "connector",
            "cassette", "place",
        )  # fmt: skip
        for pk, cable, number, other, far, box, pto, connector, cassette, place in rows:
            ends = sorted([f"{cable}/{number}", *([f"{other}/{far}"] if other else [])])
            key = f"{ends[0]}={ends[1]}" if other else f"{ends[0]}>{pto}"
            found[key] = {
                "pk": pk, "a": ends[0], "b": ends[1] if other else None, "box": box, "pto": pto, "connector": connector, "cassette": cassette,
                "place": place,
            }  # fmt: skip
    return found


def fibres_of(said: Iterable[str]) -> dict[str, int]:
    """``CABLE/7`` → key of the fibre."""
    wanted: dict[str, set[int]] = {}
    for one in said:
        cable, _slash, number = one.rpartition("/")
        wanted.setdefault(cable, set()).add(int(number))
    found = {}
    for part in parts(wanted):
        for pk, cable, number in Fibre.objects.filter(cable__reference__in=part).values_list(
            "pk", "cable__reference", "number"
        ):
            if number in wanted[cable]:
                found[f"{cable}/{number}"] = pk
    return found


def change_key(kind: str, key: str) -> str:
    """The key of a change: the kind of thing, then its own."""
    return f"{kind}:{key}"


def shown(key: str) -> str:
    """A key as people read it."""
    return key.replace("|", " · ").replace("=", " – ").replace(">", " → ")
