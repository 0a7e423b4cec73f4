"""What the pages of sources, batches and anomalies show beside their columns: health, hours, fates, settings explained."""

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chappe.apps.collect import decoding, hours, profiles, queries, setup_words, withdrawing, words
from chappe.apps.collect.health import health_of
from chappe.apps.collect.models import Chunk, Source, TicketIssue
from chappe.apps.collect.pages import scores_shown
from chappe.core.base.lang import translate
from chappe.core.tickets.words import FIELDS
from chappe.kit.access.door import Level, may_touch, visible_to
from chappe.kit.screens import registry
from chappe.kit.ui import formats
from chappe.kit.ui.charts import Chart, Series, Shape

HOURS_SHOWN = 48
WEEK_SHOWN = 7 * 24  # when nothing came in those


def health(source: Source, user: Any) -> dict[str, Any]:
    """Badge, alarms, connections and figures of a source."""
    told, verdict = source.told, health_of(source)
    waiting = source.chunks.filter(state__in=[Chunk.State.WAITING, Chunk.State.READING, Chunk.State.FAILED]).count()
    confirm = source.chunks.filter(state=Chunk.State.TO_CONFIRM).first()
    return {
        "verdict": verdict, "told": told, "connections": [_connection(row) for row in told.connections or ()],
        "alarms": list(source.alarms.filter(until=None).order_by("since")), "waiting": waiting, "confirm": confirm,
        "writes": may_touch(user, source, Level.WRITE), "today": getattr(source, "today", None) or 0,
        "open": source.open_groups.filter(segments__gt=0).count(),
        "urls": {
            "live": f"{registry.url('collect.live')}?source={source.slug}",
            "raw": f"{registry.url('collect.raw')}?source={source.pk}",
            "upload": f"{registry.url('collect.upload')}?source={source.slug}",
            "calls": f"{registry.url('usage.call')}?{urlencode({'scope': 'all', 'source': f'={source.pk}'})}",
        },
    }  # fmt: skip


def _connection(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "peer": row.get("peer", "?"), "records": row.get("records", 0), "since": parse_datetime(row.get("since") or ""),
        "last": parse_datetime(row["last"]) if row.get("last") else None,
    }  # fmt: skip


def per_hour(source: Source, _user: Any) -> dict[str, Any]:
    """Calls of the last two days, or seven when they had none, hour by hour, against the usual week; gaps are told under it."""
    shown = hours.last_hours(source, HOURS_SHOWN)
    quiet = not any(hour.calls or hour.gap for hour in shown)
    if quiet:
        shown = hours.last_hours(source, WEEK_SHOWN)
    zone = ZoneInfo(source.zone())
    known = any(hour.usual is not None for hour in shown)
    labels = [
        f"{formats.day(hour.start.astimezone(zone).date())[:5]} {hour.start.astimezone(zone):%H} h" for hour in shown
    ]
    series = [
        Series(label=_("Calls"), values=[None if hour.gap else hour.calls for hour in shown], tone="brand"),
        Series(
            label=_("Gap"),
            values=[max(hour.calls, round(hour.usual or 0)) if hour.gap else None for hour in shown],
            tone="bad",
        ),
    ]
    if known:
        usual = [None if hour.usual is None else round(hour.usual) for hour in shown]
        series.append(Series(label=_("Usual"), values=usual, tone="muted", shape=Shape.LINE))
    chart = Chart(slug=f"hours-{source.pk}", title=_("Calls per hour"), labels=labels, series=series)
    return {
        "chart": chart if any(hour.calls or hour.gap for hour in shown) else None,
        "quiet": quiet,
        "known": known,
        "gaps": _gaps(shown, zone),
        "zone": source.zone(),
    }


def _gaps(shown: list[hours.Hour], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Hours in a row that lack calls, as one sentence each."""
    runs: list[list[hours.Hour]] = []
    for hour in shown:
        if hour.gap and runs and runs[-1][-1].start + hours.HOUR == hour.start:
            runs[-1].append(hour)
        elif hour.gap:
            runs.append([hour])
    return [
        {
            "from": run[0].start.astimezone(zone), "to": (run[-1].start + hours.HOUR).astimezone(zone),
            "calls": sum(hour.calls for hour in run), "usual": round(sum(hour.usual or 0 for hour in run)),
        }
        for run in runs
    ]  # fmt: skip


def to_handle(source: Source, user: Any) -> dict[str, Any]:
    """Anomalies by kind, with an example each."""
    groups = queries.issue_groups(source)
    base = f"{registry.url('collect.issue')}?scope=all&source={source.pk}"
    return {
        "groups": [
            {**group, "url": f"{base}&code={group['code']}", "sentence": group["example"].sentence(),
             "tone": decoding.TONES.get(group["severity"], "new"), "label": group["example"].get_severity_display()}
            for group in groups
        ],
        "errors": any(group["severity"] == "error" for group in groups), "writes": may_touch(user, source, Level.WRITE),
        "mend_url": f"{registry.url('collect.mend')}?source={source.slug}",
        "text_url": f"{registry.url('collect.issues-export')}?source={source.slug}&as=txt",
        "csv_url": f"{registry.url('collect.issues-export')}?source={source.slug}",
    }  # fmt: skip


def settings(source: Source, _user: Any) -> dict[str, Any]:
    """How it is read and what that means, in words."""
    profile = profiles.find(source.profile)
    saved = queries.profile_row(_user, source.profile)
    return {
        "profile": profiles.label_of(source.profile), "known": profile is not None,
        "profile_url": registry.object_url(saved) if saved else registry.url("collect.packaged"),
        "test_url": f"{registry.url('collect.test')}?profile={source.profile}",
        "zone": source.zone(), "holiday": _("holidays of France left out"),
        "days": _days(source.open_days),
    }  # fmt: skip


def _days(digits: str) -> str:
    names = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    return ", ".join(names[int(digit) - 1] for digit in sorted(digits) if digit in "1234567") or formats.DASH


def setup(source: Source, _user: Any) -> dict[str, Any]:
    """What to do on the other side."""
    return {"steps": setup_words.steps(source)}


def fates(chunk: Chunk, user: Any) -> dict[str, Any]:
    """Each line has one fate: the sum is shown, and what became of the tickets."""
    terms = [
        (_("decoded"), chunk.decoded, "ok"), (_("refused"), chunk.refused, "bad"), (_("skipped"), chunk.skipped, "new"),
        (_("duplicates"), chunk.duplicates, "wait"),
    ]  # fmt: skip
    leaving = chunk.state == Chunk.State.UNDOING and withdrawing.is_at_work(chunk)
    return {
        "chunk": chunk, "terms": terms, "adds_up": chunk.adds_up, "url": registry.object_url(chunk),
        "skips": [(decoding.skip_label(code), number) for code, number in sorted((chunk.skips or {}).items())],
        "running": chunk.state in {Chunk.State.WAITING, Chunk.State.READING} or leaving, "job": chunk.job, "leaving": leaving,
        "raw_url": f"{registry.url('collect.raw')}?chunk={chunk.pk}",
        "issues_url": f"{registry.url('collect.issue')}?scope=all&chunk={chunk.pk}",
        "confirm_url": registry.url("collect.confirm", pk=chunk.pk), "writes": may_touch(user, chunk, Level.WRITE),
        "profile": profiles.label_of(chunk.profile or chunk.source.profile),
        "scores": scores_shown(chunk.detection or [], chunk.profile),
    }  # fmt: skip


def issue_line(issue: TicketIssue, user: Any) -> dict[str, Any]:
    """The raw line of an anomaly, the sentence and the way to its decoding."""
    hidden = decoding.hidden_digits(user)
    return {
        "sentence": issue.sentence(), "raw": decoding.masked(decoding.readable(bytes(issue.raw)), hidden),
        "tone": decoding.TONES.get(issue.severity, "new"), "label": issue.get_severity_display(),
        "url": f"{registry.url('collect.raw-line')}?chunk={issue.chunk_id}&number={issue.number}",
        "replay_url": registry.object_url(issue.replay) if issue.replay else "",
        "mend_url": f"{registry.url('collect.mend')}?source={issue.source.slug}",
        "others": visible_to(user, TicketIssue.objects.filter(chunk=issue.chunk_id, number=issue.number)).exclude(pk=issue.pk),
    }  # fmt: skip


def profile_said(row: Any, user: Any) -> dict[str, Any]:
    """A profile's settings in words, and its text to be kept elsewhere."""
    from chappe.apps.collect.forms import is_usual, option_field
    from chappe.core.tickets.registry import DECODERS, profile_to_toml

    info = DECODERS.get(row.decoder)
    options = []
    for option in info.options if info else ():
        value = (row.options or {}).get(option.name, option.default)
        if option.name == "fields" and row.decoder == "mapped":
            continue
        field = option_field(option, value)
        options.append((field.label, _written(value, option.kind), is_usual(option, value)))
    held = {column: field for field, column in dict((row.options or {}).get("fields", {})).items()}
    language = (get_language() or "fr")[:2]
    holds = [
        (column, translate(FIELDS[held[column]], language))
        for column in row.columns or ()
        if held.get(column) in FIELDS
    ]
    return {
        "holds": holds, "left": [column for column in row.columns or () if column not in held] if holds else [],
        "wizard_url": f"{registry.url('collect.wizard')}?profile={row.slug}" if row.decoder == "mapped" else "",
        "writes": may_touch(user, row, Level.WRITE), "usual": any(usual for *_told, usual in options),
        "options": options, "columns": list(row.columns or ()), "toml": profile_to_toml(profiles.as_profile(row)),
        "used": visible_to(user, Source).filter(profile=row.slug), "test_url": f"{registry.url('collect.test')}?profile={row.slug}",
    }  # fmt: skip


def _written(value: Any, kind: str = "") -> str:
    if kind == "choice":
        return words.choice_label(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return ", ".join(f"{name} = {inner}" for name, inner in value.items()) or formats.DASH
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or formats.DASH
    return str(value) if value not in ("", None) else formats.DASH
