"""Who sees, sends and applies a file: a partner's file is its own, a stranger learns nothing."""

import pytest

from chappe.apps.exchange.models import FileIssue, PlannedChange, ReceivedFile, State
from chappe.apps.parties.models import Operator
from chappe.kit.access.door import visible_to
from tests.apps.exchange.conftest import IMPORTS, page
from tests.support import people

pytestmark = pytest.mark.django_db

CALLS = "id,tenant,subject,destination,start,usage\nA-1,altitel,1001,33199001234,2026-10-30T10:00:00+01:00,125\n"


@pytest.fixture
def bruno_sends(bruno):
    people.partner_role(fichiers=2, communications=2, tarifs=1)
    bruno.forget_rights()
    return bruno


def test_a_partners_file_is_its_own_whatever_the_form_says(client, chloe, bruno_sends, send):
    client.force_login(bruno_sends)
    file = send(CALLS, "calls.csv", owner=chloe.organisation_id)
    assert (file.owner, file.stored.owner, file.kind, file.state) == (
        bruno_sends.organisation,
        bruno_sends.organisation,
        "calls",
        "received",
    )
    assert "The house" not in client.get("/exchange/upload/").content.decode()


def test_a_partner_may_not_send_the_operators_of_the_house(client, bruno_sends, send, work):
    client.force_login(bruno_sends)
    file = send(IMPORTS / "operators.csv")
    assert (file.state, file.verdict["code"]) == (State.QUARANTINED, "not-yours")
    answer = client.post(f"/exchange/file/{file.pk}/kind/", {"kind": "operators"})
    assert answer.status_code == 422
    work()
    file.refresh_from_db()
    assert (file.state, Operator.objects.filter(name="Pictel").count()) == (State.QUARANTINED, 0)


def test_reading_is_not_sending(client, chloe):
    client.force_login(chloe)
    assert client.get("/exchange/upload/").status_code == 403
    assert "Send a file" not in client.get("/exchange/file/").content.decode()


def test_a_stranger_sees_nothing_of_it(client, alice, bruno, chloe, send, act):
    client.force_login(alice)
    file = act(send(IMPORTS / "operators-damaged.csv", owner=bruno.organisation_id), "apply")
    issue, change = file.issues.first(), file.changes.first()
    client.force_login(bruno)
    assert "operators-damaged.csv" in client.get("/exchange/file/?scope=all").content.decode()
    assert (
        b"".join(client.get(f"/exchange/file/{file.pk}/download/").streaming_content) == file.stored.path.read_bytes()
    )
    assert client.post(f"/exchange/file/{file.pk}/do/undo/").status_code == 403
    client.force_login(chloe)
    for model in (ReceivedFile, FileIssue, PlannedChange):
        assert visible_to(chloe, model).count() == 0
        assert visible_to(bruno, model).count() > 0
    for place in (
        f"/exchange/file/{file.pk}/", f"/exchange/file/{file.pk}/download/", f"/exchange/file/{file.pk}/live/",
        f"/exchange/file/{file.pk}/issues.csv", f"/exchange/file/{file.pk}/plan.csv", f"/exchange/file/{file.pk}/rejects.csv",
        f"/exchange/issue/{issue.pk}/", f"/exchange/change/{change.pk}/",
    ):  # fmt: skip
        assert client.get(place).status_code == 404, place
    for place in (
        "/exchange/file/?scope=all",
        "/exchange/issue/",
        f"/exchange/issue/?of=file:{file.pk}",
        "/exchange/change/",
    ):
        shown = client.get(place).content.decode()
        assert "operators-damaged" not in shown, place
        assert "pirate" not in shown
    export = b"".join(client.get("/exchange/issue/export.csv").streaming_content).decode()
    assert len(export.splitlines()) == 1
    people.partner_role(fichiers=2)
    chloe.forget_rights()
    assert client.get(f"/exchange/upload/?mends={file.pk}").status_code == 404
    assert client.post(f"/exchange/file/{file.pk}/do/undo/").status_code == 404
    file.refresh_from_db()
    assert file.state == "applied"


def test_applying_needs_the_right_of_the_domain(client, alice, send, work):
    client.force_login(alice)
    file = send(IMPORTS / "operators.csv")
    people.make_role("Agent", {"fichiers": 3})
    alice.forget_rights()
    assert "do not let you apply files of the kind “Operators”" in page(client, file)
    client.post(f"/exchange/file/{file.pk}/do/apply/")
    work()
    file.refresh_from_db()
    assert (file.state, Operator.objects.count()) == ("planned", 0)


def test_nobody_signed_in_is_sent_to_the_door(client, alice, send):
    client.force_login(alice)
    file = send(IMPORTS / "operators.csv")
    client.logout()
    for place in (
        "/exchange/file/",
        "/exchange/upload/",
        f"/exchange/file/{file.pk}/download/",
        f"/exchange/file/{file.pk}/issues.csv",
    ):
        answer = client.get(place)
        assert (answer.status_code, answer["Location"].startswith("/sign-in/")) == (302, True), place


def test_lists_and_details_open_in_both_languages(client, alice, send, act):
    client.force_login(alice)
    empty = client.get("/exchange/file/").content.decode()
    assert "No file yet. Send the first one" in empty
    file = act(send(IMPORTS / "operators-damaged.csv"), "apply")
    alice.language = "fr"
    alice.save()
    english = (
        "Received",
        "Whose turn",
        "Anomal" + "ies by",
        "Applied",
        "refused line",
        "Planned",
        "Encoding",
        "Separator",
        "Send ",
    )
    places = [
        f"/exchange/file/{file.pk}/", "/exchange/file/?scope=all", "/exchange/issue/", "/exchange/change/", "/exchange/upload/",
        f"/exchange/upload/?mends={file.pk}", f"/exchange/issue/{file.issues.first().pk}/", f"/exchange/change/{file.changes.first().pk}/",
    ]  # fmt: skip
    for place in places:
        answer = client.get(place)
        assert answer.status_code == 200, place
        shown = answer.content.decode()
        for word in english:
            assert word not in shown.replace("ReceivedFile", ""), (place, word)
    told = client.get(f"/exchange/file/{file.pk}/").content.decode()
    assert "« pirate » n’est pas l’un de" in told.replace("\u00a0", " ")


def test_the_home_page_names_the_files_to_handle(client, alice, send):
    client.force_login(alice)
    send(IMPORTS / "operators.csv")
    shown = client.get("/").content.decode()
    assert "Files to handle" in shown
    assert "Operators · Yours: look at the plan and apply it" in shown
