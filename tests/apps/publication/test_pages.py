"""Overview, files by hand, download, acts: what each says, and what a partner sees."""

import datetime as dt

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from chappe.apps.publication.forms import RecipientForm
from chappe.apps.publication.models import PublishedFile, Recipient
from chappe.kit.jobs.models import Job, JobLog
from chappe.kit.jobs.runner import run_pending
from chappe.kit.screens import registry
from tests.contracts.screens import body
from tests.support import people

from .conftest import recipient
from .reading import made

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 10, 12)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, settings, monkeypatch):
    settings.DATA = tmp_path
    monkeypatch.setenv("CHAPPE_DATA", str(tmp_path))


def test_the_overview_says_what_to_do_then_what_was_done(client, alice, net):
    client.force_login(alice)
    empty = body(client.get(registry.url("publication.home")))
    assert "Nobody receives files yet" in empty
    assert registry.url("publication.recipient", "create") in empty
    of = recipient("Altitel", "ALTI")
    assert "none yet" in body(client.get(registry.url("publication.home")))
    made("full", DAY, of)
    PublishedFile.objects.filter(flow="cpn").update(state="stopped", problem="Le dossier est plein.")
    page = body(client.get(registry.url("publication.home")))
    assert "IPE 3.1, CPN 3.1" in page
    assert "6 rows" in page
    assert "Le dossier est plein." in page


def test_files_are_made_by_hand_and_taken(client, alice, net):
    of = recipient("Altitel", "ALTI")
    client.force_login(alice)
    url = registry.url("publication.make")
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    answer = client.post(url, {"kind": "full", "flows": ["ipe"], "day": f"{tomorrow}", "recipients": [of.pk]})
    assert answer.status_code == 200
    assert "This day has not come yet" in body(answer)
    assert not Job.objects.exists()
    answer = client.post(url, {"kind": "full", "flows": ["ipe"], "day": "2026-10-12", "recipients": [of.pk]})
    assert answer["Location"] == Job.objects.get().get_absolute_url()
    run_pending()
    row = PublishedFile.objects.get(zone="zmd")
    taken = client.get(registry.url("publication.take", pk=row.pk))
    content = b"".join(taken.streaming_content)
    assert (len(content), taken["ETag"]) == (row.size, f'"{row.sha256}"')
    assert row.name in taken["Content-Disposition"]


def test_a_partner_has_its_own_files_and_nothing_else(client, bruno, chloe, net):
    of = recipient("Altitel", "ALTI")
    assert of.operator_id == bruno.organisation_id
    [row] = made("delta", DAY, of, flows=["cpn"]).files
    take = registry.url("publication.take", pk=row.pk)
    client.force_login(bruno)
    assert client.get(registry.url("publication.home"))["Location"] == registry.url("publication.file")
    assert row.name in body(client.get(registry.url("publication.file")))
    page = body(client.get(registry.object_url(row)))
    assert row.sha256 in page
    assert "Make again" not in page
    assert "Hand over now" not in page
    assert body(client.get(take)).startswith("ReferencePM;")
    assert client.get(registry.url("publication.make")).status_code == 403
    bruno.roles.set([people.partner_role(publication=3)])
    bruno.forget_rights()
    again = registry.url("publication.file", "action", pk=row.pk, name="again")
    assert client.post(again, {"reason": "pour voir"}).status_code == 403
    assert not Job.objects.exists()
    client.force_login(chloe)
    assert client.get(take).status_code == 404
    assert row.name not in body(client.get(registry.url("publication.file")))


def test_made_again_is_asked_on_the_page_of_the_file(client, alice, net):
    of = recipient("Altitel", "ALTI")
    [row] = made("delta", DAY, of, flows=["cpn"]).files
    client.force_login(alice)
    url = registry.url("publication.file", "action", pk=row.pk, name="again")
    assert "Reason" in body(client.get(url))
    assert client.post(url, {"reason": ""}).status_code == 422
    assert not Job.objects.exists()
    client.post(url, {"reason": "perdu"})
    run_pending()
    job = Job.objects.get()
    archive = f"{registry.url('publication.file')}?kind=delta&day_from=2026-10-12&day_to=2026-10-12"
    assert job.result == {"made": 0, "same": 1, "standing": 0, "failed": 0, "url": archive}
    assert [line.message for line in JobLog.objects.filter(job=job)] == [
        "1 file has the same bytes as before: nothing was added to the archive."
    ]
    assert row.name in body(client.get(archive))
    Recipient.objects.update(active=False)
    assert client.get(url).status_code == 302


def test_a_hand_over_that_fails_is_told_as_a_failure_and_done_when_the_way_is_free(client, alice, net, tmp_path):
    of = recipient("Altitel", "ALTI")
    [row] = made("delta", DAY, of, flows=["cpn"]).files
    (tmp_path / "exchange").mkdir()
    (tmp_path / "exchange" / "ALTI").write_text("in the way")
    client.force_login(alice)
    url = registry.url("publication.file", "action", pk=row.pk, name="hand-over")
    [told] = get_messages(client.post(url).wsgi_request)
    assert told.level_tag == "error"
    assert "a file stands in its place" in str(told)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("failed", 1)
    assert "1 in trouble" in body(client.get(registry.url("publication.home")))
    (tmp_path / "exchange" / "ALTI").unlink()
    client.post(url)
    row.refresh_from_db()
    assert (row.state, row.problem) == ("handed", "")
    assert (tmp_path / "exchange" / "ALTI" / row.name).stat().st_size == row.size


def test_what_stands_already_is_said_and_the_form_of_a_recipient_is_in_parts(client, alice, net):
    of = recipient("Altitel", "ALTI")
    made("full", DAY, of)
    client.force_login(alice)
    client.post(
        registry.url("publication.make"), {"kind": "full", "flows": ["cpn"], "day": f"{DAY}", "recipients": [of.pk]}
    )
    run_pending()
    [line] = JobLog.objects.all()
    assert line.message.startswith("1 file stood in the archive already")
    page = body(client.get(registry.url("publication.recipient", "update", pk=of.pk)))
    assert page.count("<legend>") == 4
    assert all(f'name="{name}"' in page for name in RecipientForm.Meta.fields)


def test_whoever_may_only_read_is_offered_no_files_to_make(client, alice, net):
    client.force_login(alice)
    make = f'href="{registry.url("publication.make")}"'
    assert make in body(client.get(registry.url("publication.file")))
    alice.is_superuser = False
    alice.save()
    alice.roles.set([people.partner_role(publication=1)])
    assert alice.organisation_id is None
    assert make not in body(client.get(registry.url("publication.file")))
