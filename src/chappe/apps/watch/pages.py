"""The pages beside the screens: what a rule would have said, and the rules that come with Chappe."""

import datetime as dt
from collections import Counter as Tally
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chappe.apps.usage import labels
from chappe.apps.usage.patience import TooLong
from chappe.apps.watch import counting, services, words
from chappe.apps.watch.access import AREA
from chappe.apps.watch.counting import MOST, Finding, Look
from chappe.apps.watch.forms import TrialForm, last_month
from chappe.apps.watch.models import Alert, Rule
from chappe.apps.watch.panels import SEVERITIES
from chappe.apps.watch.raising import _values
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may, require, visible_to
from chappe.kit.screens import registry
from chappe.kit.ui import formats
from chappe.kit.ui.charts import Chart, Series

SHOWN = 200


def trial_link(user: Any) -> tuple[Any, str, str] | None:
    """The button “Try a rule”."""
    return (_("Try on the past"), registry.url("watch.trial"), "flask") if may(user, AREA, Level.READ) else None


def packaged_link(user: Any) -> tuple[Any, str, str] | None:
    """The button “Packaged rules”."""
    return (_("Packaged rules"), registry.url("watch.packaged"), "package") if may(user, AREA, Level.WRITE) else None


def trial(request: HttpRequest) -> HttpResponse:
    """What a rule would have said over a past period; nothing is kept and nobody is told."""
    begin, end = last_month()
    given = request.GET if request.GET.get("rule") else None
    if given is not None and not (given.get("begin") and given.get("end")):
        given = given.copy()
        given["begin"], given["end"] = begin.isoformat(), end.isoformat()
    form = TrialForm(given, user=request.user, initial={"begin": begin, "end": end})
    told: dict[str, Any] = {"form": form, "any": visible_to(request.user, Rule).exists(), "asked": False}
    if given is not None and form.is_valid():
        try:
            rule = form.tuned()
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            try:
                told |= {"asked": True, **_said(rule, form.cleaned_data["begin"], form.cleaned_data["end"])}
            except TooLong:
                form.add_error(None, _g("This rule takes too long over these days: take fewer of them."))
                told["asked"] = False
    return render(request, "watch/trial.html", told)


def _said(rule: Rule, begin: dt.date, end: dt.date) -> dict[str, Any]:
    found = counting.findings(Look(rule, begin, end))
    once: dict[str, Finding] = {}
    for finding in found:  # a monthly cap is found every day after it was passed, and told once
        kept = once.get(finding.key)
        if kept is None or finding.value > kept.value:
            once[finding.key] = finding
    rows = sorted(once.values(), key=lambda finding: (finding.severity, finding.day, -finding.value))
    grave = sum(finding.severity == Alert.Severity.CRITICAL for finding in rows)
    subjects = {finding.subject for finding in rows}
    return {
        "rule": rule, "rows": [_row(finding) for finding in rows[:SHOWN]], "more": max(0, len(rows) - SHOWN), "cut": len(found) >= MOST,
        "most": MOST, "chart": _chart(rows, begin, end) if rows else None,
        "tiles": [
            (_g("Alerts"), formats.number(len(rows)), ngettext("%(n)s of them critical", "%(n)s of them critical", grave) % {"n": grave}),
            (_g("Customers"), formats.number(len(subjects)), _g("told of at least once")),
            (_g("Amount"), words.rounded(sum(finding.total for finding in rows)), _g("of the calls that made them")),
        ],
    }  # fmt: skip


def _row(finding: Finding) -> dict[str, Any]:
    alert = Alert(**_values(finding))
    customer = next(iter(labels.names_of("customer", [finding.customer]).values()), "")
    return {
        "day": finding.day, "severity": alert.get_severity_display(), "tone": SEVERITIES[alert.severity], "who": alert.who() or customer,
        "sentence": alert.sentence(), "calls": finding.calls, "total": words.rounded(finding.total),
        "url": labels.url_of("customer", finding.customer),
    }  # fmt: skip


def _chart(rows: list[Finding], begin: dt.date, end: dt.date) -> Chart:
    days = [begin + dt.timedelta(days=n) for n in range((end - begin).days + 1)]
    critical = Tally(row.day for row in rows if row.severity == Alert.Severity.CRITICAL)
    every = Tally(row.day for row in rows)
    return Chart(
        slug="watch-trial", title=_g("Alerts a day"), labels=[formats.day(day) for day in days],
        series=[
            Series(label=_g("Warnings"), values=[every[day] - critical[day] for day in days], tone="warn"),
            Series(label=_g("Critical"), values=[critical[day] for day in days], tone="bad"),
        ],
    )  # fmt: skip


def packaged(request: HttpRequest) -> HttpResponse:
    """Rules that come with Chappe; those ticked become rules of whoever asks."""
    require(request.user, AREA, Level.WRITE)
    owner = request.user.organisation  # type: ignore[union-attr]
    if request.method == "POST":
        actor = Actor(user=request.user, via="page")  # type: ignore[arg-type]
        count = services.install(actor=actor, owner=owner, slugs=set(request.POST.getlist("slug")))
        said = ngettext(
            "%(n)s rule taken: it watches from now on.", "%(n)s rules taken: they watch from now on.", count
        )
        messages.success(request, said % {"n": count} if count else _g("Nothing was taken: tick the rules you want."))
        return redirect(registry.url("watch.rule")) if count else redirect(request.path)
    there = {rule.packaged: rule for rule in Rule.objects.filter(owner=owner).exclude(packaged="")}
    rows = [
        {
            "slug": row["slug"],
            "rule": (rule := services.packaged_rule(row)),
            "there": there.get(row["slug"]),
            "told": thresholds(rule),
        }
        for row in services.packaged()
    ]
    return render(request, "watch/packaged.html", {"rows": rows, "left": any(row["there"] is None for row in rows)})


def thresholds(rule: Rule) -> str:
    """Both thresholds with their unit."""
    from chappe.apps.watch.kinds import base

    pair = [base(rule.unit, value) for value in (rule.warning, rule.critical)]
    return " · ".join(words.quantity(rule.unit, value) for value in pair if value is not None)
