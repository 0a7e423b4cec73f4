"""Tables whose lines are rows of a model: columns bound by name, checked, planned, applied by services, undone.

A domain says its columns, keys and verbs as a :class:`RowTable`; this file turns them into the four steps of a Format. It
never writes by itself: every change goes through the domain's services, hence through their rights and the audit trail.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from chappe.apps.exchange import text
from chappe.apps.exchange.formats import Applied, Change, Context, Reading
from chappe.apps.exchange.text import Look, Record, plain
from chappe.apps.exchange.words import frozen
from chappe.core.base.issue import Severity
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import visible_to

CHUNK_ROWS = 500
MOST_LINKS = 20
MOST_REASONS = 5


class BadWord(Exception):  # noqa: N818 - says what it is
    """A cell is none of the known words."""

    def __init__(self, known: str) -> None:
        self.known = known


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    """A model field and the headers that mean it. ``parse`` turns a cell into the value; "" keeps what there is
    when ``keeps_empty``."""

    name: str
    aliases: Sequence[str] = ()
    parse: Callable[[str], Any] | None = None
    keeps_empty: bool = False


def _choice(field: Any, value: Any) -> str:
    return str(dict(field.flatchoices).get(value, value))


@dataclass(frozen=True, kw_only=True)
class RowTable:
    """How lines become rows. ``keys``: fields that find the row, tried in this order. ``needed``: headers that must be there,
    one of them being enough. Verbs are services of the app: ``create(actor=, data=)``, ``update(actor=, object=, data=)``,
    ``delete(actor=, object=)``."""

    model: type[Model]
    columns: Sequence[TableColumn]
    keys: Sequence[str]
    create: Callable[..., Model]
    update: Callable[..., Model]
    delete: Callable[..., None]
    needed: Sequence[str] = ()
    unique: Sequence[str] = ()
    tidy: Mapping[str, Callable[[str], str]] = field(default_factory=dict)  # key field → its form in the database

    def labels(self) -> dict[str, Any]:
        """field → its label, for pages."""
        return {column.name: self.model._meta.get_field(column.name).verbose_name for column in self.columns}

    def says(self) -> dict[str, Callable[[Any], str]]:
        """field → how its value reads, for fields whose value is the code of a choice."""
        fields = {field.name: field for field in self.model._meta.get_fields() if getattr(field, "choices", None)}
        return {c.name: partial(_choice, fields[c.name]) for c in self.columns if c.name in fields}

    def bind(self, header: Sequence[str]) -> dict[int, TableColumn]:
        """Number of a column, from 0 → what it is; only the first of two is bound."""
        by_name = {plain(name): column for column in self.columns for name in (column.name, *column.aliases)}
        bound: dict[int, TableColumn] = {}
        for number, name in enumerate(header):
            column = by_name.get(plain(name))
            if column is not None and column not in bound.values():
                bound[number] = column
        return bound

    def score(self, header: Sequence[str]) -> int:
        """How surely a header is this table's, 0 to 100."""
        bound = self.bind(header)
        names = {column.name for column in bound.values()}
        if len(bound) < 2 or not names & set(self.needed or self.keys):
            return 0
        return min(95, 30 + 70 * len(bound) // max(1, len(header)))

    # -- the four steps

    def read(self, context: Context) -> Reading:
        """Look at the file and bind its header; the lines themselves are read while planning."""
        path = context.file.stored.path
        seen = text.look(path)
        if seen is None:
            context.fault("table.empty" if not context.file.stored.size else "table.not-text")
            return Reading(usable=False)
        bound = self.bind(seen.header)
        facts = {"encoding": seen.encoding, "separator": seen.separator, "header": list(seen.header)[:200]}
        usable = self._check_header(seen, bound, context)
        if seen.converted:
            context.fault("table.converted", severity=Severity.WARNING)
        return Reading(rows=(path, seen, bound), usable=usable, facts=facts)

    def _check_header(self, seen: Look, bound: Mapping[int, TableColumn], context: Context) -> bool:
        names = {column.name for column in bound.values()}
        secret = seen.secret_columns()
        known = {plain(name) for column in self.columns for name in (column.name, *column.aliases)}
        for number, name in enumerate(seen.header):
            if number in bound or name in text.REJECT_COLUMNS:
                continue
            if plain(name) in known:
                context.fault("table.column-twice", line=1, column=number + 1, severity=Severity.WARNING, name=name)
            elif number + 1 in secret:
                context.fault("table.column-secret", line=1, column=number + 1, severity=Severity.WARNING, name=name)
            elif name:
                context.fault("table.column-unknown", line=1, column=number + 1, severity=Severity.INFO, name=name)
        needed = self.needed or self.keys
        if not names & set(needed):
            context.fault("table.column-missing", line=1, name=needed[0])
            return False
        return True

    def plan(self, reading: Reading, context: Context) -> Iterator[Change]:
        """One change for each line that is not so already."""
        path, seen, bound = reading.rows
        size, seen_before = max(1, context.file.stored.size), _Seen()
        lines = text.records(path, seen)
        while chunk := list(islice(lines, CHUNK_ROWS)):
            context.progress(min(size, reading.lines * size // (reading.lines + len(chunk) + 1)), size)
            rows = [_Row(record, _cells(record, bound), seen) for record in chunk]
            found = self._existing(rows, context.actor)
            for row in rows:
                reading.lines += 1
                change = self._change(row, bound, found, seen_before, context)
                if change is not None:
                    yield change
        if not reading.lines:
            context.fault("table.no-rows", severity=Severity.WARNING)

    def _existing(self, rows: Sequence["_Row"], actor: Actor) -> dict[str, dict[str, list[Model]]]:
        """The rows already there that a chunk may mean, by key field and value; one query a key."""
        found: dict[str, dict[str, list[Model]]] = {}
        for key in self.keys:
            wanted = {self._key_value(key, row.cells[key]) for row in rows if row.cells.get(key)}
            objects = self.model._default_manager.filter(**{f"{key}__in": wanted}) if wanted else []
            if wanted and actor.user is not None:
                objects = visible_to(actor.user, objects)  # type: ignore[type-var]
            found[key] = {}
            for obj in objects:
                found[key].setdefault(str(getattr(obj, key)), []).append(obj)
        return found

    def _key_value(self, key: str, cell: str) -> str:
        tidy = self.tidy.get(key)
        return tidy(cell.strip()) if tidy else cell.strip()

    def _change(
        self, row: "_Row", bound: Mapping[int, TableColumn], found: Any, seen: "_Seen", context: Context
    ) -> Change | None:
        record = row.record
        if record.fault:
            context.fault(
                record.fault,
                line=record.line,
                excerpt=row.masked(),
                found=len(record.cells),
                expected=len(row.look.header),
            )
            return row.refusal(self.keys)
        columns = {column.name: number + 1 for number, column in bound.items()}
        values = self._parsed(row, bound, context)
        if values is None:
            return row.refusal(self.keys)
        existing = self._match(row, found, context)
        if existing is False:
            return row.refusal(self.keys)
        obj, before = self._object(existing, values)
        if not self._valid(obj, row, columns, context) or self._twice(obj, row, seen, columns, context):
            return row.refusal(self.keys)
        after = {name: _json(getattr(obj, name)) for name in values}
        if existing is None:
            kept = {name: value for name, value in after.items() if value not in ("", None)}
            return Change("create", self._key_of(obj), str(obj), record.line, {}, kept)
        changed = [name for name in after if before[name] != after[name]]
        if not changed:
            return None
        return Change(
            "update", f"pk={obj.pk}", row.first_key(self.keys) or str(obj), record.line,
            {name: before[name] for name in changed}, {name: after[name] for name in changed},
        )  # fmt: skip

    def _parsed(self, row: "_Row", bound: Mapping[int, TableColumn], context: Context) -> dict[str, Any] | None:
        values, good = {}, True
        for number, column in bound.items():
            cell = row.record.cells[number].strip()
            if not cell and column.keeps_empty:
                continue
            try:
                values[column.name] = column.parse(cell) if column.parse else cell
            except BadWord as error:
                good = False
                context.fault(
                    "table.bad-word", line=row.record.line, column=number + 1, field=row.look.header[number],
                    excerpt=cell, value=cell, known=error.known,
                )  # fmt: skip
        return values if good else None

    def _match(self, row: "_Row", found: Any, context: Context) -> Any:
        """The row already there; None for a new one; False when it cannot be told."""
        for key in self.keys:
            cell = row.cells.get(key, "")
            fits = found[key].get(self._key_value(key, cell), []) if cell else []
            if len(fits) > 1:
                context.fault("exchange.key-ambiguous", line=row.record.line, key=cell, excerpt=row.masked())
                return False
            if fits:
                return fits[0]
        return None

    def _object(self, existing: Any, values: Mapping[str, Any]) -> tuple[Model, dict[str, Any]]:
        if existing is None:
            return self.model(**values), {}
        obj = self.model._default_manager.get(pk=existing.pk)
        before = {name: _json(getattr(obj, name)) for name in values}
        for name, value in values.items():
            setattr(obj, name, value)
        return obj, before

    def _valid(self, obj: Model, row: "_Row", columns: Mapping[str, int], context: Context) -> bool:
        try:
            obj.full_clean()
        except ValidationError as refusal:
            for name, errors in (
                refusal.error_dict.items() if hasattr(refusal, "error_dict") else [("", refusal.error_list)]
            ):
                for error in errors:
                    self._refused(name, error, row, columns, context)
            return False
        return True

    def _refused(
        self, name: str, error: ValidationError, row: "_Row", columns: Mapping[str, int], context: Context
    ) -> None:
        column = columns.get(name, 0)
        cell = row.record.cells[column - 1] if column else ""
        where = {"line": row.record.line, "column": column, "excerpt": cell or row.masked()}
        header = row.look.header[column - 1] if column else name
        if error.code in {"blank", "null", "required"}:
            context.fault("exchange.value-missing", **where, field=header)
        elif error.code in {"unique", "unique_together"}:
            context.fault("exchange.already-taken", **where, field=header, value=cell)
        elif error.code == "max_length":
            context.fault(
                "exchange.too-long", **where, field=header, limit=int((error.params or {}).get("limit_value", 0))
            )
        else:
            source, params = frozen(error)
            context.fault("exchange.value-refused", **where, field=header, text=source, values=params)

    def _twice(self, obj: Model, row: "_Row", seen: "_Seen", columns: Mapping[str, int], context: Context) -> bool:
        """Whether an earlier line of the same file speaks of the same row, or takes the same unique value."""
        marks = [
            (name, str(getattr(obj, name))) for name in dict.fromkeys([*self.keys, *self.unique]) if getattr(obj, name)
        ]
        for name, value in marks:
            first = seen.lines.get((name, value))
            if first is not None:
                context.fault(
                    "exchange.key-twice", line=row.record.line, column=columns.get(name, 0), key=value, first=first, excerpt=row.masked(),
                    field=name,
                )  # fmt: skip
                return True
        for mark in marks:
            seen.lines[mark] = row.record.line
        return False

    def _key_of(self, obj: Model) -> str:
        return next((f"{key}={getattr(obj, key)}" for key in self.keys if getattr(obj, key)), "")

    def apply(self, file: Any, changes: Iterable[Any], actor: Actor) -> Applied:
        """Make the changes by the domain's services. A plan that no longer fits what is there is refused whole."""
        keys, links = {}, []
        for change in changes:
            data = self._data(change.after)
            if change.kind == "create":
                obj = self.create(actor=actor, data=data)
            else:
                obj = self._at(change.key.removeprefix("pk="), change.before, stale=True)
                obj = self.update(actor=actor, object=obj, data=data)
            keys[change.key] = obj.pk
            if len(links) < MOST_LINKS:
                links.append(obj)
        return Applied(links, keys)

    def undo(self, file: Any, actor: Actor) -> None:
        """Put back earlier values, delete what was created; refused whole when a row has changed since or is referred to."""
        reasons: list[str] = []
        for change in file.changes.exclude(kind="refuse").order_by("-pk"):
            try:
                obj = self._at(change.applied_pk, change.after, stale=False)
                if change.kind == "create":
                    self.delete(actor=actor, object=obj)
                else:
                    self.update(actor=actor, object=obj, data=self._data(change.before))
            except ValidationError as error:
                reasons += error.messages
                if len(reasons) >= MOST_REASONS:
                    break
        if reasons:
            raise ValidationError(reasons[:MOST_REASONS])

    def _at(self, pk: str, expected: Mapping[str, Any], *, stale: bool) -> Model:
        """The row, if it still holds what the plan knew."""
        obj = self.model._default_manager.filter(pk=pk).first() if pk else None
        if obj is None:
            raise ValidationError(_("A row that this file speaks of is not there any more. Read the file again."))
        if any(_json(getattr(obj, name)) != value for name, value in expected.items()):
            if stale:
                raise ValidationError(
                    _("“%(row)s” has changed since the plan was made. Read the file again.") % {"row": obj}
                )
            raise ValidationError(
                _("“%(row)s” has changed since it was applied: what came later would be lost.") % {"row": obj}
            )
        return obj

    def _data(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.model._meta.get_field(name).to_python(value) for name, value in values.items()}


@dataclass
class _Seen:
    lines: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Row:
    record: Record
    cells: Mapping[str, str]
    look: Look

    def masked(self) -> str:
        """The line for an excerpt, secrets hidden."""
        secret = self.look.secret_columns()
        cells = [text.HIDDEN if n in secret and cell else cell for n, cell in enumerate(self.record.cells, 1)]
        return self.look.separator.join(cells)

    def first_key(self, keys: Sequence[str]) -> str:
        names = [key for key in reversed(keys) if self.cells.get(key)]
        return self.cells[names[0]].strip() if names else ""

    def refusal(self, keys: Sequence[str]) -> Change:
        return Change("refuse", f"line={self.record.line}", self.first_key(keys) or self.masked(), self.record.line)


def _cells(record: Record, bound: Mapping[int, TableColumn]) -> dict[str, str]:
    return {column.name: record.cells[number] for number, column in bound.items() if number < len(record.cells)}


def _json(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
