"""The packaged reports: one ``.toml`` (titles, columns, parameters) beside one ``.sql`` of the same name, in ``builtin/``."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

CONTENT = (
    "title", "title_en", "menu_title", "section", "description", "description_en", "sql", "columns", "parameters", "months",
    "is_landscape", "position",
)  # fmt: skip


@cache
def packaged() -> Mapping[str, Mapping[str, Any]]:
    """slug → content, as packaged."""
    folder = files(__package__).joinpath("builtin")
    found = {}
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.name.endswith(".toml"):
            slug = path.name.removesuffix(".toml")
            said = tomllib.loads(path.read_text("utf-8"))
            said["sql"] = folder.joinpath(f"{slug}.sql").read_text("utf-8").strip()
            found[slug] = {"menu_title": "", "parameters": [], "columns": {}, "months": 1, "is_landscape": True, **said}
    return found


def fingerprint(content: Mapping[str, Any]) -> str:
    """Of what a report says, whatever its order."""
    kept = {name: content.get(name) for name in CONTENT}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def content_of(report: Any) -> dict[str, Any]:
    """What a report says now."""
    return {name: getattr(report, name) for name in CONTENT}


def install() -> int:
    """Add the packaged reports that are not there; bring those that nobody has edited to their new package. How many changed."""
    from chappe.apps.reports.models import Report, ReportVersion

    changed = 0
    known = {report.slug: report for report in Report.objects.filter(slug__in=packaged())}
    for slug, content in packaged().items():
        digest, report = fingerprint(content), known.get(slug)
        if report is not None and (report.packed == digest or fingerprint(content_of(report)) != report.packed):
            continue
        if report is None:
            report = Report(slug=slug, version=0)
        for name, value in content.items():
            setattr(report, name, value)
        report.packed, report.version = digest, report.version + 1
        report.save()
        ReportVersion.objects.create(report=report, number=report.version, content=dict(content), made_by="Chappe")
        changed += 1
    return changed
