"""A counted file taken back, and a source tried before anybody waits for its tickets."""

import datetime as dt
import io
import socket

import pytest
from django.core.exceptions import ValidationError

from chappe.apps.collect import intake, trying, withdrawing
from chappe.apps.collect.models import Chunk, SourceHour, SourceState
from chappe.apps.usage.models import UsageBatch
from chappe.kit.audit.models import AuditEntry
from chappe.kit.jobs.models import Job, State
from chappe.kit.jobs.runner import run_pending
from chappe.kit.jobs.services import enqueue
from tests.apps.collect.conftest import SYSTEM, calls, put, read, take, ticket

ONE, TWO, THREE = ticket(), ticket(call="2", ext="202"), ticket(call="3", ext="203")


def sent(source, *lines: bytes, name: str = "mars.csv") -> Chunk:
    content = b"\n".join(lines) + b"\n"
    chunk, is_new = intake.receive(actor=SYSTEM, source=source, file=io.BytesIO(content), name=name)
    assert is_new
    intake.confirm(actor=SYSTEM, chunk=chunk, profile="avaya-ip-office")
    read(source)
    chunk.refresh_from_db()
    assert chunk.state == Chunk.State.DONE
    return chunk


def withdrawn(chunk: Chunk) -> int:
    """Asked for, and the work done; how many calls left."""
    withdrawing.ask(actor=SYSTEM, chunk=chunk)
    assert chunk.state == Chunk.State.UNDOING
    return withdrawing.withdraw(actor=SYSTEM, chunk=chunk)


def ids() -> list[str]:
    return [row["call_id"].split("/")[0] for row in calls()]


def counted() -> int:
    """Calls of every stream, as the database counts them."""
    return sum(UsageBatch.objects.values_list("calls", flat=True))


def test_a_withdrawn_file_leaves_no_call_and_may_be_read_again(source):
    put(source, ONE)
    take(source)
    chunk = sent(source, ONE, TWO, THREE)  # the first was counted live: a duplicate here
    assert chunk.duplicates == 1 and ids() == ["1004512", "2", "3"]
    assert withdrawn(chunk) == 2
    assert (chunk.state, chunk.calls, chunk.records) == (Chunk.State.UNDONE, 0, 0)
    assert ids() == ["1004512"]
    hour = SourceHour.objects.get()
    assert (counted(), hour.tickets, hour.calls) == (1, 1, 1)
    with pytest.raises(ValidationError):  # once is enough
        withdrawing.ask(actor=SYSTEM, chunk=chunk)
    assert withdrawing.withdraw(actor=SYSTEM, chunk=chunk) == 0
    intake.again(actor=SYSTEM, chunk=chunk)
    read(source)
    chunk.refresh_from_db()
    assert ids() == ["1004512", "2", "3"] and (chunk.decoded, chunk.duplicates) == (2, 1)
    assert counted() == 3


def test_the_same_bytes_may_be_sent_again_after_a_withdrawal(source):
    chunk = sent(source, TWO)
    withdrawn(chunk)
    assert ids() == []
    again = sent(source, TWO, name="mars-bis.csv")
    assert again.pk != chunk.pk and ids() == ["2"] and again.duplicates == 0


def test_killed_after_the_lake_it_is_withdrawn_by_a_second_try(source, monkeypatch):
    chunk = sent(source, TWO, THREE)
    with monkeypatch.context() as patch:

        def killed(*_args):
            raise KeyboardInterrupt

        patch.setattr(withdrawing, "_uncounted", killed)
        with pytest.raises(KeyboardInterrupt):
            withdrawn(chunk)
    assert ids() == [] and counted() == 2  # the lake is ahead of the counts
    assert withdrawing.withdraw(actor=SYSTEM, chunk=chunk) == 2
    assert ids() == [] and counted() == 0
    sent(source, TWO, THREE, name="encore.csv")
    assert ids() == ["2", "3"]


def test_it_is_a_job_that_may_be_asked_for_again_when_it_stopped(source):
    chunk = sent(source, TWO, THREE)
    withdrawing.ask(actor=SYSTEM, chunk=chunk)
    assert ids() == ["2", "3"] and counted() == 2  # nothing is written in the request
    assert str(withdrawing.why_not(chunk)) == "It is being withdrawn at this moment."
    with pytest.raises(ValidationError):
        withdrawing.ask(actor=SYSTEM, chunk=chunk)
    Job.objects.filter(pk=chunk.job_id).update(state=State.FAILED)
    chunk.refresh_from_db()
    assert withdrawing.why_not(chunk) is None
    withdrawing.ask(actor=SYSTEM, chunk=chunk)
    run_pending()
    chunk.refresh_from_db()
    assert chunk.state == Chunk.State.UNDONE and ids() == [] and counted() == 0
    assert (chunk.job.state, chunk.job.result, chunk.job.progress_done) == (State.DONE, {"calls": 2}, 1)
    assert AuditEntry.objects.filter(verb="collect.withdrawn").count() == 1
    retry = enqueue("collect.withdraw", actor=SYSTEM, chunk=chunk.pk)  # the same work once more does nothing
    run_pending()
    retry.refresh_from_db()
    assert (retry.state, retry.result) == (State.DONE, {"calls": 0}) and counted() == 0


def test_its_page_says_that_it_is_under_way(source, client, alice):
    chunk = sent(source, TWO)
    withdrawing.ask(actor=SYSTEM, chunk=chunk)
    client.force_login(alice)
    page = client.get(f"/collect/chunk/{chunk.pk}/").content.decode()
    assert "Its calls are leaving the lists and the totals" in page and 'hx-select="#co-fates"' in page
    Job.objects.filter(pk=chunk.job_id).update(state=State.FAILED, error="The disk is full.")
    page = client.get(f"/collect/chunk/{chunk.pk}/").content.decode()
    assert "The withdrawal stopped half-way" in page and "The disk is full." in page
    assert 'hx-select="#co-fates"' not in page and "/do/withdraw/" in page


def test_live_tickets_are_not_withdrawn(source):
    put(source, ONE)
    (chunk,) = take(source)
    with pytest.raises(ValidationError):
        withdrawing.ask(actor=SYSTEM, chunk=chunk)
    assert ids() == ["1004512"] and Chunk.objects.get().state == Chunk.State.DONE


def test_a_connection_is_tried(source, tmp_path):
    source.way, source.folder = "folder", str(tmp_path / "nowhere")
    with pytest.raises(ValidationError, match="does not exist"):
        trying.try_source(actor=SYSTEM, source=source)
    (tmp_path / "cdr.csv").write_bytes(b"x")
    source.folder, source.pattern = str(tmp_path), "cdr*"
    assert trying.try_source(actor=SYSTEM, source=source) == "The folder can be read: 1 file there."
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        source.way, source.host, source.port = "connect", "127.0.0.1", listening.getsockname()[1]
        assert trying.try_source(actor=SYSTEM, source=source).endswith("answers.")
    with pytest.raises(ValidationError, match="does not answer"):
        trying.try_source(actor=SYSTEM, source=source)


def test_whether_we_listen_is_asked_of_the_collector(source):
    from chappe.apps.collect.told import tell

    assert "within ten seconds" in trying.try_source(actor=SYSTEM, source=source)  # it was saved a moment ago
    source.updated_at -= dt.timedelta(minutes=10)
    with pytest.raises(ValidationError, match="has not said anything"):
        trying.try_source(actor=SYSTEM, source=source)
    tell(source.slug, state="listening")
    source.refresh_from_db()
    assert "Nobody is connected yet" in trying.try_source(actor=SYSTEM, source=source)
    tell(source.slug, state=SourceState.State.ERROR, detail="Port 80 may not be opened.")
    source.refresh_from_db()
    with pytest.raises(ValidationError, match="may not be opened"):
        trying.try_source(actor=SYSTEM, source=source)
