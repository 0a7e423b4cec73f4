"""Packaged reports with exact figures, pages, files, versions and their way back, schedules and their mails."""

import csv
import datetime as dt
import io
import zipfile

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone, translation

from chappe.apps.reports import builtins, scheduling, services
from chappe.apps.reports.forms import columns_as_text, columns_from_text
from chappe.apps.reports.models import Report, ReportRun, ReportSchedule
from chappe.kit.access.actor import Actor
from chappe.kit.audit.models import AuditEntry
from chappe.kit.jobs.runner import run_pending
from chappe.kit.mail.models import Message
from tests.apps.reports.conftest import OCTOBER, calls, invoice, run
from tests.support import people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _installed(db):
    builtins.install()


def told(slug, user, values=OCTOBER):
    report = Report.objects.get(slug=slug)
    return run(report.sql, user, values=values, months=report.months).rows.to_pylist()


@pytest.mark.parametrize("slug", sorted(builtins.packaged()))
def test_every_packaged_report_runs_and_says_its_columns(house, slug):
    report = Report.objects.get(slug=slug)
    result = run(report.sql, house.alice, months=report.months)
    columns = builtins.packaged()[slug]["columns"]  # PostgreSQL keeps the keys of JSON in an order of its own
    assert list(result.rows.schema.names) == list(columns), "a format for each column, in their order"
    assert report.columns == columns
    assert report.title_en
    assert report.description_en


def test_the_three_reports_of_invoices(house):
    invoice(house.perret, "F2026-000001", 120, subscriptions=100 * 10**9, communications=20 * 10**9, calls=2)
    invoice(house.perret, "A2026-000001", 20, kind="381", communications=20 * 10**9)
    invoice(house.perret, "F2026-000000", 90, month="2026-09-01")
    last = told("facturation-mois-dernier", house.alice)
    assert [(row["invoice"], str(row["net"]), str(row["gross"])) for row in last] == [
        ("A2026-000001", "-20.000000000", "-24.000000000"), ("F2026-000001", "120.000000000", "144.000000000"),
    ]  # fmt: skip
    table = {row["customer"]: row for row in told("tableau-des-factures", house.alice)}
    assert (table["Perret"]["net"], table["Perret"]["communications"], table["Perret"]["remark"]) == (
        100,
        0,
        "sans communication",
    )
    assert table["Secret"]["remark"] == "sans facture"
    (year,) = told("synthese-12-mois", house.alice)
    assert (str(year["m00"]), str(year["m01"]), year["m02"], str(year["total"])) == (
        "100.000000000", "90.000000000", None, "190.000000000",
    )  # fmt: skip
    assert told("synthese-12-mois", house.bruno) == []


def test_cumulative_reports_add_up(house):
    by_customer = told("cumul-par-client", house.alice)
    assert [(row["customer"], row["calls"], row["seconds"], str(row["amount"])) for row in by_customer] == [
        ("Secret", 5, 300, "1.500000000"), ("Vautrin", 3, 180, "0.600000000"), ("Perret", 2, 120, "0.200000000"),
    ]  # fmt: skip
    (margin,) = told("marge-par-client", house.bruno)
    assert (str(margin["margin"]), margin["rate"]) == ("0.300000000", 0.5)
    calls(None, None, None, 4)
    (orphan,) = told("appels-sans-client", house.alice)
    assert (orphan["ext"], orphan["calls"]) == ("999", 4)


# -- pages and files -----------------------------------------------------------------------------------------------
def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.content.decode()


def test_the_page_shows_formats_and_totals_to_each_its_own(client, house):
    client.force_login(house.bruno)
    shown = page(client, "/reports/show/cumul-par-client/?month=2026-10")
    assert "Vautrin" in shown
    assert "Secret" not in shown
    assert "€0.60" in shown
    assert "3\u00a0min 00\u00a0s" in shown
    client.force_login(house.alice)
    shown = page(client, "/reports/show/cumul-par-client/?month=2026-10")
    assert "€2.30" in shown, "the total"
    assert "Table of invoices" in page(client, "/reports/")
    with translation.override("fr"):
        assert Report.objects.get(slug="tableau-des-factures").shown_title == "Tableau des factures"


def test_a_customer_of_another_is_no_parameter(client, house):
    client.force_login(house.bruno)
    shown = page(client, f"/reports/show/communications/?month=2026-10&customer={house.secret.pk}", 422)
    assert "Secret" not in shown
    page(client, "/reports/show/communications/?month=pas-un-mois", 422)
    page(client, "/reports/show/inconnu/", 404)


def test_files_hold_the_same_rows(client, house):
    client.force_login(house.alice)
    where = "/reports/show/cumul-par-client/export.{}?month=2026-10"
    answer = client.get(where.format("csv"))
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert lines[0] == ["Customer no.", "Customer", "Calls", "Duration", "Average", "Amount"]
    assert lines[1][1:] == ["Secret", "5", "300", "60", "1.5"]
    answer = client.get(where.format("xlsx"))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<v>1.5</v>" in sheet
        assert "<v>2.3</v>" in sheet, "the total"
    answer = client.get(where.format("pdf"))
    assert answer.content.startswith(b"%PDF-1.")
    assert answer["Content-Disposition"] == 'attachment; filename="cumul-par-client-2026-10.pdf"'
    assert AuditEntry.objects.filter(verb="report.exported").count() == 3
    assert client.get(where.format("exe")).status_code == 404


# -- writing -------------------------------------------------------------------------------------------------------
FORM = {"title": "Clients de Dole", "section": "customers", "months": "1", "position": "5", "sql": "SELECT name FROM customers ORDER BY 1",
        "columns_text": "name | Nom | text", "is_landscape": "on"}  # fmt: skip


def test_an_administrator_writes_tries_keeps_and_takes_back(client, house):
    client.force_login(house.alice)
    shown = client.post("/reports/new/", FORM | {"try": "1"}).content.decode()
    assert "Perret" in shown
    assert not Report.objects.filter(title="Clients de Dole").exists(), "a trial keeps nothing"
    assert client.post("/reports/new/", FORM).status_code == 302
    report = Report.objects.get(slug="clients-de-dole")
    where = f"/reports/edit/{report.slug}/"
    changed = FORM | {
        "sql": "SELECT name FROM customers WHERE city = 'Dole'",
        "menu_title": "Dole",
        "note": "Dole seule",
    }
    assert client.post(where, changed).status_code == 302
    report.refresh_from_db()
    assert (report.version, report.shown_menu) == (2, "Dole")
    bad = client.post(where, FORM | {"sql": "DROP TABLE x"})
    assert bad.status_code == 422
    assert "A report only reads" in bad.content.decode()
    report.refresh_from_db()
    assert report.version == 2, "a refusal changes nothing"
    first = report.versions.get(number=1)
    assert client.post(f"/reports/version/{first.pk}/do/take-back/").status_code == 302
    report.refresh_from_db()
    assert (report.version, report.sql, report.menu_title) == (3, "SELECT name FROM customers ORDER BY 1", "")
    assert [version.note for version in report.versions.all()] == ["Version 1 taken back", "Dole seule", ""]


def test_only_administrators_of_the_house_write(client, house):
    report = Report.objects.get(slug="tableau-des-factures")
    house.bruno.roles.set([people.partner_role(rapports=3)])
    house.bruno.forget_rights()
    clerk = people.UserFactory(username="clerk")
    clerk.roles.set([people.make_role("Clerk", {"rapports": 2})])
    for who in (house.bruno, clerk):
        client.force_login(who)
        assert client.get("/reports/edit/tableau-des-factures/").status_code == 403
        assert client.post("/reports/new/", FORM).status_code == 403
        with pytest.raises(PermissionDenied):
            services.update_report(actor=Actor(who), report=report, data={"sql": "SELECT 1"})
        with pytest.raises(PermissionDenied):
            services.create_report(actor=Actor(who), data={"title": "x", "sql": "SELECT 1"})
    report.refresh_from_db()
    assert report.version == 1


def test_a_packaged_report_follows_its_package_until_it_is_edited(house):
    actor, slug = Actor(house.alice), "clients-a-corriger"
    assert builtins.install() == 0
    report = Report.objects.get(slug=slug)
    original = report.sql
    Report.objects.filter(pk=report.pk).update(packed="", sql=original)  # an older package
    assert builtins.install() == 0, "edited, as far as anybody knows: left alone"
    Report.objects.filter(pk=report.pk).update(packed=builtins.fingerprint(builtins.content_of(report)))
    report = services.update_report(
        actor=actor, report=report, data={"sql": "SELECT number AS customer_number FROM customers"}
    )
    assert builtins.install() == 0
    report = services.reset_report(actor=actor, report=report)
    assert report.sql == original
    with pytest.raises(ValidationError, match="comes with Chappe"):
        services.delete_report(actor=actor, object=report)
    assert services.set_active(actor=actor, objects=[report], active=False) == 1


def test_columns_are_lines_of_text_there_and_back():
    said = {
        "net": {"label": "Total HT", "kind": "money", "decimals": 2, "total": True, "label_en": "Net", "width": 12},
        "name": {},
    }
    text = columns_as_text(said)
    assert text == "net | Total HT | money | 2 | total\nname"
    assert columns_from_text(text, said) == said
    assert columns_from_text("net | Montant", said)["net"] == {"label": "Montant", "width": 12}
    for wrong in ("net | x | euros", "net | x | money | deux"):
        with pytest.raises(ValidationError):
            columns_from_text(wrong, {})


# -- schedules -----------------------------------------------------------------------------------------------------
def schedule(user, **more):
    data = {"report": Report.objects.get(slug="cumul-par-client"), "recipients": "dir@perret.example, compta@perret.example", "format": "xlsx",
            "cadence": "monthly", "day": 2, "hour": 7} | more  # fmt: skip
    return services.create_schedule(actor=Actor(user), data=data)


@pytest.mark.parametrize(
    ("more", "due"),
    [
        ({}, "2026-12-02T07:00"),
        ({"day": 28}, "2026-11-28T07:00"),
        ({"cadence": "daily", "hour": 6}, "2026-11-11T06:00"),
        ({"cadence": "weekly", "weekday": 2, "hour": 12}, "2026-11-11T12:00"),
        ({"cadence": "weekly", "weekday": 1, "hour": 9}, "2026-11-17T09:00"),
    ],
)
def test_when_it_is_due_by_the_clock_of_the_house(alice, more, due):
    with time_machine.travel(dt.datetime(2026, 11, 10, 9, tzinfo=dt.UTC), tick=False):  # a Tuesday, ten in Paris
        row = schedule(alice, **more)
        assert timezone.localtime(row.next_due).isoformat()[:16] == due


def test_a_due_report_is_mailed_once_with_the_rights_of_who_asked(house):
    with time_machine.travel(dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC), tick=False):
        row = schedule(house.bruno)
    assert row.owner == house.bruno.organisation
    with time_machine.travel(dt.datetime(2026, 11, 2, 6, 30, tzinfo=dt.UTC), tick=True):
        assert scheduling.enqueue_due() == 1
        assert scheduling.enqueue_due() == 0
        run_pending(limit=5)
        assert scheduling.deliver(ReportSchedule.objects.get(), dt.datetime(2026, 11, 2, 6, tzinfo=dt.UTC)) is None, (
            "already done"
        )
    (message,) = Message.objects.all()
    assert message.to == ["dir@perret.example", "compta@perret.example"]
    assert message.subject == "By customer – October 2026"
    assert message.owner == house.bruno.organisation
    kept = ReportRun.objects.get()
    assert (kept.state, kept.rows, kept.file.name, kept.message) == (
        "done",
        1,
        "cumul-par-client-2026-10.xlsx",
        message,
    )
    with zipfile.ZipFile(kept.file.path) as book:
        words = "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    assert "Vautrin" in words
    assert "Secret" not in words
    row.refresh_from_db()
    assert (row.last_state, timezone.localtime(row.next_due).date()) == ("sent", dt.date(2026, 12, 2))


def test_whoever_lost_the_right_mails_nothing_and_it_is_told(house):
    row = schedule(house.bruno)
    house.bruno.roles.set([people.partner_role(rapports=0)])
    house.bruno.forget_rights()
    run = scheduling.deliver(ReportSchedule.objects.get(), timezone.now())
    assert run.state == "failed"
    assert run.problem == "Bruno Petit may no longer run reports: somebody else must take this schedule over."
    assert not Message.objects.exists()
    row.refresh_from_db()
    assert row.last_state == "failed"


def test_nothing_is_mailed_without_rows_when_asked_so(house):
    schedule(house.alice, only_if_rows=True, report=Report.objects.get(slug="communications-non-valorisees"))
    run = scheduling.deliver(ReportSchedule.objects.get(), dt.datetime(2026, 11, 2, 6, tzinfo=dt.UTC))
    assert (run.state, run.rows, run.message) == ("done", 0, None)
    assert not Message.objects.exists()


def test_a_schedule_says_what_is_wrong(house):
    with pytest.raises(ValidationError, match="is not an e-mail address"):
        schedule(house.alice, recipients="pas une adresse")
    with pytest.raises(ValidationError, match="one address at least"):
        schedule(house.alice, recipients=" ")
    with pytest.raises(ValidationError, match="not yours to use"):
        schedule(house.bruno, customer=house.secret)
    assert ReportSchedule.objects.count() == 0
