"""The format “calls”: a file of calls, tried against a tariff version, then handed to the rating of usage.

Reading rates the file on the side, without keeping a price, so that the plan can say how many calls would have one.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name

from chappe.apps.exchange import text
from chappe.apps.exchange.formats import Applied, Change, Context, Format, Reading, register_format
from chappe.apps.tariffs.loading import load_compiled
from chappe.apps.tariffs.models import TariffVersion
from chappe.apps.tariffs.queries import usable_versions
from chappe.apps.usage import lake, services
from chappe.apps.usage.access import AREA
from chappe.apps.usage.models import UsageBatch
from chappe.core.base.issue import declare
from chappe.core.base.money import plain
from chappe.core.usage.columns import FIELDS, MANDATORY
from chappe.core.usage.summary import Summary
from chappe.kit.access.actor import Actor
from chappe.kit.audit.services import deleted
from chappe.kit.jobs.models import Job, State
from chappe.kit.jobs.services import cancel

declare(
    {
        "usage-file.no-version": N_(
            "The tariff version chosen for these calls may not be used (any more): choose another one."
        )
    }
)

SAMPLE = """id,tenant,subject,destination,start,usage
A-1,ALTITEL,33384110001,33199001234,2026-10-30T10:00:00+01:00,125
"""


class CallsOptions(forms.Form):
    """Which version of a tariff prices the calls."""

    version = forms.ModelChoiceField(
        label=_("Tariff"),
        queryset=TariffVersion.objects.none(),
        help_text=_("The version that prices every call of the file."),
    )

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = _versions(user)

    def as_options(self) -> dict[str, Any]:
        """What is kept with the file."""
        return {"version": self.cleaned_data["version"].pk}


def _versions(user: Any) -> Any:
    if user is not None:
        return usable_versions(user)
    return TariffVersion.objects.filter(
        state__in=[TariffVersion.State.CHECKED, TariffVersion.State.ACTIVE]
    ).select_related("plan")


def _version(options: Mapping[str, Any], user: Any) -> TariffVersion | None:
    return _versions(user).filter(pk=options.get("version") or None).first()


def _sniff(name: str, head: bytes) -> int:
    if head.startswith(b"PAR1"):
        return 80
    seen = text.look_at(head)
    if seen is None:
        return 0
    names = {cell.strip().lower() for cell in seen.header}
    if names >= set(MANDATORY):
        return 95
    known = len(names & set(FIELDS))
    return 60 if known >= 3 and "destination" in names and names & {"start", "subject"} else 0


def read(context: Context) -> Reading:
    """Rate the whole file without keeping a price: counts, amount and every fault of its lines."""
    version = _version(context.options, context.actor.user)
    if version is None:
        context.fault("usage-file.no-version", field="version")
        return Reading(usable=False)
    source, seen = context.file.stored, text.look(context.file.stored.path, whole=False)
    tried = _Tried(context)
    summary = tried.run(version, source.path)
    facts: dict[str, Any] = {
        "calls": summary.rows,
        "rated": summary.rated,
        "unrated": summary.unrated,
        "rejected": summary.rejected,
    }
    if seen is not None:
        facts |= {"encoding": seen.encoding, "separator": seen.separator, "header": list(seen.header)[:200]}
    return Reading(
        rows=(summary, version), usable=summary.ran and summary.rows > 0, lines=summary.rows, facts=facts,
        errors=summary.rejected, warnings=summary.unrated, refused=summary.rejected,
    )  # fmt: skip


class _Tried:
    """One dry run of the rating, its faults kept as they stand in the file of anomalies that it writes."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def run(self, version: TariffVersion, path: Path) -> Summary:
        from chappe.core.usage.file import rate_file  # the compiled kernel: only work on calls pays for it

        with tempfile.TemporaryDirectory(prefix="chappe-") as folder:
            source = _named(path, self.context.file.name, Path(folder))
            summary = rate_file(load_compiled(version), source, Path(folder) / "rated.csv", progress=self._progress)
        for issue in summary.issues:
            self.context.issue(issue, excerpt=str(issue.params.get("value", "")))
        return summary

    def _progress(self, done: int, total: int, _calls: int) -> None:
        self.context.progress(done, total)


def _named(path: Path, name: str, folder: Path) -> Path:
    """The stored bytes under a name that says whether they are CSV or Parquet."""
    parquet = name.lower().endswith((".parquet", ".pq"))
    source = folder / f"calls{'.parquet' if parquet else '.csv'}"
    source.symlink_to(path)
    return source


def plan(reading: Reading, context: Context) -> Iterator[Change]:
    """“N calls to rate with version V”, with what they would come to."""
    summary, version = reading.rows
    good = summary.rows - summary.rejected
    if not good:
        return
    after = {
        "calls": good, "rated": summary.rated, "unrated": summary.unrated, "rejected": summary.rejected,
        "total": f"{plain(summary.total)} {summary.currency}", "version": str(version),
    }  # fmt: skip
    yield Change("create", "calls", context.file.name, 0, {}, after)


def apply(file: Any, changes: Iterable[Any], actor: Actor) -> Applied:
    """Hand the file over to usage; its calls are rated by a job of their own, once."""
    keys, links = {}, []
    for change in changes:
        version = _version(file.options, actor.user)
        if version is None:
            raise ValidationError(
                _g("The tariff version chosen for this file may no longer be used: read it with another one.")
            )
        batch, _is_new = services.receive(
            actor=actor, stored=file.stored, version=version, owner=file.owner, name=file.name
        )
        keys[change.key] = batch.pk
        links.append(batch)
    return Applied(links, keys)


def undo(file: Any, actor: Actor) -> None:
    """Take the file back while none of its calls is rated; later, rating again is the way."""
    for change in file.changes.exclude(kind="refuse"):
        batch = (
            UsageBatch.objects.select_for_update(of=("self",))
            .select_related("job")
            .filter(pk=change.applied_pk or None)
            .first()
        )
        if batch is None:
            raise ValidationError(_g("The calls that this file brought are not there any more."))
        if not _untouched(batch, actor):
            raise ValidationError(
                _g("Its calls are rated, and may be on an invoice. Rate the file again with another version instead.")
            )
        deleted(actor, batch)
        batch.delete()


def _untouched(batch: UsageBatch, actor: Actor) -> bool:
    """Whether no call of the batch was rated; its waiting job is cancelled on the way."""
    if batch.state not in {UsageBatch.State.WAITING, UsageBatch.State.FAILED} or lake.holds(str(batch.uid)):
        return False
    if batch.job is not None and batch.job.is_open:
        with transaction.atomic():
            cancel(batch.job, actor=actor)
        return Job.objects.get(pk=batch.job_id).state == State.CANCELLED
    return True


def rejects(file: Any, language: str) -> Iterator[bytes]:
    """The refused calls as they came, with line, column, code and sentence."""
    version = TariffVersion.objects.filter(pk=file.options.get("version") or None).first()
    if version is None:
        return
    from chappe.core.usage.file import rate_file  # the compiled kernel: only work on calls pays for it

    with tempfile.TemporaryDirectory(prefix="chappe-") as folder:
        source, wanted = _named(file.stored.path, file.name, Path(folder)), Path(folder) / "rejects.csv"
        rate_file(load_compiled(version), source, Path(folder) / "rated.csv", rejects=wanted, language=language)
        seen = text.look(wanted) if wanted.exists() else None
        if seen is None:
            return
        yield text.csv_line(seen.header, seen.separator).encode()
        for record in text.records(wanted, seen):
            yield text.csv_line(record.cells, seen.separator).encode()


def _described(options: Mapping[str, Any]) -> Sequence[tuple[Any, str]]:
    version = TariffVersion.objects.filter(pk=options.get("version") or None).select_related("plan").first()
    return [(_("Tariff"), str(version) if version else "–")]


register_format(
    Format(
        slug="calls",
        label=_("Calls"),
        description=_("CSV or Parquet, one call a line. Each call is priced or says why it is not."),
        icon="phone",
        area=AREA,
        options=CallsOptions,
        sniff=_sniff,
        read=read,
        plan=plan,
        apply=apply,
        undo=undo,
        fields={
            "calls": _("calls"), "rated": _("with a price"), "unrated": _("without a price"), "rejected": _("refused"),
            "total": _("amount"), "version": _("tariff version"),
        },
        columns=(
            ("id", _("your own reference of the call, never used twice")),
            ("subject", _("who is rated: often the number that calls")),
            ("destination", _("the number called, in international form")),
            ("start", _("beginning, such as 2026-10-31T08:15:00+01:00")),
            ("end · usage", _("end of the call, or its seconds, bytes or number of messages")),
            ("tenant, tor, category, direction, account", _("optional; voice, call, OUT and the subject by default")),
        ),
        sample=SAMPLE,
        mask=text.hide_long_numbers,
        rejects=rejects,
        described=_described,
        queue="bulk",
    )
)  # fmt: skip
