"""Verbs on tariff plans: load a version, activate it at a date, withdraw it. The only writers.

A version's content is never edited: mending a fault means loading the next version.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.tariffs import words
from chappe.apps.tariffs.access import AREA
from chappe.apps.tariffs.loading import load_tariff
from chappe.apps.tariffs.models import TariffFault, TariffPlan, TariffRow, TariffVersion
from chappe.core.base.issue import Issue, Severity
from chappe.core.base.money import to_nano
from chappe.core.rating.model import Tariff
from chappe.core.tariff.door import FlatRow, ReadResult, check, flat_rows, read_folder
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, claim, require, require_on
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import created, deleted, event, saved
from chappe.kit.documents.models import StoredFile

MOST_ROWS = 500_000  # flat rows kept for browsing: a version larger than that is browsed by destination only
MOST_FAULTS = 10_000
CHUNK = 2_000

register_sentence("tariffs.activated", gettext_noop("{actor} activated {object} from {moment} on"))
register_sentence("tariffs.withdrawn", gettext_noop("{actor} withdrew {object}"))


def _may(actor: Actor, level: int = Level.WRITE) -> None:
    if actor.user is not None:
        require(actor.user, AREA, level)


def _may_on(actor: Actor, row: TariffPlan | TariffVersion) -> None:
    """Writing needs the row itself too: a partner never changes the plan of another operator."""
    if actor.user is not None:
        require_on(actor.user, row, Level.WRITE)


def create_plan(*, actor: Actor, data: dict[str, Any]) -> TariffPlan:
    """Open a plan; it prices nothing until a version of it is activated."""
    _may(actor)
    plan = TariffPlan(**{name: data[name] for name in ("code", "name", "owner", "notes") if name in data})
    if actor.user is not None:
        claim(actor.user, plan)
    plan.full_clean()
    with transaction.atomic():
        plan.save()
        created(actor, plan)
    return plan


def update_plan(*, actor: Actor, object: TariffPlan, data: dict[str, Any]) -> TariffPlan:
    """Change name or notes. The code and the owner stay: calls refer to them."""
    _may_on(actor, object)
    plan = TariffPlan.objects.get(pk=object.pk)
    saved(actor, plan, {name: data[name] for name in ("name", "notes") if name in data})
    return plan


def delete_plan(*, actor: Actor, object: TariffPlan) -> None:
    """Delete a plan that never had a version."""
    _may(actor, Level.ADMIN)
    if object.versions.exists():
        raise ValidationError(_("This plan has versions: withdraw them instead; calls may refer to them."))
    with transaction.atomic():
        deleted(actor, object)
        object.delete()


def _silent(_done: int, _total: int, _message: str) -> None:
    """Nobody watches."""


def read_content(stored: StoredFile, *, form: str = "", zone: str | None = None) -> ReadResult:
    """Read an uploaded plan: archive of tables, or a price list."""
    return read_folder({stored.name: stored.path.read_bytes()}, format=form or None, timezone=zone or None)


def faults_of(result: ReadResult, previous: TariffVersion | None) -> list[Issue]:
    """Every fault at once: of the files, then of the plan they make, against the version before it."""
    issues = list(result.issues)
    if result.tariff is not None:
        before = load_tariff(previous) if previous is not None else None
        issues += check(result.tariff, previous=before, today=timezone.localdate())
    return issues


def load_version(
    *,
    actor: Actor,
    plan: TariffPlan,
    stored: StoredFile,
    form: str = "",
    zone: str | None = None,
    progress: Callable[[int, int, str], None] = _silent,
) -> TariffVersion:
    """Read, check and keep a new version of ``plan``; the same content again is the same version.

    ``progress`` is told (done, total, what). Raises ValidationError when no price can be read at all: then
    nothing is kept.
    """
    _may_on(actor, plan)
    progress(0, 0, _("Reading the files"))
    result = read_content(stored, form=form, zone=zone)
    if result.tariff is None:
        said = [issue.as_line((actor.user.language if actor.user else "fr")[:2]) for issue in result.issues[:5]]
        raise ValidationError([_("No price can be read in this file."), *said])
    known = plan.versions.filter(fingerprint=result.tariff.version).exclude(state=TariffVersion.State.WITHDRAWN).first()
    if known is not None:
        return known
    previous = plan.versions.exclude(state=TariffVersion.State.WITHDRAWN).order_by("-number").first()
    progress(0, 0, _("Looking for faults"))
    issues = faults_of(result, previous)
    with transaction.atomic():
        version = _insert(plan, stored, result.tariff, result.format, issues)
        _keep_faults(version, issues)
        _keep_rows(version, result.tariff, progress)
        created(actor, version)
    return version


def _insert(plan: TariffPlan, stored: StoredFile, tariff: Tariff, form: str, issues: list[Issue]) -> TariffVersion:
    TariffPlan.objects.select_for_update().get(pk=plan.pk)
    last = plan.versions.aggregate(last=Max("number"))["last"] or 0
    errors = sum(issue.severity is Severity.ERROR for issue in issues)
    return TariffVersion.objects.create(
        plan=plan,
        number=last + 1,
        state=TariffVersion.State.FAULTY if errors else TariffVersion.State.CHECKED,
        content=stored,
        fingerprint=tariff.version,
        format=form,
        timezone=tariff.timezone,
        currency=tariff.currency,
        profiles=len(tariff.profiles),
        destinations=len(tariff.destinations),
        prefixes=sum(map(len, tariff.destinations.values())),
        prices=sum(map(len, tariff.plans.values())),
        errors=errors,
        warnings=sum(issue.severity is Severity.WARNING for issue in issues),
    )


def _keep_faults(version: TariffVersion, issues: Iterable[Issue]) -> None:
    TariffFault.objects.bulk_create(
        (
            TariffFault(
                version=version, file=i.file[:255], line=i.line, column=i.column, field=i.field[:100], severity=str(i.severity),
                code=i.code, params={key: str(value) for key, value in i.params.items()},
            )
            for i in islice(issues, MOST_FAULTS)
        ),
        batch_size=CHUNK,
    )  # fmt: skip


def _keep_rows(version: TariffVersion, tariff: Tariff, progress: Callable[[int, int, str], None]) -> None:
    by_prefix = sum(len(tariff.destinations.get(e.destination, ())) for plan in tariff.plans.values() for e in plan)
    rows = flat_rows(tariff, by_prefix=by_prefix <= MOST_ROWS)
    measures = words.plan_measures(tariff)
    flat = islice((_row(version, row, measures[row.plan]) for row in rows), MOST_ROWS)
    kept, expected = 0, min(MOST_ROWS, max(by_prefix, version.prices))
    while chunk := list(islice(flat, CHUNK)):
        TariffRow.objects.bulk_create(chunk)
        kept += len(chunk)
        progress(kept, max(kept, expected), _("Listing the prices"))


def _row(version: TariffVersion, row: FlatRow, measure: str) -> TariffRow:
    return TariffRow(
        version=version, plan_tag=row.plan[:200], destination=row.destination[:200], prefix=row.prefix[:60],
        prefix_count=row.prefixes, timing=row.timing[:200], weight=row.weight, connect_fee=row.connect_fee, price=row.price,
        price_nano=_nano(row.price), unit=row.unit, increment=row.increment, start=row.start, kind=str(row.kind), measure=measure,
        rounding=f"{row.rounding} {row.decimals}" if row.rounding != "*none" else "", minimum=row.minimum, service=row.service,
        zone=row.zone[:100], vat=row.vat[:20], valid_from=_moment(row.valid_from), valid_to=_moment(row.valid_to),
        file=row.origin.file[:255], line=row.origin.line,
    )  # fmt: skip


def _nano(text: str) -> int:
    """For sorting only: the price cut to nine decimals."""
    whole, _dot, part = text.partition(".")
    try:
        return to_nano(f"{whole}.{part[:9]}" if part else whole)
    except ValueError:
        return 0


def _moment(microseconds: int | None) -> dt.datetime | None:
    return None if microseconds is None else dt.datetime.fromtimestamp(microseconds // 1_000_000, dt.UTC)


def activate(*, actor: Actor, version: TariffVersion, at: dt.datetime) -> TariffVersion:
    """Make ``version`` the price of its plan from ``at`` on.

    Refused for a faulty or withdrawn version, for one that has begun, and for a moment already taken by another
    version of the plan.
    """
    _may_on(actor, version)
    with transaction.atomic():
        TariffPlan.objects.select_for_update().get(pk=version.plan_id)  # one activation of a plan at a time
        version = TariffVersion.objects.select_for_update(of=("self",)).select_related("plan").get(pk=version.pk)
        if version.state == TariffVersion.State.FAULTY:
            raise ValidationError(_("This version has errors: mend them and load the next version."))
        if version.state == TariffVersion.State.WITHDRAWN:
            raise ValidationError(_("This version was withdrawn: load it again to use it."))
        if (
            version.state == TariffVersion.State.ACTIVE
            and version.active_from
            and version.active_from <= timezone.now()
        ):
            raise ValidationError(_("This version is or was in force: its beginning cannot be moved."))
        taken = (
            version.plan.versions.filter(state=TariffVersion.State.ACTIVE, active_from=at)
            .exclude(pk=version.pk)
            .first()
        )
        if taken:
            raise ValidationError(
                _("Version %(number)s already starts at this very moment.") % {"number": taken.number}
            )
        version.state, version.active_from = TariffVersion.State.ACTIVE, at
        version.save(update_fields=["state", "active_from"])
        event(actor, version, "tariffs.activated", moment=f"{timezone.localtime(at):%d/%m/%Y %H:%M}")
    return version


def withdraw(*, actor: Actor, version: TariffVersion) -> TariffVersion:
    """Take a version back, so that it prices nothing from now on. Refused when calls were priced with it."""
    _may_on(actor, version)
    with transaction.atomic():
        version = TariffVersion.objects.select_for_update(of=("self",)).select_related("plan").get(pk=version.pk)
        if version.state == TariffVersion.State.WITHDRAWN:
            raise ValidationError(_("This version is withdrawn already."))
        if (
            version.state == TariffVersion.State.ACTIVE
            and version.active_from
            and version.active_from <= timezone.now()
        ):
            raise ValidationError(_("This version is or was in force: activate another one after it instead."))
        if used(version):
            raise ValidationError(_("Calls were priced with this version: it stays readable."))
        version.state, version.active_from = TariffVersion.State.WITHDRAWN, None
        version.save(update_fields=["state", "active_from"])
        event(actor, version, "tariffs.withdrawn")
    return version


def used(version: TariffVersion) -> bool:
    """Whether anything else of the house refers to this version (calls, simulations): they may not lose it."""
    own = {"faults", "rows"}
    return any(
        getattr(version, relation.get_accessor_name()).exists()
        for relation in version._meta.related_objects
        if relation.get_accessor_name() not in own and not relation.hidden
    )
