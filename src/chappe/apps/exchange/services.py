"""Verbs on received files: receive, say what it is, read again, apply, undo. The only writers of their states, with flow.py.

Each asks the door, moves the state by one conditional UPDATE and leaves the work to a job. What is refused is refused with a
sentence (ValidationError) and changes nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.exchange import formats, words
from chappe.apps.exchange.access import AREA
from chappe.apps.exchange.formats import HEAD_BYTES, Format
from chappe.apps.exchange.models import OPEN_STATES, READABLE, Channel, ReceivedFile, State
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, is_house, may, require, require_on
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event
from chappe.kit.documents.services import store
from chappe.kit.jobs.services import enqueue

register_sentence("exchange.received", gettext_noop("{actor} received “{name}”"))
register_sentence("exchange.kind", gettext_noop("{actor} said that “{name}” is of the kind {kind}"))
register_sentence(
    "exchange.applied", gettext_noop("{actor} applied “{name}”: {create} created, {update} changed, {delete} deleted")
)
register_sentence("exchange.forced", gettext_noop("{actor} let “{name}” through over the threshold ({percent} %)"))
register_sentence("exchange.undone", gettext_noop("{actor} undid “{name}”"))


def receive(
    *,
    actor: Actor,
    source: IO[bytes] | Path,
    name: str,
    kind: str = "",
    options: Mapping[str, Any] | None = None,
    owner: Any = None,
    channel: str = Channel.UPLOAD,
    mends: ReceivedFile | None = None,
) -> ReceivedFile:
    """Keep a file whole, recognise it, and queue its reading when nothing is left to ask.

    A partner's file is its own, whatever ``owner`` says. ``mends`` is the file whose refused lines come back: kind, options
    and owner are taken from it. Raises ValidationError for a file too large or empty, PermissionDenied without the right.
    """
    user = actor.user
    if user is not None:
        require(user, AREA, Level.WRITE)
        if not is_house(user):
            owner = user.organisation
    if mends is not None:
        if user is not None:
            require_on(user, mends, Level.WRITE)
        kind, options, owner = mends.kind, mends.options, mends.owner
    stored = store(source, name=name, actor=actor, owner=owner)
    if not kind:
        with stored.open() as stream:
            kind, _score = formats.detect(stream.read(HEAD_BYTES), stored.name)
    with transaction.atomic():
        file = ReceivedFile.objects.create(
            stored=stored, name=stored.name, sha256=stored.sha256, kind=kind, channel=channel, owner=owner,
            options=dict(options or {}), replays=mends, received_by=user,
        )  # fmt: skip
        event(actor, file, "exchange.received", name=file.name)
        _next(actor, file, has_options=options is not None)
    return file


def _next(actor: Actor, file: ReceivedFile, *, has_options: bool) -> None:
    """Read it when everything is known; else say what is asked."""
    form = formats.get(file.kind)
    if form is None:
        _settle(file, State.QUARANTINED, "unknown-kind", kind="")
    elif not formats.open_to(actor.user, form):
        _settle(file, State.QUARANTINED, "not-yours", kind=form.slug)
    elif form.options is not None and not has_options:
        _settle(file, State.RECEIVED, "needs-options", kind=form.slug)
    else:
        _queue(actor, file, State.READING, "exchange.read", form=form, code="waits")


def _settle(file: ReceivedFile, state: str, code: str, **params: Any) -> None:
    file.state, file.verdict = state, {"code": code, "params": params}
    file.save(update_fields=["state", "verdict", "updated_at"])


def _queue(actor: Actor, file: ReceivedFile, state: str, job: str, *, form: Format | None, code: str = "") -> None:
    file.job = enqueue(
        job, actor=actor, label=file.name, unique=f"{job}:{file.pk}", owner=file.owner, file=file.pk,
        queue=form.queue if form else "",
    )  # fmt: skip
    file.state, file.problem = state, ""
    if code:
        file.verdict = {"code": code, "params": {}}
    file.save(update_fields=["job", "state", "verdict", "problem", "updated_at"])


def _held(file: ReceivedFile, actor: Actor) -> ReceivedFile:
    """The row, held until the transaction ends, if this actor may write it."""
    row = ReceivedFile.objects.select_for_update(of=("self",)).select_related("owner", "job").get(pk=file.pk)
    if actor.user is not None:
        require_on(actor.user, row, Level.WRITE)
    return row


def choose_kind(*, actor: Actor, file: ReceivedFile, kind: str, options: Mapping[str, Any]) -> ReceivedFile:
    """Say what the file is and how to take it in; it is then read. Earlier anomalies and plans go."""
    form = formats.get(kind)
    if form is None:
        raise ValidationError(_("There is no such kind of file."))
    _check_open_to(actor, form)
    with transaction.atomic():
        row = _held(file, actor)
        _check_readable(row)
        if row.kind != kind:
            event(actor, row, "exchange.kind", name=row.name, kind=kind)
        row.kind, row.options = kind, dict(options)
        row.save(update_fields=["kind", "options", "updated_at"])
        _queue(actor, row, State.READING, "exchange.read", form=form, code="waits")
    return row


def read_again(*, actor: Actor, file: ReceivedFile) -> ReceivedFile:
    """Read and plan anew: what the file would change is compared with what there is now."""
    with transaction.atomic():
        row = _held(file, actor)
        _check_readable(row)
        form = formats.get(row.kind)
        if form is None:
            raise ValidationError(_("Choose what this file is first."))
        _check_open_to(actor, form)
        _queue(actor, row, State.READING, "exchange.read", form=form, code="waits")
    return row


def apply(*, actor: Actor, file: ReceivedFile, force: bool = False) -> ReceivedFile:
    """Queue the changes of the plan. ``force`` lets a plan over the threshold through (ADMIN in "fichiers")."""
    with transaction.atomic():
        row = _held(file, actor)
        reason = why_not_apply(row, actor.user, force=force)
        if reason:
            raise ValidationError(reason)
        if force and row.plan.get("over"):
            event(actor, row, "exchange.forced", name=row.name, percent=row.plan["over"])
        form = formats.get(row.kind)
        _queue(actor, row, State.APPLYING, "exchange.apply", form=form)
    return row


def undo(*, actor: Actor, file: ReceivedFile) -> ReceivedFile:
    """Queue putting back what the file changed. Refused, in the job, when something later depends on it."""
    with transaction.atomic():
        row = _held(file, actor)
        reason = why_not_undo(row, actor.user)
        if reason:
            raise ValidationError(reason)
        _queue(actor, row, State.UNDOING, "exchange.undo", form=formats.get(row.kind))
    return row


def _check_open_to(actor: Actor, form: Format) -> None:
    if not formats.open_to(actor.user, form):
        raise PermissionDenied(
            _("Your rights do not let you send files of the kind “%(kind)s”.") % {"kind": form.label}
        )


def _check_readable(row: ReceivedFile) -> None:
    reason = why_not_read(row)
    if reason:
        raise ValidationError(reason)


def why_not_read(file: ReceivedFile) -> str | None:
    """Why the file cannot be read (again) now; None when it can."""
    if file.state in READABLE or (file.state == State.READING and file.is_stuck):
        return None
    if file.state == State.APPLIED:
        return _("It is applied: undo it first.")
    return _("A job is at work on it.")


def why_not_apply(file: ReceivedFile, user: Any, *, force: bool = False) -> str | None:
    """Why the plan cannot be applied now; None when it can. The same words on the page and from the verb."""
    form = formats.get(file.kind)
    again = file.state == State.APPLYING and file.is_stuck
    if form is None or (file.state != State.PLANNED and not again):
        return _not_planned(file)
    if not formats.open_to(user, form):
        return _("Your rights do not let you apply files of the kind “%(kind)s”.") % {"kind": form.label}
    if form.why_not is not None and (reason := form.why_not(file, user)):
        return str(reason)
    if file.plan.get("over"):
        if not force:
            return words.over_sentence(file)
        if user is not None and not may(user, AREA, Level.ADMIN):
            return _("Only an administrator of “Files exchanged” may apply a plan over the threshold.")
    return None


def _not_planned(file: ReceivedFile) -> str:
    match file.state:
        case State.APPLIED:
            return _("It is applied already.")
        case State.UNDONE:
            return _("It was undone: read it again to plan it anew.")
        case State.REFUSED | State.FAILED:
            return _("There is no plan to apply.")
        case state if state in OPEN_STATES:
            return _("A job is at work on it.")
    return _("Say what it is first: it has not been read.")


def why_not_undo(file: ReceivedFile, user: Any) -> str | None:
    """Why the file cannot be undone now; None when it can be tried."""
    form = formats.get(file.kind)
    if file.state != State.APPLIED and not (file.state == State.UNDOING and file.is_stuck):
        return _("Only an applied file can be undone.")
    if form is None:
        return _("The app that knows this kind of file is not installed any more.")
    if not formats.open_to(user, form):
        return _("Your rights do not let you undo files of the kind “%(kind)s”.") % {"kind": form.label}
    if not file.plan.get("changes"):
        return _("It changed nothing: there is nothing to undo.")
    return None
