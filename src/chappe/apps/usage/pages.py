"""What the usage pages show beside the lists: the upload, and the panels of a call, a file, a simulation."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from chappe.apps.tariffs.loading import load_compiled
from chappe.apps.tariffs.models import TariffVersion
from chappe.apps.usage import pricing, queries, services
from chappe.apps.usage.access import AREA
from chappe.apps.usage.actions import UploadForm
from chappe.apps.usage.dashboard import rounded_money
from chappe.apps.usage.models import Call, Simulation, UsageBatch
from chappe.apps.usage.words import sentence_of
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may, visible_to
from chappe.kit.documents.services import store
from chappe.kit.screens import registry
from chappe.kit.ui import formats
from chappe.kit.ui.charts import Chart, Series, Shape, Unit

MILLION = 1_000_000


def upload_link(user: Any) -> tuple[Any, str, str] | None:
    """The button “Drop a file of calls”, for who may."""
    if not may(user, AREA, Level.WRITE):
        return None
    return _("Drop a file of calls"), registry.url("usage.upload"), "upload"


def upload(request: HttpRequest) -> HttpResponse:
    """Take a file, queue its rating, and show the file's page."""
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        actor = Actor(user=request.user, via="page")
        given = form.cleaned_data["file"]
        try:
            stored = store(given.file, name=given.name, actor=actor, owner=form.whose)
            batch, is_new = services.receive(
                actor=actor, stored=stored, version=form.cleaned_data["version"], owner=form.whose
            )
        except ValidationError as error:
            form.add_error("file", error)
        else:
            if is_new:
                messages.success(request, _("The file has arrived. Its calls are being rated."))
            else:
                messages.info(request, _("This very file came before: here it is. Nothing is counted twice."))
            return redirect(registry.object_url(batch))
    return render(
        request, "usage/upload.html", {"form": form, "has_versions": form.fields["version"].queryset.exists()}
    )


def explanation(call: Call, user: Any) -> dict[str, Any]:
    """The steps of the price, recomputed by the same kernel, and whether they still give the stored amount."""
    told: dict[str, Any] = {"call": call, "sentence": sentence_of(call.reason), "steps": None}
    version = version_of(call)
    if call.status in {"REJECTED", "UNCHARGED"} or call.start is None or version is None:
        return told
    from chappe.core.rating.explain import price_one  # the compiled kernel: only when a price is explained

    compiled, number = load_compiled(version), rated_number(call)
    given: dict[str, Any] = {
        "tenant": call.tenant, "tor": call.tor, "category": call.category, "direction": call.direction,
        "subject": call.subject, "usage": _whole(call.usage or 0),
        "start": call.start.astimezone(dt.timezone(dt.timedelta(seconds=call.utc_offset or 0))),
    }  # fmt: skip
    found = price_one(compiled, destination=number, **given)
    told |= {"version": version, "same": found.total == (call.total or 0)}
    if call.is_masked and number == call.whole_numbers["destination"]:
        # The steps spell the number: those of its visible digits are told, unless they lead elsewhere.
        found = price_one(compiled, destination=call.destination.partition("*")[0], **given)
        told["hidden"] = found.total != (call.total or 0)
    return {**told, "steps": None if told.get("hidden") else found}


def version_of(call: Call) -> TariffVersion | None:
    """The version that priced a call: its own for a call of a source, else that of its file."""
    if call.sell_version is None:
        return call.batch.version
    return TariffVersion.objects.filter(pk=call.sell_version).first()


def rated_number(call: Call) -> str:
    """What the tariff looked up."""
    whole = call.whole_numbers["destination"]
    return whole if call.way is None else pricing.rated_number(whole, call.kind or "", call.way)


def _whole(millionths: int) -> str:
    whole, part = divmod(millionths, MILLION)
    return f"{whole}.{part:06d}".rstrip("0").rstrip(".")


def ratings(call: Call, user: Any) -> dict[str, Any]:
    """The same call in each rating of its file."""
    rows = queries.ratings_of(user, call.batch, call.line)
    return {"rows": rows, "alone": len(rows) < 2}


def source(call: Call, user: Any) -> dict[str, Any]:
    """File and line the call was read from."""
    return {
        "batch": call.batch, "line": call.line, "url": registry.object_url(call.batch), "version": version_of(call),
    }  # fmt: skip


def batch_result(batch: UsageBatch, user: Any) -> dict[str, Any]:
    """How many calls got a price, why the others did not, and the days of the file."""
    chart = _days_of(batch)
    calls_url = registry.url("usage.call") + f"?scope=all&batch={batch.pk}"
    return {
        "batch": batch,
        "url": registry.object_url(batch),
        "counts": [
            (label, count)
            for label, count in (
                (_("Rated"), batch.rated),
                (_("Not charged"), batch.uncharged),
                (_("Unrated"), batch.unrated),
                (_("Rejected"), batch.rejected),
            )
            if count or label != _("Not charged")
        ],
        "reasons": [
            {"code": code, "count": count, "sentence": sentence_of(code), "url": f"{calls_url}&reason={code}"}
            for code, count in sorted(batch.reasons.items(), key=lambda pair: -pair[1])
        ],
        "chart": None if chart.is_empty else chart,
        "calls_url": calls_url,
        "job": batch.job,
        "running": batch.state in {UsageBatch.State.WAITING, UsageBatch.State.RATING},
    }


def _days_of(batch: UsageBatch) -> Chart:
    """Calls and amount per day of one file, whatever became of them."""
    sums: dict[Any, list[int]] = {}
    for day, calls, total in batch.days.exclude(day=None).values_list("day", "calls", "total").order_by("day"):
        row = sums.setdefault(day, [0, 0])
        row[0] += calls
        row[1] += total
    calls = Series(label=_("Calls"), values=[row[0] for row in sums.values()])
    revenue = Series(
        label=_("Revenue"),
        values=[row[1] for row in sums.values()],
        unit=Unit.MONEY,
        tone="signal",
        axis=2,
        shape=Shape.LINE,
    )
    return Chart(
        slug=f"batch-{batch.pk}",
        title=_("Calls and revenue per day"),
        labels=[formats.day(day) for day in sums],
        series=[calls, revenue],
    )


def chain(batch: UsageBatch, user: Any) -> dict[str, Any]:
    """Ratings of the same file before and after this one."""
    same = UsageBatch.objects.filter(replay_key__startswith=batch.replay_key.rpartition(":")[0] + ":")
    rows = visible_to(user, same.select_related("version__plan")).order_by("-generation")
    return {"rows": [(row, registry.object_url(row)) for row in rows], "batch": batch}


def simulation_result(simulation: Simulation, user: Any) -> dict[str, Any]:
    """Totals, and the customers whom the second tariff moves most."""
    rows = list(simulation.rows.order_by("-difference")[:8])
    falls = list(simulation.rows.order_by("difference")[:8])
    moved = {row.pk: row for row in [*rows, *falls] if row.difference}
    ordered = sorted(moved.values(), key=lambda row: -row.difference)
    chart = Chart(
        slug=f"simulation-{simulation.pk}",
        title=_("Largest differences"),
        shape=Shape.ROWS,
        labels=[str(row) for row in ordered],
        series=[Series(label=_("Difference"), values=[row.difference for row in ordered], unit=Unit.MONEY)],
    )
    share = simulation.difference / simulation.first_total if simulation.first_total else None
    totals = [(simulation.first, simulation.first_total), (simulation.second, simulation.second_total)]
    tiles = [(str(version), rounded_money(total), "") for version, total in totals]
    tiles.append((_("Difference"), rounded_money(simulation.difference), formats.percent(share)))
    tiles.append((_("Calls"), formats.number(simulation.calls), ""))
    return {
        "simulation": simulation,
        "url": registry.object_url(simulation),
        "tiles": tiles,
        "chart": None if chart.is_empty else chart,
        "job": simulation.job,
    }
