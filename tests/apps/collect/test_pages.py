"""The pages as a person uses them: sources, live stream, raw lines, sending a file, trying and learning a profile, mending."""

import datetime as dt
import json

import pytest
from django.utils import translation

from chappe.apps.collect import decoding, intake, live, profiles
from chappe.apps.collect.models import Chunk, Source, TicketIssue, TicketProfile
from chappe.connectors.pbx.simulators import tickets
from chappe.connectors.pbx.simulators.calls import calls as simulated
from chappe.core.tickets.contract import Decoded
from chappe.kit.audit.services import history
from chappe.kit.screens import registry
from tests.apps.collect.conftest import NOON, calls, equation, put, read, take, ticket
from tests.apps.collect.test_files import asterisk
from tests.support import people
from tests.support.rows_collect import source as make_source


@pytest.fixture
def signed(client, alice):
    client.force_login(alice)
    return client


def body(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def events(answer) -> list[dict]:
    """The tickets of a stream, read to its end."""
    text = b"".join(answer.streaming_content).decode()
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "data" in lines:
            found.append(json.loads(lines["data"]) | {"id": lines["id"]})
    return found


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(live, "SECONDS", 0.0)


def test_a_source_is_made_and_its_page_says_what_to_set_up(signed):
    fields = {
        "name": "Siège", "way": "listen", "profile": "avaya-ip-office", "port": "1080", "outside_prefix": "0", "pays": "first",
        "opens_at": "08:00", "closes_at": "19:00", "open_days": "12345", "silence_minutes": "60", "active": "on",
    }  # fmt: skip
    answer = signed.post("/collect/source/new/", fields)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    source = Source.objects.get()
    page = body(signed.get(answer["Location"]))
    assert "TCP port: 1080" in page and "Open the TCP port 1080" in page
    assert "Never heard" in page and "taken off outgoing numbers" in page
    listed = body(signed.get("/collect/source/"))
    assert "Siège" in listed and "Avaya IP Office" in listed
    assert source.slug == "siege"


def test_a_password_is_kept_when_the_form_leaves_it_empty_and_is_never_shown(signed):
    source = make_source(
        None,
        "pana",
        profile="panasonic",
        way="connect",
        host="192.0.2.3",
        port=2300,
        login="SMDR",
        password="s3cr3t-zq",
    )
    address = f"/collect/source/{source.pk}/edit/"
    assert "s3cr3t-zq" not in body(signed.get(address))
    form = signed.get(address).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    data |= {"name": "Panasonic", "opens_at": "08:00", "closes_at": "19:00", "password": "", "private_key": ""}
    answer = signed.post(address, data)
    assert answer.status_code == 302, answer.content.decode()[-2500:]
    source.refresh_from_db()
    assert (source.name, source.password) == ("Panasonic", "s3cr3t-zq")
    assert "s3cr3t-zq" not in body(signed.get(f"/collect/source/{source.pk}/"))


def test_the_stream_gives_what_comes_after_what_was_seen(signed, source):
    put(source, ticket(), ticket(call="2", ext="202"), b"rubbish")
    told = events(signed.get(f"/collect/live/stream/?after={source.pk}:1"))
    assert [event["number"] for event in told] == [2, 3]
    assert (told[0]["way"], told[0]["caller"], told[0]["called"], told[0]["tone"]) == (
        "Outgoing",
        "202",
        "00612345678",
        "ok",
    )
    assert told[0]["talk"] == "2\xa0min 31\xa0s" and told[0]["source"] == "Siège"
    assert told[1]["tone"] == "bad" and "1 fields instead of at least 17" in told[1]["issues"][0]["sentence"]
    assert told[1]["id"] == f"{source.pk}:3"
    again = signed.get("/collect/live/stream/?after=", headers={"Last-Event-ID": f"{source.pk}:2"})
    assert [event["number"] for event in events(again)] == [3]


PAGE_OF_CALLS = {
    "value": [
        {"callId": "1", "userPrincipalName": "alice@x.example", "startDateTime": "2024-03-11T08:00:00Z", "duration": 60, "callType": "user_out",
         "calleeNumber": "+33612345678", "callerNumber": "+33145678901"},
        {"callId": "2", "userPrincipalName": "bruno@x.example", "startDateTime": "2024-03-11T08:01:00Z", "duration": 0, "callType": "user_in",
         "calleeNumber": "+33145678902"},
    ]
}  # fmt: skip


def test_every_call_of_a_ticket_has_its_row_on_the_live_page(signed, db):
    source = make_source(None, "teams", way="http", profile="teams")
    put(source, json.dumps(PAGE_OF_CALLS).encode())
    first, second = events(signed.get(f"/collect/live/stream/?after={source.pk}:0"))
    assert (first["way"], first["caller"], first["raw"][:9]) == ("Outgoing", "+33145678901", '{"value":')
    # Who called is not told: never who was called in his place.
    assert (second["way"], second["caller"], second["called"]) == ("Incoming", "", "+33145678902")
    assert second["raw"] == "Another call of the same ticket" and second["number"] == first["number"] == 1
    page = body(signed.get(f"/collect/live/?source={source.slug}"))
    assert page.index("Another call of the same ticket") < page.index("+33612345678")  # the newest on top, as they come


def test_the_page_of_a_source_leads_to_its_calls(signed, source):
    page = body(signed.get(f"/collect/source/{source.pk}/"))
    assert f"/usage/call/?scope=all&amp;source=%3D{source.pk}" in page


def test_the_live_page_shows_the_last_tickets_whether_taken_in_or_not(signed, source):
    put(source, ticket(call="1"))
    take(source)
    put(source, ticket(call="2"))
    page = body(signed.get(f"/collect/live/?source={source.slug}"))
    assert page.count('data-tone="ok"') == 2
    assert f"after={source.pk}:2" in page


def test_past_the_streams_that_a_process_holds_the_others_answer_at_once(signed, source, monkeypatch):
    monkeypatch.setattr(live, "SECONDS", 3600.0)
    assert live.HELD.acquire(blocking=False) and live.HELD.acquire(blocking=False)
    try:
        put(source, ticket())
        answer = signed.get(f"/collect/live/stream/?after={source.pk}:0")
        text = b"".join(answer.streaming_content).decode()
    finally:
        live.HELD.release()
        live.HELD.release()
    assert text.startswith("retry: 2500") and '"number": 1' in text


def test_a_reader_sees_numbers_without_their_last_digits(client, source):
    visitor = people.UserFactory(username="lecteur")
    visitor.roles.set([people.make_role("Lecteur", {"collecte": 1})])
    client.force_login(visitor)
    put(source, ticket())
    (event,) = events(client.get(f"/collect/live/stream/?after={source.pk}:0"))
    assert "0061234****" in event["raw"] and event["called"] == "0061234****"
    take(source)
    page = body(client.get(f"/collect/raw/?source={source.pk}"))
    assert "0061234****" in page and "00612345678" not in page
    line = body(client.get(f"/collect/raw/line/?chunk={Chunk.objects.get().pk}&number=1"))
    assert "00612345678" not in line and "In hexadecimal" not in line
    assert client.get("/collect/upload/").status_code == 403
    assert client.get("/collect/issues/export/").status_code == 403


def test_a_raw_line_is_found_opened_and_led_to_its_call(signed, source):
    put(source, ticket(), ticket(call="2", number="00384110022"))
    (chunk,) = take(source)
    page = body(signed.get(f"/collect/raw/?source={source.pk}&q=0384"))
    assert page.count("/collect/raw/line/") == 2 and "00384110022" in page and "00612345678" not in page
    assert "No line like that" in body(signed.get(f"/collect/raw/?source={source.pk}&q=nothing"))
    line = body(signed.get(f"/collect/raw/line/?ref={chunk.pk}:2"))
    assert "00384110022" in line and "Digits dialled" in line and "000000" in line
    (call,) = [row for row in calls() if row["call_id"].startswith("2")]
    assert f"/usage/call/{call['batch']}-{call['line']}/" in line
    assert signed.get(f"/collect/raw/line/?chunk={chunk.pk}&number=99").status_code == 404


def test_a_line_still_in_the_spool_can_be_opened(signed, source):
    put(source, ticket())
    page = body(signed.get(f"/collect/raw/line/?source={source.slug}&number=1"))
    assert "Still in the spool" in page and "Alice Martin" in page


def test_a_file_is_sent_looked_at_and_confirmed(signed, source, files):
    path = files("Master.csv", [asterisk(n) for n in range(6)])
    with path.open("rb") as stream:
        answer = signed.post("/collect/upload/", {"source": source.pk, "file": stream})
    chunk = Chunk.objects.get()
    assert answer["Location"] == f"/collect/chunk/{chunk.pk}/confirm/"
    page = body(signed.get(answer["Location"]))
    assert "6 lines looked at" in page and "Asterisk" in page and "100%" in page
    assert "The source itself is read as “Avaya IP Office (SMDR)”" in page
    assert "0 read" in body(signed.get(f"/collect/chunk/{chunk.pk}/confirm/?profile=avaya-ip-office"))
    done = signed.post(f"/collect/chunk/{chunk.pk}/confirm/", {"profile": "asterisk"})
    assert done["Location"] == registry.object_url(chunk)
    read(source)
    told = body(signed.get(f"/collect/chunk/{chunk.pk}/"))
    assert "decoded" in told and "Asterisk" in told
    assert equation(Chunk.objects.get()) == (6, 6, 0, 0, 0)
    with path.open("rb") as stream:
        again = signed.post("/collect/upload/", {"source": source.pk, "file": stream}, follow=True)
    assert "This very file came before" in again.content.decode() and Chunk.objects.count() == 1


def test_a_profile_is_tried_on_pasted_lines(signed, db):
    found = body(
        signed.post(
            "/collect/test/",
            {"lines": ticket().decode() + "\nrubbish\n" + ticket(call="9").decode(), "profile": "avaya-ip-office"},
        )
    )
    assert "3 lines looked at" in found and "2 read" in found and "1 refused" in found and "Alice Martin" in found
    guessed = body(
        signed.post("/collect/test/", {"lines": "\n".join(asterisk(n).decode() for n in range(4)), "profile": ""})
    )
    assert "Read as “Asterisk" in guessed
    assert signed.post("/collect/test/", {"lines": " "}).status_code == 422


def test_a_packaged_profile_is_copied_and_corrected_in_a_form(signed, db):
    answer = signed.post("/collect/packaged/3cx/copy/")
    row = TicketProfile.objects.get()
    assert answer["Location"] == f"/collect/profile/{row.pk}/edit/"
    form = signed.get(answer["Location"]).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    columns = data["columns"].splitlines()
    data |= {"timezone": "Indian/Reunion", "columns": "\n".join([columns[1], columns[0], *columns[2:]])}
    saved = signed.post(answer["Location"], data)
    assert saved.status_code == 302, saved.content.decode()[-2500:]
    row.refresh_from_db()
    assert (row.timezone, row.columns[:2]) == ("Indian/Reunion", [columns[1], columns[0]])
    assert "timezone = &quot;Indian/Reunion&quot;" in body(signed.get(f"/collect/profile/{row.pk}/"))
    toml = signed.post(f"/collect/profile/{row.pk}/do/toml/")
    assert toml["Content-Disposition"].endswith(f'"{row.slug}.toml"')
    bad = signed.post(answer["Location"], data | {"columns": "nonsense"})
    assert bad.status_code == 422 or "nonsense" in bad.content.decode()
    row.refresh_from_db()
    assert row.columns[0] == columns[1]


SAMPLE = "Date;Heure;Poste;Numéro;Durée;Sens\n11/03/2024;09:14:02;201;0612345678;00:02:31;S\n11/03/2024;09:20:00;202;0384110022;00:00:12;E\n"


def test_the_wizard_learns_a_layout_and_a_source_reads_with_it(signed, source, files):
    first = body(signed.post("/collect/mapping/", {"sample": SAMPLE}))
    assert "What each column holds" in first and "2 read" in first
    form = signed.post("/collect/mapping/", {"sample": SAMPLE}).context["mapping_form"]
    chosen = {name: form[name].value() or "" for name in form.fields}
    assert [chosen[f"col_{n}"] for n in range(6)] == ["date", "time", "extension", "called", "duration", "way"]
    data = {name: value for name, value in chosen.items() if value is not False} | {"step": "mapping", "sample": SAMPLE}
    assert "holds this already" in signed.post("/collect/mapping/", data | {"col_1": "date"}).content.decode()
    assert "Give it a name" in signed.post("/collect/mapping/", data | {"save": "1"}).content.decode()
    assert TicketProfile.objects.count() == 0
    answer = signed.post("/collect/mapping/", data | {"save": "1", "label": "Opérateur X"})
    row = TicketProfile.objects.get()
    assert answer["Location"] == f"/collect/profile/{row.pk}/" and row.slug == "operateur-x" and row.decoder == "mapped"
    path = files("x.csv", SAMPLE.encode().splitlines())
    chunk, _new = intake.receive(actor=people_actor(), source=source, file=path, name="x.csv")
    intake.confirm(actor=people_actor(), chunk=chunk, profile=row.slug)
    read(source)
    chunk.refresh_from_db()
    assert equation(chunk) == (3, 2, 0, 1, 0)
    assert [(call["ext"], call["usage"]) for call in calls()] == [("201", 151_000_000), ("202", 12_000_000)]


def test_a_learnt_layout_is_opened_again_in_the_wizard_and_corrected(signed, source):
    form = signed.post("/collect/mapping/", {"sample": SAMPLE}).context["mapping_form"]
    data = {name: form[name].value() or "" for name in form.fields if form[name].value() is not False}
    data |= {"step": "mapping", "sample": SAMPLE, "save": "1", "label": "Opérateur X"}
    signed.post("/collect/mapping/", data)
    row = TicketProfile.objects.get()
    page = body(signed.get(f"/collect/profile/{row.pk}/"))
    assert "Date of the start" in page and f"/collect/mapping/?profile={row.slug}" in page
    again = signed.get(f"/collect/mapping/?profile={row.slug}")
    form = again.context["mapping_form"]
    assert "2 read" in body(again) and form["label"].value() == "Opérateur X"
    assert [form[f"col_{n}"].value() for n in range(6)] == ["date", "time", "extension", "called", "duration", "way"]
    assert "read this way by" not in body(again)
    Source.objects.filter(pk=source.pk).update(profile=row.slug)
    warned = body(signed.get(f"/collect/mapping/?profile={row.slug}"))
    assert "read this way by" in warned and f"/collect/source/{source.pk}/" in warned
    changed = data | {"col_2": "caller", "timezone": "UTC", "label": "Opérateur X2"}
    refused = signed.post(f"/collect/mapping/?profile={row.slug}", changed | {"col_0": ""})
    assert refused.status_code == 422 and TicketProfile.objects.get().label == "Opérateur X"
    assert signed.post(f"/collect/mapping/?profile={row.slug}", changed)["Location"] == f"/collect/profile/{row.pk}/"
    row = TicketProfile.objects.get()
    assert (row.slug, row.label, row.timezone) == ("operateur-x", "Opérateur X2", "UTC")
    assert set(row.options["fields"]) == {"date", "time", "caller", "called", "duration", "way"}
    assert {"options", "timezone"} <= set(history(row).first().changes)  # what it was is told by its history
    assert signed.get("/collect/mapping/?profile=asterisk").status_code == 404  # not learnt: corrected in its form


def test_what_we_find_wrong_ourselves_is_said_in_the_language_of_who_reads_it(source):
    issue = TicketIssue(source=source, code="collect.half-line")
    with translation.override("fr"):
        assert issue.sentence().startswith("La ligne a été coupée par une déconnexion")
        assert decoding.show(1, b"half", Decoded(), cut="half").issues[0]["sentence"] == issue.sentence()


def test_the_form_of_a_source_knows_how_each_format_comes_and_takes_days_as_boxes(signed, db):
    form = signed.get("/collect/source/new/").context["form"]
    usual = json.loads(form.fields["profile"].widget.attrs["data-transports"])
    assert usual["alcatel-oxe"]["way"] == "connect" and usual["alcatel-oxe"]["port"] == 2533
    assert usual["cisco-cucm"]["ways"] == ["folder", "sftp", "ftps", "upload"]
    assert form.fields["open_days"].clean(["6", "1", "2"]) == "126" == form.fields["open_days"].clean("126")
    assert form["open_days"].value() == ["1", "2", "3", "4", "5"]


def people_actor():
    from chappe.kit.access.actor import Actor

    return Actor.system("test")


def test_lines_that_are_no_columns_are_told(signed, db):
    answer = signed.post("/collect/mapping/", {"sample": "one\ntwo\nthree"})
    assert answer.status_code == 422 and "No columns were found" in answer.content.decode()


def test_refused_lines_are_exported_mended_and_read(signed, source):
    put(source, b"rubbish;1", ticket(call="5"), b"=formula")
    take(source)
    text = b"".join(signed.get(f"/collect/issues/export/?source={source.slug}&as=txt").streaming_content)
    assert text == b"rubbish;1\n=formula\n"
    table = b"".join(signed.get(f"/collect/issues/export/?source={source.slug}").streaming_content).decode("utf-8-sig")
    assert "1 fields instead of at least 17" in table and ";'=formula" in table
    page = body(signed.get(f"/collect/mend/?source={source.slug}"))
    assert "rubbish;1" in page and "line 2 of the box" in page
    mended = ticket(call="7").decode() + "\n" + ticket(call="8").decode()
    answer = signed.post(f"/collect/mend/?source={source.slug}", {"source": source.pk, "lines": mended})
    assert answer.status_code == 302
    read(source)
    assert not TicketIssue.objects.filter(state="open").exists()
    assert sorted(row["call_id"].split("/")[0] for row in calls()) == ["5", "7", "8"]


def test_anomalies_are_read_again_or_left_aside_from_the_list(signed, source):
    put(source, b"one", b"two")
    take(source)
    first, second = TicketIssue.objects.order_by("number")
    assert "1 fields" in body(signed.get(f"/collect/issue/{first.pk}/"))
    signed.post(f"/collect/issue/{first.pk}/do/leave/")
    answer = signed.post(f"/collect/issue/{second.pk}/do/read/")
    assert answer["Location"] == registry.object_url(Chunk.objects.latest("pk"))
    states = dict(TicketIssue.objects.values_list("number", "state"))
    assert states == {1: "left", 2: "replayed"}


def test_a_partner_sees_its_own_sources_only(client, bruno, chloe, source):
    mine, theirs = make_source(bruno.organisation, "altitel"), make_source(chloe.organisation, "boreal")
    for one in (mine, theirs, source):
        put(one, ticket(), at=NOON)
        take(one)
    client.force_login(bruno)
    assert "altitel" in body(client.get("/collect/source/")) and "boreal" not in body(client.get("/collect/source/"))
    page = body(client.get("/collect/live/"))
    assert "altitel" in page and "boreal" not in page and "Siège" not in page
    assert events(client.get(f"/collect/live/stream/?after={theirs.pk}:0.{source.pk}:0")) == []
    foreign = Chunk.objects.get(source=theirs)
    assert client.get(f"/collect/raw/line/?chunk={foreign.pk}&number=1").status_code == 404
    assert client.get(f"/collect/raw/line/?source={theirs.slug}&number=1").status_code == 404
    assert client.get(f"/collect/raw/?chunk={foreign.pk}").status_code == 404
    assert client.get(f"/collect/chunk/{foreign.pk}/").status_code == 404


def test_the_home_page_tells_sources_in_trouble_first(signed, source):
    from chappe.apps.collect import alarms

    make_source(None, "agence", name="Agence", way="folder", folder="/srv")
    alarms.raise_alarm(source, "gap", found=1, usual=40)
    page = body(signed.get("/"))
    assert page.index("Siège") < page.index("Agence") and "Sources of tickets" in page and "Refused tickets" in page


@pytest.mark.parametrize(
    ("slug", "kind"),
    [("panasonic", "panasonic"), ("mitel-3300", "mitel"), ("3cx", "3cx"), ("avaya-ip-office", "ip-office")],
)  # fmt: skip
def test_what_a_simulator_sends_is_read_by_the_profile_that_one_chooses_first(slug, kind, db):
    made = simulated(12, start=dt.datetime(2026, 11, 22, 9, 0), seed=3)
    shown = decoding.show_all(profiles.packaged()[slug], list(tickets(kind, made)))
    assert shown and {each.tone for each in shown} <= {"ok", "new", "warn"}
