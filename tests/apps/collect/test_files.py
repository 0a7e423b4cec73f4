"""Files of tickets: sent by hand and confirmed, fetched from a folder, known again, changed since."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from chappe.apps.collect import fetching, intake, setup_words
from chappe.apps.collect.models import Chunk, FetchedFile, SourceAlarm, TicketIssue
from tests.apps.collect.conftest import NOON, SYSTEM, calls, equation, put, read, take, ticket
from tests.support.rows_collect import source as make_source


def asterisk(number: int, minute: int = 14) -> bytes:
    when = f"2024-03-11 09:{minute:02d}:{number:02d}"
    return (
        f'"","201","06123456{number:02d}","internal","""Alice"" <201>","SIP/201-0001","SIP/trunk-0002","Dial","SIP/trunk/0612",'
        f'"{when}","{when}","{when[:14]}{minute + 1:02d}:{number:02d}",60,55,"ANSWERED","DOCUMENTATION"'
    ).encode()  # fmt: skip


def test_a_file_waits_until_somebody_says_what_it_is(source, files):
    lines = [asterisk(n) for n in range(8)]
    chunk, is_new = intake.receive(actor=SYSTEM, source=source, file=files("Master.csv", lines), name="Master.csv")
    assert is_new and chunk.state == Chunk.State.TO_CONFIRM
    assert (
        chunk.profile == "asterisk" and chunk.detection[0]["slug"] == "asterisk" and chunk.detection[0]["share"] == 1.0
    )
    assert read(source) == [] and calls() == []
    intake.confirm(actor=SYSTEM, chunk=chunk, profile="asterisk")
    (done,) = read(source)
    assert equation(done) == (8, 8, 0, 0, 0) and done.calls == 8
    source.refresh_from_db()
    assert source.profile == "avaya-ip-office"


def test_confirming_twice_or_with_an_unknown_profile_changes_nothing(source, files):
    chunk, _new = intake.receive(actor=SYSTEM, source=source, file=files("a.csv", [asterisk(1)]), name="a.csv")
    with pytest.raises(ValidationError, match="no such profile"):
        intake.confirm(actor=SYSTEM, chunk=chunk, profile="nowhere")
    chunk.refresh_from_db()
    assert chunk.state == Chunk.State.TO_CONFIRM
    intake.confirm(actor=SYSTEM, chunk=chunk, profile="asterisk")
    with pytest.raises(ValidationError, match="already"):
        intake.confirm(actor=SYSTEM, chunk=chunk, profile="avaya-ip-office")
    chunk.refresh_from_db()
    assert chunk.profile == "asterisk"


def test_the_same_file_again_is_the_same_batch(source, files):
    first, _new = intake.receive(actor=SYSTEM, source=source, file=files("a.csv", [asterisk(1)]), name="a.csv")
    second, is_new = intake.receive(actor=SYSTEM, source=source, file=files("b.csv", [asterisk(1)]), name="b.csv")
    assert (second, is_new) == (first, False) and Chunk.objects.count() == 1


def test_lines_of_a_file_that_came_live_before_are_duplicates(source, files):
    put(source, ticket(), ticket(call="2"))
    take(source)
    chunk, _new = intake.receive(
        actor=SYSTEM,
        source=source,
        file=files("smdr.csv", [ticket(), ticket(call="2"), ticket(call="3")]),
        name="smdr.csv",
    )
    intake.confirm(actor=SYSTEM, chunk=chunk, profile="avaya-ip-office")
    read(source)
    chunk.refresh_from_db()
    assert equation(chunk) == (3, 1, 0, 0, 2)
    assert len(calls()) == 3


def test_an_empty_file_is_refused(source, tmp_path):
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    with pytest.raises(ValidationError, match="empty"):
        intake.receive(actor=SYSTEM, source=source, file=path, name="empty.csv")
    assert Chunk.objects.count() == 0


@pytest.fixture
def folder(db, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    return make_source(
        None, "fichiers", name="Fichiers", way="folder", folder=str(place), profile="asterisk", port=None
    ), place


def write(place, name, lines):
    (place / name).write_bytes(b"\n".join(lines) + b"\n")


def test_a_folder_is_read_once(folder):
    source, place = folder
    write(place, "a.csv", [asterisk(n) for n in range(3)])
    (place / "b.csv.part").write_bytes(b"half")
    assert fetching.fetch(source, settle=0).taken == 1
    assert fetching.fetch(source, settle=0) == fetching.Told()
    (chunk,) = read(source)
    assert equation(chunk) == (3, 3, 0, 0, 0) and chunk.kind == Chunk.Kind.FETCH
    assert FetchedFile.objects.get().state == FetchedFile.State.TAKEN
    source.refresh_from_db()
    assert source.live.fetched_at is not None


def test_a_file_that_changed_waits_for_somebody(folder):
    source, place = folder
    write(place, "a.csv", [asterisk(1)])
    fetching.fetch(source, settle=0)
    read(source)
    write(place, "a.csv", [asterisk(1), asterisk(2)])
    found = fetching.fetch(source, settle=0)
    assert (found.taken, found.quarantined) == (0, 1)
    waiting = Chunk.objects.get(state=Chunk.State.TO_CONFIRM)
    assert read(source) == [] and len(calls()) == 1
    intake.confirm(actor=SYSTEM, chunk=waiting, profile="asterisk")
    read(source)
    waiting.refresh_from_db()
    assert equation(waiting) == (2, 1, 0, 0, 1) and len(calls()) == 2


def test_a_file_that_grows_is_read_anew_and_counted_once(folder):
    source, place = folder
    source.files_grow = True
    source.save()
    for size in (2, 5, 9):
        write(place, "Master.csv", [asterisk(n) for n in range(size)])
        assert fetching.fetch(source, settle=0).taken == 1
        read(source)
    assert [equation(chunk) for chunk in Chunk.objects.order_by("pk")] == [
        (2, 2, 0, 0, 0),
        (5, 3, 0, 0, 2),
        (9, 4, 0, 0, 5),
    ]
    assert len(calls()) == 9


def test_a_folder_that_is_not_there_is_an_alarm_until_it_is(folder):
    source, place = folder
    place.rmdir()
    found = fetching.fetch(source, settle=0)
    assert str(place) in found.problem
    alarm = SourceAlarm.objects.get(until=None)
    assert alarm.code == "fetch"
    for language, words in (("fr", "n’est pas lisible (introuvable)."), ("en", "(it does not exist).")):
        with translation.override(language):
            assert alarm.sentence().endswith(words)
    source.refresh_from_db()
    assert source.live.state == "error"
    place.mkdir()
    assert fetching.fetch(source, settle=0).problem == ""
    assert not SourceAlarm.objects.filter(until=None).exists()


def test_lines_received_long_ago_keep_their_moment_when_they_are_read_again(source):
    put(source, b"2024/03/11 broken", at=NOON)
    take(source)
    from chappe.apps.collect.models import TicketIssue

    chunk = intake.replay(actor=SYSTEM, issues=TicketIssue.objects.all())
    assert chunk.received_from == NOON == chunk.received_to
    read(source)
    again = TicketIssue.objects.get(chunk=chunk)
    assert again.received == NOON and again.state == TicketIssue.State.OPEN
    assert dt.timedelta(0) <= chunk.created_at - NOON


CDRS = b"src_user,dst_user,start_time,duration,callid"


def _mended(source, wrong: bytes, right: bytes, **more: str) -> Chunk:
    """The one refused line of a source, mended by hand and read again."""
    issue = TicketIssue.objects.get(source=source, severity="error", state=TicketIssue.State.OPEN, **more)
    data = bytes(issue.raw).replace(wrong, right)
    intake.send_mended(actor=SYSTEM, source=source, data=data, issues=[issue])
    (done,) = read(source)
    return done


def test_a_mended_line_is_read_by_the_header_of_the_file_that_it_came_in(db, files):
    source = make_source(None, "sip", profile="kamailio", way="upload")
    rows = [CDRS, b"201,0612345678,2024-03-11 09:14:02,60,c1", b"202,0612345678,yesterday,60,c2"]
    chunk, _new = intake.receive(actor=SYSTEM, source=source, file=files("cdrs.csv", rows), name="cdrs.csv")
    intake.confirm(actor=SYSTEM, chunk=chunk, profile="kamailio")
    (done,) = read(source)
    assert equation(done) == (3, 1, 1, 1, 0)
    still = _mended(source, b"yesterday", b"tomorrow")
    assert equation(still) == (1, 0, 1, 0, 0)
    assert still.issues.get().code == "tickets.bad-time"
    again = _mended(source, b"tomorrow", b"2024-03-11 09:20:00")  # mended twice: the header is that of the file
    assert equation(again) == (1, 1, 0, 0, 0) and again.segments == 1


def test_a_mended_line_is_read_by_the_header_that_the_socket_sent(db):
    source = make_source(None, "oxo", profile="alcatel-oxo")
    head = b"SUB  TYP TRK DAT      TIM   DUR      TAX  DNU       "
    put(source, head, b"201  OC  001 45/03/24 08:58 00:02:31 3    0612345678")
    take(source)
    done = _mended(source, b"45/03", b"11/03")
    assert equation(done) == (1, 1, 0, 0, 0) and done.calls == 1


def test_a_mended_line_is_read_as_the_profile_that_a_person_gave_its_file(db, files):
    source = make_source(None, "ipo", profile="avaya-ip-office", way="upload")
    rows = [CDRS, b"201,0612345678,2024-03-11 09:14:02,60,c1", b"202,0612345678,yesterday,60,c2"]
    chunk, _new = intake.receive(actor=SYSTEM, source=source, file=files("cdrs.csv", rows), name="cdrs.csv")
    intake.confirm(actor=SYSTEM, chunk=chunk, profile="kamailio")
    read(source)
    still = _mended(source, b"yesterday", b"tomorrow")
    assert (still.profile, equation(still)) == ("kamailio", (1, 0, 1, 0, 0))
    assert intake.profile_of(still) == "kamailio", "of the file that it was refused in first"
    with_header, _new = intake.receive(actor=SYSTEM, source=source, file=files("x.csv", [b"rubbish;1"]), name="x.csv")
    intake.confirm(actor=SYSTEM, chunk=with_header, profile="avaya-ip-office")
    read(source)
    mixed = source.issues.filter(severity="error", state="open")
    with pytest.raises(ValidationError, match="several profiles"):
        intake.send_mended(actor=SYSTEM, source=source, data=b"a\nb\n", issues=mixed)
    assert source.issues.filter(state="open", severity="error").count() == 2, "nothing was taken"
    again = _mended(source, b"tomorrow", b"2024-03-11 09:20:00", code="tickets.bad-time")
    assert (again.profile, again.segments) == ("kamailio", 1)


def test_the_lines_of_a_live_source_are_read_again_as_the_source_says_now(db):
    source = make_source(None, "oxo", profile="alcatel-oxo")
    put(source, b"rubbish")
    take(source)
    source.profile = "avaya-ip-office"
    source.save()
    assert intake.profile_of(source.chunks.get()) == "avaya-ip-office"


@pytest.mark.parametrize(
    ("way", "said", "unsaid"),
    [
        ("listen", "Address: that of this machine. TCP port: 1080", "0.0.0.0"),
        ("connect", "Address: 0.0.0.0", "that of this machine"),
        ("upload", "Nothing to set up", "SMDR"),
    ],
)
def test_what_is_set_up_follows_the_way_that_was_chosen(db, way, said, unsaid):
    source = make_source(None, "ipo", profile="avaya-ip-office", way=way, host="192.0.2.7", port=1080)
    with translation.override("en"):
        steps = "\n".join(setup_words.steps(source))
    assert said in steps and unsaid not in steps
