"""The pages of tariffs as people use them: load with a preview, compare, search a number, explain, export."""

import io
import zipfile

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from chappe.apps.tariffs import previewing, services
from chappe.apps.tariffs.models import TariffPlan, TariffRow, TariffVersion
from chappe.kit.jobs.models import Job

from .conftest import FIRST, SECOND, loaded, zipped

pytestmark = pytest.mark.django_db


def page(client, user, address, data=None, status=200):
    client.force_login(user)
    answer = client.get(address, data or {})
    assert answer.status_code == status
    return answer.content.decode()


def sent(client, user, content, name="prix.csv", **fields):
    """Send a file to the load page; the answer, after the redirection to the preview."""
    client.force_login(user)
    data = content if isinstance(content, bytes) else content.encode()
    return client.post("/tariffs/load/", {"file": SimpleUploadedFile(name, data), **fields}, follow=True)


def kept(client, answer):
    """Press “Keep this version” on a preview."""
    token = answer.context["token"]
    return client.post("/tariffs/load/preview/", {"draft": token}, follow=True)


def test_a_file_is_shown_before_it_is_kept_and_then_kept(client, alice, bruno):
    seen = sent(client, alice, FIRST, code="DETAIL", name_="", owner=bruno.organisation.pk)
    assert seen.templates[0].name == "tariffs/preview.html"
    assert TariffPlan.objects.count() == 0  # nothing is kept yet
    assert seen.context["found"].figures["prices"] == 6
    done = kept(client, seen)
    version = TariffVersion.objects.get()
    assert (version.plan.code, version.plan.owner, version.number) == ("DETAIL", bruno.organisation, 1)
    assert version.state == "checked"
    assert f"/tariffs/version/{version.pk}/" in done.redirect_chain[-1][0]


def test_the_preview_says_what_would_change_against_the_version_in_force(client, alice, actor, plan, version):
    services.activate(actor=actor, version=version, at=timezone.now())
    seen = sent(client, alice, SECOND, plan=plan.pk)
    found = seen.context["found"]
    assert found.previous == version
    assert (found.summary.added, found.summary.removed, found.summary.changed) == (1, 1, 1)
    text = seen.content.decode()
    assert "€0.024/min by 60\xa0s, then by 1\xa0s" in text
    assert "€0.03/min by 60\xa0s, then by 1\xa0s" in text
    assert "+25%" in text
    assert plan.versions.count() == 1


def test_the_same_content_again_is_offered_as_the_version_it_is(client, alice, plan, version):
    seen = sent(client, alice, FIRST, plan=plan.pk)
    assert seen.context["found"].known == version
    assert "Keep this version" not in seen.content.decode()
    kept(client, seen)
    assert (plan.versions.count(), TariffRow.objects.count()) == (1, version.rows.count())


def test_a_workbook_is_a_price_list_too(client, alice, plan):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(FIRST.splitlines()):
            sheet.write_row(number, 0, line.split(";"))
    seen = sent(client, alice, content.getvalue(), name="prix.xlsx", plan=plan.pk)
    assert seen.context["found"].format == "price-list"
    kept(client, seen)
    assert plan.versions.get().rows.filter(destination="Allemagne", prefix="49", price="0.05").count() == 1


def test_errors_are_sentences_with_their_place_and_the_version_is_kept_as_faulty(client, alice, plan):
    seen = sent(client, alice, FIRST.replace("0,024", "cher"), plan=plan.pk)
    text = seen.content.decode()
    assert "prix.csv:2:7" in text and "cher" in text
    assert "Keep it as faulty" in text
    kept(client, seen)
    version = plan.versions.get()
    assert (version.state, version.errors) == ("faulty", 1)
    fault = version.faults.get(severity="error")
    assert (fault.file, fault.line, fault.column) == ("prix.csv", 2, 7)


def test_a_file_without_any_price_cannot_be_kept(client, alice, plan):
    seen = sent(client, alice, "bonjour\n", plan=plan.pk)
    assert "No price can be read in this file" in seen.content.decode()
    again = kept(client, seen)
    assert again.status_code == 422
    assert plan.versions.count() == 0


def test_a_new_plan_whose_file_fails_is_not_left_behind(client, alice):
    kept(client, sent(client, alice, "bonjour\n", code="VIDE"))
    assert not TariffPlan.objects.exists()


@pytest.mark.parametrize(
    ("fields", "where"), [({}, "code"), ({"code": "DETAIL"}, "code"), ({"code": "X", "form": "nothing"}, "form")]
)
def test_what_is_missing_is_said_beside_the_field(client, alice, plan, fields, where):
    answer = sent(client, alice, FIRST, **fields)
    assert answer.status_code == 422
    assert answer.context["form"].errors[where]
    assert TariffVersion.objects.count() == 0


def test_a_picture_is_no_tariff(client, alice, plan):
    answer = sent(client, alice, b"\x89PNG", name="photo.png", plan=plan.pk)
    assert "zip, CSV or XLSX" in answer.context["form"].errors["file"][0]


def test_a_large_file_is_kept_by_a_job(client, alice, plan, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(previewing, "LARGE", 10)
    kept(client, sent(client, alice, FIRST, plan=plan.pk))
    job = Job.objects.get(name="tariffs.load")
    assert plan.versions.count() == 0

    class Context:
        actor = services.Actor(user=alice, via="job")
        told: dict = {}

        def progress(self, *_):
            pass

        def result(self, **values):
            self.told.update(values)

    from chappe.apps.tariffs.jobs import load

    load(Context(), **job.params)
    load(Context(), **job.params)  # a job may run twice
    assert plan.versions.get().pk == Context.told["version"]


def test_a_preview_serves_its_author_only(client, alice, admin, plan):
    seen = sent(client, alice, FIRST, plan=plan.pk)
    client.force_login(admin)
    assert client.get("/tariffs/load/preview/", {"draft": seen.context["token"]}).status_code == 403
    assert client.get("/tariffs/load/preview/", {"draft": "forged"}).status_code == 302


def test_a_reader_loads_nothing(client, bruno, plan):
    client.force_login(bruno)
    assert client.get("/tariffs/load/").status_code == 403
    assert client.post("/tariffs/load/", {"plan": plan.pk}).status_code == 403


def test_compare_shows_what_moved_the_largest_first(client, bruno, version, second):
    text = page(client, bruno, "/tariffs/compare/", {"a": version.pk, "b": second.pk})
    assert "+25%" in text and "Espagne" in text and "Allemagne" in text
    only = page(client, bruno, "/tariffs/compare/", {"a": version.pk, "b": second.pk, "kind": "added"})
    assert "Espagne" in only and "Allemagne" not in only
    strong = page(client, bruno, "/tariffs/compare/", {"a": version.pk, "b": second.pk, "kind": "changed", "least": 26})
    assert "No change passes these filters" in strong
    prefix = page(client, bruno, "/tariffs/compare/", {"a": version.pk, "b": second.pk, "q": "34"})
    assert "Espagne" in prefix and "Allemagne" not in prefix


def test_compare_says_so_when_nothing_moved(client, bruno, version):
    assert "same price to every call" in page(client, bruno, "/tariffs/compare/", {"a": version.pk, "b": version.pk})


def test_the_exported_comparison_runs_no_formula(client, bruno, actor, plan, version):
    evil = loaded(actor, plan, FIRST.replace("Allemagne", "=cmd|x"))
    client.force_login(bruno)
    answer = client.get("/tariffs/compare/", {"a": version.pk, "b": evil.pk, "export": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("What;Change;Plan;Destination;Prefix")
    assert not any(";=" in line or line.startswith("=") for line in lines)
    assert evil.rows.filter(destination="=cmd|x").exists()


def test_a_number_meets_its_longest_prefix_first(client, bruno, version):
    client.force_login(bruno)
    answer = client.get("/tariffs/search/", {"q": "+33 6 12 34 56 78", "version": version.pk})
    found = answer.context["answers"][0].found
    assert [(one.prefix, one.destination, one.taken) for one in found] == [
        ("336", "France mobile", True),
        ("33", "France", False),
    ]
    assert sum(price.now for price in found[0].prices) == 1
    assert answer.context["answers"][0].week is not None


def test_germany_o2_beats_germany(client, alice, seed):
    client.force_login(alice)
    answer = client.get("/tariffs/search/", {"q": "4917612345", "version": seed.pk})
    first = answer.context["answers"][0].found
    assert [(one.prefix, one.destination, one.taken) for one in first] == [
        ("49176", "GERMANY_O2", True),
        ("49", "GERMANY", False),
    ]


def test_an_unknown_number_says_what_was_searched(client, bruno, version):
    text = page(client, bruno, "/tariffs/search/", {"q": "9999", "version": version.pk})
    assert "No prefix for this number" in text and "DETAIL v1" in text


def test_the_search_page_offers_numbers_that_the_plan_knows(client, bruno, version):
    assert "q=336" in page(client, bruno, "/tariffs/search/", {"version": version.pk})


EXPLAINED = {"tenant": "*any", "subject": "*any", "category": "call", "destination": "33112345678", "usage": "125"}


@pytest.mark.parametrize(("language", "words"), [("fr", "Appel de"), ("en", "Call of")])
def test_a_price_is_explained_in_the_readers_language(client, bruno, version, settings, language, words):
    bruno.language = language
    bruno.save(update_fields=["language"])
    settings.LANGUAGE_CODE = language
    client.force_login(bruno)
    asked = {**EXPLAINED, "version": version.pk, "start": "2026-10-30T12:00:00"}
    answer = client.get("/tariffs/explain/", asked, headers={"accept-language": language})
    text = answer.content.decode()
    assert words in text and "prix.csv" in text
    # 60 s, then 65 s by the second, at 0.024 a minute
    assert answer.context["explanation"].total == 50_000_000
    assert ("0,05" if language == "fr" else "€0.05") in text


def test_the_explanation_is_also_for_programs(client, bruno, version):
    client.force_login(bruno)
    asked = {**EXPLAINED, "version": version.pk, "start": "2026-10-30T12:00:00", "format": "json"}
    told = client.get("/tariffs/explain/", asked).json()
    assert (told["status"], told["total"], told["matched_prefix"]) == ("RATED", "0.05", "33")


@pytest.mark.parametrize(
    ("field", "value"),
    [("start", "yesterday"), ("usage", "-1"), ("usage", "1:2:3:4"), ("version", "0"), ("subject", "")],
)
def test_what_cannot_be_read_is_said_beside_its_field(client, bruno, version, field, value):
    client.force_login(bruno)
    asked = {**EXPLAINED, "version": version.pk, "start": "2026-10-30T12:00:00", field: value}
    answer = client.get("/tariffs/explain/", asked)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


def test_minutes_may_be_written_with_colons(client, bruno, version):
    client.force_login(bruno)
    asked = {**EXPLAINED, "version": version.pk, "start": "2026-10-30T12:00:00", "usage": "0:02:05"}
    assert client.get("/tariffs/explain/", asked).context["explanation"].usage == 125_000_000


def test_the_form_begins_with_a_call_that_the_plan_can_price(client, bruno, version):
    client.force_login(bruno)
    initial = client.get("/tariffs/explain/", {"version": version.pk}).context["form"].initial
    asked = {
        name: initial[name] for name in ("version", "tenant", "subject", "category", "destination", "start", "usage")
    }
    assert client.get("/tariffs/explain/", asked).context["explanation"].status.name == "RATED"


def test_the_week_of_a_destination_is_drawn(client, bruno, version):
    client.force_login(bruno)
    answer = client.get("/tariffs/inside/", {"version": version.pk, "towards": "33612345678"})
    week = answer.context["week"]
    assert week.destination == "France mobile" and not week.holes
    assert len({stretch.entry.timing for day in week.days for stretch in day.stretches}) > 1
    assert all(sum(stretch.width for stretch in day.stretches) == 86_400 for day in week.days)


def test_tables_kept_aside_are_shown(client, alice, seed):
    text = page(client, alice, "/tariffs/inside/", {"version": seed.pk})
    assert "ActionTriggers" in text and "AccountActions" in text


def test_the_seeds_faults_are_named_on_its_page(client, alice, seed):
    text = page(client, alice, f"/tariffs/version/{seed.pk}/")
    assert "tariff-dangling" in text and "WEEKLY_SAME_TIME" in text
    assert "ActionTimings.csv:2:3" in text


def exported(client, user, version, name):
    client.force_login(user)
    return client.post(f"/tariffs/version/{version.pk}/do/{name}/")


def test_an_exported_price_list_loads_as_the_same_prices(client, bruno, actor, version, plan):
    answer = exported(client, bruno, version, "export-list")
    content = answer.content
    name = "tarif.csv"
    if answer["Content-Type"] == "application/zip":
        name = "tarif.zip"
    again = loaded(actor, plan, content, name)
    prices = ("destination", "prefix", "timing", "price", "connect_fee", "unit", "increment", "start")
    assert set(again.rows.values_list(*prices)) == set(version.rows.values_list(*prices))


def test_tables_are_exported_with_what_they_cannot_say(client, bruno, version):
    answer = exported(client, bruno, version, "export-v091")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {"Rates.csv", "RatingPlans.csv", "RatingProfiles.csv"} <= set(archive.namelist())


@pytest.mark.parametrize("folder", ["end-2012", "v0.9.1"])
def test_every_example_loads_and_shows(client, alice, actor, folder):
    plan = services.create_plan(actor=actor, data={"code": folder, "owner": None})
    version = loaded(actor, plan, zipped(folder), f"{folder}.zip")
    assert version.errors == 0
    for address in (f"/tariffs/version/{version.pk}/", f"/tariffs/plan/{plan.pk}/", "/tariffs/row/", "/tariffs/plan/"):
        page(client, alice, address)
