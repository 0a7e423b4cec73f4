"""What the jobs do with a received file: read and plan, apply, undo. Each may run twice, or be killed at any moment.

Reading writes aside and ends with one conditional UPDATE; applying and undoing are one transaction each, rows, links and
state together. A job whose file is no longer in the state it was queued for does nothing.
"""

from collections.abc import Callable
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from chappe.apps.exchange import formats, queries
from chappe.apps.exchange.formats import THRESHOLD_ROWS, Applied, Context, Format, Reading
from chappe.apps.exchange.models import PlannedChange, ReceivedFile, State
from chappe.apps.exchange.progress import telling
from chappe.apps.exchange.sink import Sink
from chappe.kit.access.actor import Actor
from chappe.kit.audit.services import event

log = structlog.get_logger("chappe.exchange")
Progress = Callable[[int, int], None]


def run_read(*, actor: Actor, file: int, job: int, progress: Progress) -> ReceivedFile | None:
    """Read the file and keep its plan. None when the file has gone on without this job."""
    row = (
        ReceivedFile.objects.select_related("stored", "owner").filter(pk=file, job_id=job, state=State.READING).first()
    )
    form = formats.get(row.kind) if row is not None else None
    if row is None or form is None:
        return None
    twin = queries.twin_of(row, form)
    if twin is not None:
        when = (twin.applied_at or twin.received_at).isoformat()
        return _end(row, job, State.REFUSED, "twin", {"when": when}, twin=twin, plan={})
    sink = Sink(row, form)
    context = Context(row, actor, sink.issue, progress)
    reading = form.read(context)
    if reading.usable:
        for change in form.plan(reading, context):
            sink.change(change)
    sink.close()
    return _conclude(row, job, form, reading, sink)


def _conclude(row: ReceivedFile, job: int, form: Format, reading: Reading, sink: Sink) -> ReceivedFile | None:
    refused = max(len(sink.bad_lines), sink.kinds["refuse"], reading.refused)
    plan = _plan(row, form, {**sink.kinds, **(reading.counts or {}), "refuse": refused})
    errors = max(sink.severities["error"], reading.errors)
    lines = max(reading.lines, refused)
    counts = {
        "lines": lines, "ok": lines - refused, "errors": errors,
        "warnings": max(sink.severities["warning"], reading.warnings),
        "facts": reading.facts, "plan": plan, "twin": None, "result": [],
    }  # fmt: skip
    if not reading.usable:
        return _end(row, job, State.REFUSED, "unreadable", {}, **counts)
    if plan["changes"]:
        return _end(row, job, State.PLANNED, "planned", {}, **counts)
    if errors:
        return _end(row, job, State.REFUSED, "others-refused" if counts["ok"] else "all-refused", {}, **counts)
    return _end(row, job, State.APPLIED, "nothing", {}, applied_at=timezone.now(), **counts)


def _plan(row: ReceivedFile, form: Format, kinds: dict[str, int]) -> dict[str, Any]:
    """Counts, and the share of what exists that they would change when it is over the threshold."""
    existing = kinds["existing"] if "existing" in kinds else form.existing(row.owner)
    moved = kinds["update"] + kinds["delete"]
    plan: dict[str, Any] = {**kinds, "changes": kinds["create"] + moved, "existing": existing}
    percent = kinds.get("touched", moved) * 100 // existing if existing > THRESHOLD_ROWS else 0
    if percent > form.threshold:
        plan |= {"over": percent, "limit": form.threshold}
    return plan


def _end(
    row: ReceivedFile, job: int, state: str, code: str, params: dict[str, Any], **values: Any
) -> ReceivedFile | None:
    """The last word of a reading, if it is still this job's to say."""
    moved = ReceivedFile.objects.filter(pk=row.pk, job_id=job, state=State.READING).update(
        state=state, verdict={"code": code, "params": params}, problem="", updated_at=timezone.now(), **values
    )
    row.refresh_from_db()
    return row if moved else None


def run_apply(
    *, actor: Actor, file: int, job: int, progress: Progress = lambda done, total: None
) -> ReceivedFile | None:
    """Make every planned change, whole or not at all. None when it was done already."""
    with transaction.atomic():
        row = _taken(file, job, State.APPLYING)
        form = formats.get(row.kind) if row is not None else None
        if row is None or form is None:
            return None
        twin = queries.twin_of(row, form)
        if twin is not None:
            row.state, row.twin = State.REFUSED, twin
            row.verdict = {"code": "twin", "params": {"when": (twin.applied_at or twin.received_at).isoformat()}}
            row.save()
            return row
        changes = PlannedChange.objects.filter(file=row).exclude(kind=PlannedChange.Kind.REFUSE).order_by("pk")
        with telling(row.pk, job, progress):
            done: Applied = form.apply(row, changes, actor)
        _keep_keys(row, done)
        row.result = [_link(obj) for obj in done.links]
        row.state, row.verdict = State.APPLIED, {"code": "applied", "params": {}}
        row.applied_at, row.applied_by, row.undone_at, row.undone_by = timezone.now(), actor.user, None, None
        row.save()
        event(
            actor,
            row,
            "exchange.applied",
            name=row.name,
            **{k: row.plan.get(k, 0) for k in ("create", "update", "delete")},
        )
    return row


def _keep_keys(row: ReceivedFile, done: Applied) -> None:
    """Which object each change made or touched: undoing starts from there."""
    changed = []
    for change in PlannedChange.objects.filter(file=row).exclude(kind=PlannedChange.Kind.REFUSE).iterator(1000):
        if change.key in done.keys:
            change.applied_pk = str(done.keys[change.key])
            changed.append(change)
    PlannedChange.objects.bulk_update(changed, ["applied_pk"], batch_size=500)


def _link(obj: Any) -> dict[str, str]:
    return {"model": obj._meta.label_lower, "pk": str(obj.pk), "label": str(obj)[:200]}


def run_undo(
    *, actor: Actor, file: int, job: int, progress: Progress = lambda done, total: None
) -> ReceivedFile | None:
    """Put everything back, whole or not at all. None when it was done already."""
    with transaction.atomic():
        row = _taken(file, job, State.UNDOING)
        form = formats.get(row.kind) if row is not None else None
        if row is None or form is None:
            return None
        with telling(row.pk, job, progress):
            form.undo(row, actor)
        row.state, row.verdict = State.UNDONE, {"code": "undone", "params": {}}
        row.undone_at, row.undone_by = timezone.now(), actor.user
        row.save()
        event(actor, row, "exchange.undone", name=row.name)
    return row


def _taken(file: int, job: int, state: str) -> ReceivedFile | None:
    rows = ReceivedFile.objects.select_for_update(of=("self",)).select_related("stored", "owner")
    return rows.filter(pk=file, job_id=job, state=state).first()


#: What a file becomes when its job stops: by the state it was in.
BACK = {State.READING: State.RECEIVED, State.APPLYING: State.PLANNED, State.UNDOING: State.APPLIED}
_REFUSED = {State.READING: "read-failed", State.APPLYING: "apply-refused", State.UNDOING: "undo-refused"}


def refused(*, file: int, job: int, state: str, error: ValidationError | PermissionDenied) -> None:
    """The verb said no: the file goes back to where it was, with the reason."""
    why = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    _back(file, job, state, after=BACK[State(state)], code=_REFUSED[State(state)], params={"why": why})


def stopped(*, file: int, job: int, state: str) -> None:
    """Somebody cancelled the job: nothing was changed."""
    _back(file, job, state, after=BACK[State(state)], code="stopped", params={})


def broken(*, file: int, job: int, state: str) -> None:
    """A fault of ours, for the last time: say so and let a person decide."""
    code, after = ("read-failed", State.FAILED) if state == State.READING else ("apply-failed", BACK[State(state)])
    _back(file, job, state, after=after, code=code, params={})


def _back(file: int, job: int, state: str, *, after: str, code: str, params: dict[str, Any]) -> None:
    ReceivedFile.objects.filter(pk=file, job_id=job, state=state).update(
        state=after,
        verdict={"code": code, "params": params},
        problem=str(params.get("why", "")),
        updated_at=timezone.now(),
    )
