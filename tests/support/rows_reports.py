"""Rows of the reports app for the contract tests."""

from typing import Any
from uuid import uuid4

from chappe.apps.reports.models import Report, ReportRun, ReportSchedule, ReportVersion
from tests.support import people


def report(_owner: Any, mark: str) -> Report:
    return Report.objects.create(slug=f"r-{mark}", title=mark, sql="SELECT name FROM customers ORDER BY name")


def version(owner: Any, mark: str) -> ReportVersion:
    return ReportVersion.objects.create(report=report(owner, mark), number=1, content={"sql": "SELECT 1"}, note=mark)


def schedule(owner: Any, mark: str) -> ReportSchedule:
    return ReportSchedule.objects.create(
        owner=owner, report=report(None, uuid4().hex[:8]), recipients=f"{mark}@chappe.example", runs_as=people.UserFactory(organisation=owner)
    )  # fmt: skip


def run(owner: Any, mark: str) -> ReportRun:
    return ReportRun.objects.create(owner=owner, report=report(None, uuid4().hex[:8]), version=1, asked_by=mark)


FACTORIES = {Report: report, ReportRun: run, ReportSchedule: schedule, ReportVersion: version}
