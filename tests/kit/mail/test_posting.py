"""The outbox against a real SMTP server: taken, put off, refused, cut, absent and back, replayed."""

import io
import smtplib
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from chappe.kit.access.actor import Actor
from chappe.kit.documents.services import store
from chappe.kit.jobs.models import Job
from chappe.kit.mail import events, posting, server, services
from chappe.kit.mail.compose import compose
from chappe.kit.mail.models import Message, State

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def written(**given):
    usual = {
        "actor": SYSTEM,
        "to": "a@client.example",
        "subject": "Votre facture n° 12",
        "text": "Bonjour,\nvoici 12 €.\n",
    }
    return services.send(**(usual | given))


def again(message):
    message.refresh_from_db()
    return message


def test_a_mail_arrives_whole(smtp, box):
    invoice = store(io.BytesIO(b"%PDF-1.7 a few bytes"), name="facture-12.pdf", actor=SYSTEM)
    detail = store(io.BytesIO(b"a;b\r\n1;\xe9\n"), name="d\u00e9tail.csv", actor=SYSTEM)
    message = written(
        to="a@client.example; Bé <b@client.example>", cc=["c@client.example", "a@client.example"],
        html="<p>voici 12 €</p>", attachments=[invoice, (detail, "détail des appels.csv")], reply_to="compta@boreal.example",
    )  # fmt: skip
    done = posting.post()
    assert (done.sent, done.put_off, done.refused, done.unreachable) == (1, 0, 0, "")
    assert box.envelopes == [
        ("facturation@boreal.example", ["a@client.example", "b@client.example", "c@client.example"])
    ]
    mail = box.mails[0]
    assert mail["Subject"] == "Votre facture n° 12"
    assert mail["From"] == "Opérateur Boréal <facturation@boreal.example>"
    assert (mail["To"], mail["Cc"]) == ("a@client.example, b@client.example", "c@client.example")
    assert mail["Reply-To"] == "compta@boreal.example"
    assert mail["Message-ID"] == message.message_id == f"<{message.uid}@boreal.example>"
    assert mail.get_body(("plain",)).get_content() == "Bonjour,\nvoici 12 €.\n"
    assert mail.get_body(("html",)).get_content() == "<p>voici 12 €</p>\n"
    parts = [(part.get_filename(), part.get_payload(decode=True)) for part in mail.iter_attachments()]
    assert parts == [("facture-12.pdf", b"%PDF-1.7 a few bytes"), ("détail des appels.csv", b"a;b\r\n1;\xe9\n")]
    row = again(message)
    assert (row.state, row.attempts, row.answer, row.pending, row.wait_until) == (
        "sent",
        1,
        "250 2.0.0 taken",
        [],
        None,
    )
    assert row.sent is not None
    assert posting.post().sent == 0
    assert len(box.mails) == 1


def test_one_mail_a_key(smtp, box):
    first = written(key="invoice:12:issued")
    second = written(key="invoice:12:issued", to="other@client.example")
    assert first.pk == second.pk
    assert Message.objects.count() == 1
    posting.post()
    assert written(key="invoice:12:issued").pk == first.pk
    posting.post()
    assert [to for _sender, to in box.envelopes] == [["a@client.example"]]


def test_writing_queues_one_job(smtp):
    written()
    written()
    assert Job.objects.filter(name="mail.send", state="queued").count() == 1


def test_without_a_server_mails_are_kept_then_let_go(no_server, box, start, monkeypatch):
    message = written()
    assert message.state == State.HELD
    assert not Job.objects.filter(name="mail.send").exists()
    with pytest.raises(ValidationError, match="CHAPPE_SMTP_URL"):
        services.release(message, actor=SYSTEM)
    controller = start()
    monkeypatch.setenv("CHAPPE_SMTP_URL", f"smtp://127.0.0.1:{controller.port}")
    monkeypatch.setenv("CHAPPE_MAIL_FROM", "facturation@boreal.example")
    assert posting.post().sent == 0, "a kept mail leaves when somebody says so, not by itself"
    services.release(again(message), actor=SYSTEM)
    assert posting.post().sent == 1
    assert box.mails[0]["From"] == "facturation@boreal.example"


def test_server_down_then_up(smtp, box, start):
    port, message = smtp.port, written()
    other = written(to="b@client.example")
    smtp.stop()
    for _round in range(12):  # more rounds than a mail has attempts: the server's absence is not the mail's fault
        done = posting.post()
        assert (done.sent, done.refused) == (0, 0)
        assert "refused" in done.unreachable
    row = again(message)
    assert (row.state, row.attempts) == ("queued", 0)
    assert "cannot be reached" in row.answer
    start(port)
    assert posting.post().sent == 2
    assert [again(message).state, again(other).state] == ["sent", "sent"]


def test_put_off_with_growing_delays_then_given_up(smtp, box):
    box.data = "451 4.7.1 greylisted,\ttry later"
    message = written()
    waits = []
    for _round in range(8):
        before = timezone.now()
        assert posting.post().put_off == 1
        row = again(message)
        assert row.state == State.QUEUED
        waits.append(round((row.wait_until - before).total_seconds() / 60))
        assert posting.post().put_off == 0, "not due: not tried"
        Message.objects.update(wait_until=timezone.now() - timedelta(seconds=1))
    assert waits == [1, 5, 15, 60, 240, 720, 1440, 1440]
    assert posting.post().refused == 1
    row = again(message)
    assert (row.state, row.attempts, row.answer) == ("failed", 9, "451 4.7.1 greylisted, try later")


def test_refused_for_good_is_told_and_may_be_sent_again(smtp, box):
    box.rcpt["a@client.example"] = "550 5.1.1 no such user"
    told = []
    events.on("failed", told.append)
    try:
        message = written()
        assert posting.post().refused == 1
    finally:
        events.off("failed", told.append)
    row = again(message)
    assert (row.state, row.answer, row.refused) == (
        "failed", "550 5.1.1 no such user", {"a@client.example": "550 5.1.1 no such user"},
    )  # fmt: skip
    assert [one.pk for one in told] == [message.pk]
    assert posting.post().refused == 0
    box.rcpt.clear()
    services.again(row, actor=SYSTEM)
    assert posting.post().sent == 1
    assert box.mails[0]["Message-ID"] == message.message_id


def test_each_recipient_is_judged_alone(smtp, box):
    box.rcpt = {"b@client.example": "550 5.1.1 no such user", "c@client.example": "450 4.2.2 mailbox full"}
    message = written(to="a@client.example, b@client.example, c@client.example")
    posting.post()
    row = again(message)
    assert (row.state, row.pending) == ("queued", ["c@client.example"])
    assert list(row.refused) == ["b@client.example"]
    box.rcpt = {}
    Message.objects.update(wait_until=timezone.now())
    posting.post()
    assert [to for _sender, to in box.envelopes] == [["a@client.example"], ["c@client.example"]]
    row = again(message)
    assert (row.state, list(row.refused)) == ("sent", ["b@client.example"])


def test_killed_between_answer_and_note_is_replayed_under_the_same_number(smtp, box, monkeypatch):
    message = written()

    class Killed(BaseException):
        pass

    def die(*_args, **_given):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(posting, "_settle", die)
        with pytest.raises(Killed):
            posting.post()
    assert again(message).state == State.SENDING
    assert posting.post().sent == 0, "its claim has not lapsed"
    Message.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert posting.post().sent == 1
    assert len(box.mails) == 2
    assert box.mails[0].as_bytes() == box.mails[1].as_bytes(), "the replay is recognisable, to the byte"


def test_a_claim_that_was_lost_writes_nothing(smtp, box):
    message = written()
    with server.conversation(server.server()) as talk:
        claimed = posting._claim()
        Message.objects.filter(pk=message.pk).update(claim="another")
        posting._hand_over(talk, claimed, posting.Round())
    assert again(message).state == State.SENDING
    assert again(message).claim == "another"


def test_the_conversation_cut_in_the_middle_counts_against_nobody(smtp, box, monkeypatch):
    message = written()

    def cut(self, *_args):
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

    with monkeypatch.context() as patch:
        patch.setattr(smtplib.SMTP, "data", cut)
        assert "closed" in posting.post().unreachable
    row = again(message)
    assert (row.state, row.attempts) == ("queued", 0)
    assert posting.post().sent == 1


def test_cancelled_is_never_sent(smtp, box):
    message = written()
    services.cancel(message, actor=SYSTEM)
    posting.post()
    assert box.mails == []
    with pytest.raises(ValidationError, match="not left"):
        services.cancel(again(message), actor=SYSTEM)


def test_starttls_and_sign_in(start, box, certificate, authenticator, monkeypatch):
    path, context = certificate
    controller = start(
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        auth_require_tls=True,
        authenticator=authenticator,
    )
    monkeypatch.setenv("CHAPPE_MAIL_FROM", "facturation@boreal.example")
    monkeypatch.setenv("CHAPPE_SMTP_URL", f"smtp://boreal:s3cret@127.0.0.1:{controller.port}?starttls&ca={path}")
    written()
    assert posting.post().sent == 1
    assert box.tls == [True]
    assert box.logins == [("boreal", "s3cret")]
    monkeypatch.setenv("CHAPPE_SMTP_URL", f"smtp://boreal:wrong@127.0.0.1:{controller.port}?starttls&ca={path}")
    written()
    done = posting.post()
    assert done.unreachable.startswith("535")
    assert "wrong" not in done.unreachable
    monkeypatch.setenv("CHAPPE_SMTP_URL", f"smtp://boreal:s3cret@127.0.0.1:{controller.port}?starttls")
    assert "certificate" in posting.post().unreachable.lower(), "an unknown certificate is not talked to"


def test_settings_that_cannot_be(monkeypatch):
    with pytest.raises(server.Misconfigured, match="in clear"):
        server.parse("smtp://me:secret@mail.example")
    for wrong in ("http://mail.example", "smtp://", "smtp://mail.example?tls", "smtp://mail.example:port"):
        with pytest.raises(server.Misconfigured):
            server.parse(wrong)
    assert server.parse("smtps://u%40d:p%2Fw@mail.example") == server.Server("mail.example", 465, "u@d", "p/w", "tls")
    assert "p/w" not in repr(server.parse("smtps://u:p%2Fw@mail.example"))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"to": ""}, "no recipient"),
        ({"to": "nobody"}, "“nobody” is not"),
        ({"to": "a@b.example\nBcc: c@d.example"}, "is not an e-mail"),
        ({"subject": " \n "}, "no subject"),
    ],
)
def test_what_cannot_be_written(smtp, given, why):
    with pytest.raises(ValidationError, match=why):
        written(**given)
    assert not Message.objects.exists()


def test_attachments_too_large(smtp, monkeypatch):
    monkeypatch.setenv("CHAPPE_MAIL_MAX_MB", "1")
    small = store(io.BytesIO(b"x" * 400_000), name="petit.pdf", actor=SYSTEM)
    large = store(io.BytesIO(b"y" * 700_000), name="grand.pdf", actor=SYSTEM)
    with pytest.raises(ValidationError) as refusal:
        written(attachments=[small, large])
    assert "2 MB together" in refusal.value.messages[0]  # 1.1 MB, rounded up
    assert "“grand.pdf”" in refusal.value.messages[0]
    assert not Message.objects.exists()


def test_no_header_is_smuggled(smtp, box):
    message = written(subject="Facture\r\nBcc: spy@evil.example")
    posting.post()
    assert box.mails[0]["Bcc"] is None
    assert box.mails[0]["Subject"] == message.subject == "Facture Bcc: spy@evil.example"


def test_confidential_text_is_forgotten(smtp, box):
    from django.db import connection

    message = written(text="https://chappe.example/reset/abc", confidential=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed, text FROM mail_message WHERE id = %s", [message.pk])
        sealed, text = cursor.fetchone()
    assert text == ""
    assert "abc" not in sealed
    posting.post()
    assert box.mails[0].get_body(("plain",)).get_content() == "https://chappe.example/reset/abc\n"
    row = again(message)
    assert (row.sealed, row.text) == ("", "")


def test_a_missing_attachment_refuses_its_mail_alone(smtp, box):
    gone = store(io.BytesIO(b"soon gone"), name="perdu.pdf", actor=SYSTEM)
    bad, good = written(attachments=[gone]), written()
    gone.path.unlink()
    done = posting.post()
    assert (done.sent, done.refused) == (1, 1)
    assert again(bad).answer == "An attachment is missing from the store."
    assert again(good).state == State.SENT


def test_return_address_carries_the_number(smtp, box, monkeypatch):
    monkeypatch.setenv("CHAPPE_MAIL_BOUNCE", "retours+{id}@boreal.example")
    message = written()
    posting.post()
    assert box.envelopes[0][0] == f"retours+{message.uid}@boreal.example"


def test_composed_bytes_are_seven_bit_with_short_lines(smtp):
    data = compose(written(text="é" * 3000))
    data.decode("ascii")
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
