"""Makes the changes of a set, whole or not at all, and takes them back. Many rows at once, each with its audit and its Changes.

Called inside one transaction. Taking back refuses when something later depends on what was made.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as of
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import ProtectedError, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.exchange.formats import Applied
from chappe.apps.exchange.progress import tell
from chappe.apps.network import changes as published
from chappe.apps.network import comparing, services, walking
from chappe.apps.network.comparing import KINDS, ORDER, fibres_of, parts
from chappe.apps.network.models import Cable, Change, Fibre, OpticalRoute, Pm, Position, Splice
from chappe.core.gracethd.things import cable_of
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import house_only
from chappe.kit.audit import services as audit
from chappe.kit.bulk import analyse

LINKS = 12  # PMs linked from the page of the file


@dataclass
class Loader:
    """Applies planned changes (rows with ``kind``, ``key``, ``before``, ``after``). ``extra``: kind → fields of every new row."""

    actor: Actor
    extra: Mapping[str, Mapping[str, Any]] = of(default_factory=dict)
    keys: dict[str, Any] = of(default_factory=dict)  # key of a change → key of its row
    known: dict[tuple[str, str], int] = of(default_factory=dict)
    walk: set[str] = of(default_factory=set)  # references of PMs to walk again

    def apply(self, planned: Iterable[Any]) -> Applied:
        """Everything, in the order in which things need each other."""
        house_only(self.actor.user)
        by_kind: dict[str, list[Any]] = {kind: [] for kind in ORDER}
        for change in planned:
            by_kind[change.key.partition(":")[0]].append(change)
        total = sum(map(len, by_kind.values()))
        for place, kind in enumerate(ORDER[:-2]):
            tell(sum(len(by_kind[earlier]) for earlier in ORDER[:place]), total)
            self._points(kind, by_kind[kind])
        gone = [change for change in by_kind["splice"] if change.kind == "delete"]
        self._unsplice([_own(change) for change in gone])
        self._positions({_own(c): c.after.get("fibre") for c in by_kind["position"]}, by_kind["position"])
        self._splices([change for change in by_kind["splice"] if change.kind != "delete"])
        written = {*(kind.model for name, kind in KINDS.items() if by_kind.get(name)), Fibre, Position, Splice, Change}
        analyse(written, after=total)
        return Applied(self.finish(), self.keys)

    def finish(self) -> list[Any]:
        """Walk the routes of every PM that was touched; answers those PMs, to be linked."""
        pms = list(Pm.objects.filter(reference__in=self.walk).order_by("reference"))
        for pm in pms:
            walking.rewalk(pm)
        return pms[:LINKS]

    # points, cables, modules

    def _points(self, kind: str, planned: Sequence[Any]) -> None:
        new = [change for change in planned if change.kind == "create"]
        self._find(kind, planned)
        made = [self._made(kind, change) for change in new]
        model = KINDS[kind].model
        model._default_manager.bulk_create(made, batch_size=500)
        self.keys |= {change.key: row.pk for change, row in zip(new, made, strict=True)}
        self.known |= {(kind, _own(change)): row.pk for change, row in zip(new, made, strict=True)}
        if kind == "cable":
            self._fibres(made)
        if kind == "module":
            self._grid(made)
        if made:
            audit.bulk_created(self.actor, made)
        published.record_all(row for obj in made for row in published.rows_for(self.actor, obj, Change.Event.CREATION))
        self._update(kind, [change for change in planned if change.kind == "update"])

    def _find(self, kind: str, planned: Sequence[Any]) -> None:
        """Rows that the changes name: those updated, and those pointed to that the set did not make."""
        wanted: dict[str, set[str]] = {kind: {_own(change) for change in planned if change.kind == "update"}}
        for field, other in KINDS[kind].leans.items():
            names = {change.after[field] for change in planned if change.after.get(field)}
            wanted.setdefault(other, set()).update(name for name in names if (other, name) not in self.known)
        for one, names in wanted.items():
            for key, rows in comparing.standing(one, names, ()).items():
                self.known[one, key] = rows[0]["pk"]
        if kind in {"cable", "module"}:
            self.walk |= {change.after["pm"] for change in planned if change.after.get("pm")}

    def _columns(self, kind: str, after: Mapping[str, Any]) -> dict[str, Any]:
        """Fields of a thing as attributes of its row. Raises ValidationError when what it names has gone."""
        leans, found = KINDS[kind].leans, {}
        for name, value in after.items():
            if name not in leans:
                found[name] = KINDS[kind].model._meta.get_field(name).to_python(value)
            elif value is None:
                found[f"{name}_id"] = None
            elif (leans[name], value) in self.known:
                found[f"{name}_id"] = self.known[leans[name], value]
            else:
                raise ValidationError(_("“%(value)s” is not there any more: read the file again.") % {"value": value})
        return found

    def _made(self, kind: str, change: Any) -> models.Model:
        values = {**self.extra.get(kind, {}), **self._columns(kind, change.after)}
        if kind != "module":
            values["reference"] = _own(change)
        row = KINDS[kind].model(**values)
        services.ready(row)
        if hasattr(row, "modified_on"):
            row.modified_on = timezone.localdate()
        return row

    def _update(self, kind: str, planned: Sequence[Any], side: str = "after") -> None:
        """Set the fields of many rows to one side of their changes."""
        model = KINDS[kind].model
        for part in parts(planned, 500):
            rows = model._default_manager.in_bulk([self.known[kind, _own(change)] for change in part])
            before, told, fields = {}, [], set()
            for change in part:
                row = rows[self.known[kind, _own(change)]]
                before[row.pk] = audit.snapshot(row)
                was = published.published(row) if type(row) in published.THINGS else {}
                values = self._columns(kind, getattr(change, side))
                for name, value in values.items():
                    setattr(row, name, value)
                services.ready(row)
                fields |= {
                    name.removesuffix("_id") if name.removesuffix("_id") in KINDS[kind].leans else name
                    for name in values
                }
                if was and published.published(row) != was:
                    row.modified_on = timezone.localdate()
                    told += published.rows_for(self.actor, row, Change.Event.MODIFICATION, was)
                self.keys[change.key] = row.pk
            derived = {"longitude", "latitude", "cell", "search", "modified_on"} & {f.name for f in model._meta.fields}
            model._default_manager.bulk_update(rows.values(), sorted(fields | derived), batch_size=200)
            if kind == "cable":
                self._fibres(list(rows.values()))
            if kind == "module":
                self._grid(list(rows.values()))
            audit.bulk_changed(self.actor, rows.values(), before)
            published.record_all(told)

    @staticmethod
    def _fibres(cables: Sequence[Any]) -> None:
        """A cable has its fibres."""
        have: dict[int, int] = {}
        for part in parts([cable.pk for cable in cables]):
            have |= dict(Fibre.objects.filter(cable__in=part).values_list("cable").annotate(most=models.Max("number")))
        rows = (
            Fibre(cable=cable, number=n)
            for cable in cables
            for n in range(have.get(cable.pk, 0) + 1, cable.capacity + 1)
        )
        Fibre.objects.bulk_create(rows, batch_size=2000)

    @staticmethod
    def _grid(modules: Sequence[Any]) -> None:
        """A module has its positions."""
        have = dict(
            Position.objects.filter(module__in=modules).values_list("module").annotate(most=models.Max("number"))
        )
        rows = (
            Position(module=row, number=n) for row in modules for n in range(have.get(row.pk, 0) + 1, row.capacity + 1)
        )
        Position.objects.bulk_create(rows, batch_size=2000)

    # positions and splices

    def _positions(self, wanted: Mapping[str, str | None], planned: Sequence[Any] = ()) -> None:
        """Put these fibres behind these positions; a fibre that moves leaves its position first."""
        if not wanted:
            return
        rows = comparing.positions_standing({key.partition("|")[0] for key in wanted})
        behind = fibres_of(fibre for fibre in wanted.values() if fibre)
        found = Position.objects.in_bulk([rows[key]["pk"] for key in wanted if key in rows])
        if lost := next(
            (key for key, fibre in wanted.items() if key not in rows or (fibre and fibre not in behind)), None
        ):
            raise ValidationError(
                _("“%(value)s” is not there any more: read the file again.") % {"value": comparing.shown(lost)}
            )
        before = {pk: audit.snapshot(row) for pk, row in found.items()}
        for part in parts(found):
            Position.objects.filter(pk__in=part).update(fibre=None)
        for key, fibre in wanted.items():
            found[rows[key]["pk"]].fibre_id = behind[fibre] if fibre else None
        Position.objects.bulk_update(found.values(), ["fibre"], batch_size=500)
        audit.bulk_changed(self.actor, found.values(), before)
        self.walk |= {key.partition("|")[0] for key in wanted}
        self.keys |= {change.key: rows[_own(change)]["pk"] for change in planned}

    def _splices(self, planned: Sequence[Any]) -> None:
        """Make new splices, move those that stand to another box or cassette."""
        new = [change for change in planned if change.kind == "create"]
        made = self._joined({_own(change): change.after for change in new})
        self.keys |= {change.key: made[_own(change)].pk for change in new}
        moved = [change for change in planned if change.kind == "update"]
        self._move({_own(change): change.after for change in moved}, moved)

    def _joined(self, wanted: Mapping[str, Mapping[str, Any]]) -> dict[str, Splice]:
        ends = fibres_of(end for after in wanted.values() for end in (after["a"], after.get("b")) if end)
        for kind, name in (("box", "box"), ("socket", "pto")):
            names = {after[name] for after in wanted.values() if after.get(name)} - {
                key for one, key in self.known if one == kind
            }
            for key, rows in comparing.standing(kind, names, ()).items():
                self.known[kind, key] = rows[0]["pk"]
        made = {}
        for key, after in wanted.items():
            if any(end and end not in ends for end in (after["a"], after.get("b"))):
                raise ValidationError(
                    _("“%(value)s” is not there any more: read the file again.") % {"value": comparing.shown(key)}
                )
            made[key] = Splice(
                a_id=ends[after["a"]], b_id=ends[after["b"]] if after.get("b") else None, box_id=self.known.get(("box", after.get("box") or "")),
                pto_id=self.known.get(("socket", after.get("pto") or "")), connector=after.get("connector"),
                cassette=after.get("cassette") or "", place=after.get("place"),
            )  # fmt: skip
        Splice.objects.bulk_create(made.values(), batch_size=1000)
        self._walk_cables(wanted)
        return made

    def _move(self, wanted: Mapping[str, Mapping[str, Any]], planned: Sequence[Any] = ()) -> None:
        if not wanted:
            return
        rows = comparing.splices_standing({cable_of(key.replace(">", "=").partition("=")[0]) for key in wanted})
        boxes = comparing.standing("box", {after["box"] for after in wanted.values() if after.get("box")}, ())
        found = Splice.objects.in_bulk([rows[key]["pk"] for key in wanted if key in rows])
        for key, after in wanted.items():
            row = found[rows[key]["pk"]]
            for name, value in after.items():
                if name == "box":
                    row.box_id = boxes[value][0]["pk"] if value else None
                elif name in {"connector", "place", "cassette"}:
                    setattr(row, name, "" if name == "cassette" and value is None else value)
        Splice.objects.bulk_update(found.values(), ["box", "connector", "place", "cassette"], batch_size=500)
        self.keys |= {change.key: rows[_own(change)]["pk"] for change in planned}
        self._walk_cables(wanted)

    def _unsplice(self, keys: Sequence[str]) -> None:
        """Part fibres again."""
        if not keys:
            return
        rows = comparing.splices_standing({cable_of(key.replace(">", "=").partition("=")[0]) for key in keys})
        for part in parts([rows[key]["pk"] for key in keys if key in rows]):
            Splice.objects.filter(pk__in=part).delete()
        self._walk_cables(keys)

    def _walk_cables(self, keys: Iterable[str]) -> None:
        cables = {cable_of(end) for key in keys for end in (key.split("=") if "=" in key else [key.partition(">")[0]])}
        for part in parts(cables):
            self.walk |= set(
                Cable.objects.filter(reference__in=part, pm__isnull=False).values_list("pm__reference", flat=True)
            )


def _own(change: Any) -> str:
    return str(change.key.partition(":")[2])


def take_back(planned: Iterable[Any], actor: Actor) -> None:
    """Undo: what was made goes, what was changed gets its former values, what was parted is joined again."""
    house_only(actor.user)
    by_kind: dict[str, list[Any]] = {kind: [] for kind in ORDER}
    for change in planned:
        by_kind[change.key.partition(":")[0]].append(change)
    loader = Loader(actor)
    splices = by_kind["splice"]
    loader._unsplice([_own(change) for change in splices if change.kind == "create"])
    _check_same(by_kind)
    loader._positions(
        {_own(change): change.before.get("fibre") for change in by_kind["position"] if not _fresh(change, by_kind)}
    )
    _free([change for change in by_kind["position"] if _fresh(change, by_kind)])
    loader._joined({_own(change): {"b": None, **change.before} for change in splices if change.kind == "delete"})
    loader._move({_own(change): change.before for change in splices if change.kind == "update"})
    for kind in reversed(ORDER[:-2]):
        changed = [change for change in by_kind[kind] if change.kind == "update"]
        loader.known |= {(kind, _own(change)): int(change.applied_pk) for change in changed}
        _names(loader, kind, changed)
        loader._update(kind, [_emptied(kind, change) for change in changed], side="before")
        _remove(loader, kind, [change for change in by_kind[kind] if change.kind == "create"])
    loader.finish()


def _fresh(change: Any, by_kind: Mapping[str, Sequence[Any]]) -> bool:
    """Whether the position goes with its module."""
    module = change.key.removeprefix("position:").rpartition("|")[0]
    return any(change.kind == "create" and _own(change) == module for change in by_kind["module"])


def _free(planned: Sequence[Any]) -> None:
    for part in parts([change.applied_pk for change in planned]):
        OpticalRoute.objects.filter(position__in=part).delete()
        Position.objects.filter(pk__in=part).update(fibre=None)


def _names(loader: Loader, kind: str, changed: Sequence[Any]) -> None:
    for field, other in KINDS[kind].leans.items():
        names = {change.before[field] for change in changed if change.before.get(field)}
        for key, rows in comparing.standing(other, names, ()).items():
            loader.known[other, key] = rows[0]["pk"]


def _emptied(kind: str, change: Any) -> Any:
    """A change whose former values fit their columns: nothing was kept of an empty text."""
    for name, value in change.before.items():
        field = KINDS[kind].model._meta.get_field(name)
        if value is None and not field.null:
            change.before[name] = ""
    return change


def _check_same(by_kind: Mapping[str, Sequence[Any]]) -> None:
    """What was changed since is not thrown away. Raises ValidationError."""
    for kind in ORDER[:-2]:
        changed = [change for change in by_kind[kind] if change.kind == "update"]
        fields = sorted({field for change in changed for field in change.after})
        rows = comparing.standing(kind, (_own(change) for change in changed), fields)
        for change in changed:
            now = next((row for row in rows.get(_own(change), []) if str(row["pk"]) == change.applied_pk), None)
            if now is None or any(now[name] != value for name, value in change.after.items()):
                raise ValidationError(
                    _("“%(value)s” was changed since: this import cannot be undone any more.")
                    % {"value": comparing.shown(_own(change))}
                )


def _remove(loader: Loader, kind: str, planned: Sequence[Any]) -> None:
    """Delete the rows that were made. Raises ValidationError when something else hangs on one."""
    model = KINDS[kind].model
    for part in parts([change.applied_pk for change in planned], 400):
        rows = list(model._default_manager.filter(pk__in=part))
        if kind == "cable":
            _check_free(
                Splice.objects.filter(Q(a__cable__in=part) | Q(b__cable__in=part)).select_related("a__cable"),
                lambda row: row.a.cable,
            )
        if kind == "module":
            _check_free(
                Position.objects.filter(module__in=part, operator__isnull=False).select_related("module__pm"),
                lambda row: row.module,
            )
        if not rows:
            continue
        told = [row for obj in rows for row in published.rows_for(loader.actor, obj, Change.Event.SUPPRESSION)]
        if kind in {"pm"}:
            loader.walk -= {row.reference for row in rows}
        audit.bulk_deleted(loader.actor, rows)
        try:
            model._default_manager.filter(pk__in=part).delete()
        except ProtectedError as error:
            first = next(iter(error.protected_objects))
            raise ValidationError(
                _("“%(value)s” hangs on what this import made: it cannot be undone any more.") % {"value": first}
            ) from None
        published.record_all(told)


def _check_free(rows: Any, named: Callable[[Any], Any]) -> None:
    first = rows.first()
    if first is not None:
        raise ValidationError(
            _("“%(value)s” is in use since: this import cannot be undone any more.") % {"value": named(first)}
        )
