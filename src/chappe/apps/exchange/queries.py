"""Reads on received files: the one applied before, anomalies by kind, the first lines, links to what was made."""

from collections import defaultdict
from typing import Any

from django.apps import apps
from django.db.models import Count, Min, QuerySet

from chappe.apps.exchange import formats, text
from chappe.apps.exchange.formats import Format
from chappe.apps.exchange.models import FileIssue, PlannedChange, ReceivedFile, State
from chappe.apps.exchange.words import change_rows, issue_sentence
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry

PREVIEW_LINES = 20
PREVIEW_CHARS = 2_000
EXAMPLES = 3


def twin_of(file: ReceivedFile, form: Format) -> ReceivedFile | None:
    """The same content, of the same kind and owner, that stands applied; None when it may be applied."""
    same = ReceivedFile.objects.filter(
        sha256=file.sha256,
        kind=file.kind,
        owner=file.owner_id,
        state__in=[State.APPLIED, State.APPLYING, State.UNDOING],
    ).exclude(pk=file.pk)
    identity = form.identity(file.options)
    # A file that changed nothing blocks nothing: what it found may have been undone since.
    return next(
        (row for row in same.order_by("pk") if row.plan.get("changes") and form.identity(row.options) == identity), None
    )


def issue_groups(file: ReceivedFile) -> list[dict[str, Any]]:
    """Anomalies by code, errors first: how many, the first line, a sentence and the address of the list."""
    rank = {"error": 0, "warning": 1, "info": 2}
    tones = {"error": "bad", "warning": "warn", "info": "new"}
    form = formats.get(file.kind)
    if form is not None and form.aside is not None:
        labels = dict(FileIssue.Severity.choices)
        return [
            {
                **group,
                "sentence": issue_sentence(group["code"], group["params"]),
                "severity_label": labels.get(group["severity"], ""),
                "tone": tones.get(group["severity"], "new"),
                "url": form.aside.issues_url(file, group["code"]),
            }
            for group in sorted(form.aside.groups(file), key=lambda group: (rank[group["severity"]], -group["number"]))
        ]
    groups = file.issues.values("code", "severity").annotate(number=Count("pk"), first=Min("line"), sample=Min("pk"))
    samples = FileIssue.objects.in_bulk([group["sample"] for group in groups])
    told = []
    for group in sorted(groups, key=lambda group: (rank[group["severity"]], -group["number"])):
        sample = samples[group["sample"]]
        told.append(
            {
                **group,
                "sentence": issue_sentence(sample.code, sample.params),
                "severity_label": sample.get_severity_display(),
                "tone": tones[group["severity"]],
                "url": f"{registry.url('exchange.issue')}?of=file:{file.pk}&code={group['code']}",
            }
        )
    return told


def examples(file: ReceivedFile) -> list[dict[str, Any]]:
    """A few changes of each kind, with their values before and after."""
    found = []
    for kind in PlannedChange.Kind:
        rows = list(file.changes.filter(kind=kind).order_by("pk")[:EXAMPLES])
        if rows:
            for row in rows:
                row.file = file
            found.append(
                {
                    "kind": kind.value,
                    "label": kind.label,
                    "rows": [(row, change_rows(row)) for row in rows],
                    "more": max(0, (file.plan or {}).get(kind.value, 0) - len(rows)),
                    "url": changes_url(file, kind.value),
                }
            )
    return found


def changes_url(file: ReceivedFile, kind: str) -> str:
    form = formats.get(file.kind)
    if form is not None and form.aside is not None:
        return form.aside.changes_url(file, kind)
    return f"{registry.url('exchange.change')}?of=file:{file.pk}" + (f"&kind={kind}" if kind else "")


def preview(file: ReceivedFile) -> dict[str, Any]:
    """The first lines as they came, numbered, their faulty cells marked; {} when the file is no text."""
    try:
        look = text.look(file.stored.path, whole=False)
    except FileNotFoundError:
        return {"gone": True}
    if look is None:
        return {}
    marks: dict[int, dict[int, str]] = defaultdict(dict)
    issues = file.issues.filter(line__gt=0, line__lte=PREVIEW_LINES, inner="").exclude(severity="info")
    for issue in issues.order_by("-severity", "pk")[:500]:
        marks[issue.line].setdefault(issue.column, issue_sentence(issue.code, issue.params))
    secrets = look.secret_columns()
    rows = []
    for number, line in enumerate(text.physical_lines(file.stored.path, look.encoding), 1):
        if number > PREVIEW_LINES:
            return {"look": look, "rows": rows, "more": True}
        cells = text._split(line[:PREVIEW_CHARS], look.separator)
        rows.append(
            {
                "number": number,
                "head": number == 1,
                "whole": marks[number].get(0, ""),
                "cells": [
                    {
                        "text": text.HIDDEN if place in secrets and number > 1 and cell else text.excerpt(cell),
                        "why": marks[number].get(place, ""),
                    }
                    for place, cell in enumerate(cells, 1)
                ],
            }
        )
    return {"look": look, "rows": rows, "more": False}


def links(file: ReceivedFile, user: Any) -> list[dict[str, str]]:
    """What the file made: its name, and its page when the reader may open it."""
    told = []
    for link in file.result:
        model = apps.get_model(link["model"])
        obj = visible_to(user, model).filter(pk=link["pk"]).first()
        told.append(
            {"label": link["label"], "kind": model._meta.verbose_name, "url": registry.object_url(obj) if obj else ""}
        )
    return told


def to_handle(user: Any) -> QuerySet[ReceivedFile]:
    """Files that wait for somebody, oldest first."""
    waiting = ReceivedFile.objects.filter(
        state__in=[State.RECEIVED, State.READ, State.PLANNED, State.QUARANTINED, State.FAILED, State.REFUSED]
    ).exclude(twin__isnull=False)
    return visible_to(user, waiting).select_related("owner", "job").order_by("pk")
