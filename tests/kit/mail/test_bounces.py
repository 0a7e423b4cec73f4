"""Mail that comes back: reports of several servers, read from a file or a real IMAP conversation."""

import socketserver
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from chappe.kit.access.actor import Actor
from chappe.kit.audit.models import AuditEntry
from chappe.kit.mail import bounces, dsn, events, posting, services
from chappe.kit.mail.models import Message, Report, State

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def report(
    uid: str, *, recipient: str = "a@client.example", action: str = "failed", status: str = "5.1.1", to: str = ""
) -> bytes:
    """A report as Postfix writes it, about the mail of that number."""
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.client.example (Mail Delivery System)
To: {to or "facturation@boreal.example"}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.client.example
Arrival-Date: Sat, 31 Oct 2026 08:15:00 +0100

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: Recipient address
    rejected: User unknown

--b1
Content-Type: text/rfc822-headers

From: facturation@boreal.example
Message-ID: <{uid}@boreal.example>
Subject: Votre facture

--b1--
""".encode().replace(b"\n", b"\r\n")


@pytest.fixture
def sent(smtp) -> Message:
    message = services.send(
        actor=SYSTEM, to="a@client.example, B@client.example", subject="Votre facture", text="Bonjour"
    )
    posting.post()
    message.refresh_from_db()
    assert message.state == State.SENT
    return message


def test_a_final_report_marks_the_mail_once(sent):
    told = []
    events.on("bounced", told.append)
    try:
        count = bounces.record(report(sent.uid), actor=SYSTEM)
        again = bounces.record(report(sent.uid), actor=SYSTEM)
    finally:
        events.off("bounced", told.append)
    assert (count.reports, count.returned, count.unknown) == (1, 1, 0)
    assert (again.reports, again.again) == (0, 1)
    assert [message.pk for message in told] == [sent.pk]
    sent.refresh_from_db()
    words = "5.1.1 550 5.1.1 <a@client.example>: Recipient address rejected: User unknown"
    assert (sent.state, sent.answer, sent.refused) == ("bounced", words, {"a@client.example": words})
    row = Report.objects.get()
    assert (row.recipient, row.action, row.status, row.message_id) == ("a@client.example", "failed", "5.1.1", sent.pk)
    assert row.raw.path.read_bytes() == report(sent.uid)
    assert AuditEntry.objects.filter(verb="mail.bounced", object_pk=str(sent.pk)).count() == 1


def test_a_late_mail_is_not_a_returned_one(sent):
    count = bounces.record(report(sent.uid, action="delayed", status="4.4.1"), actor=SYSTEM)
    sent.refresh_from_db()
    assert (count.returned, sent.state) == (0, "sent")
    assert Report.objects.get().action == "delayed"


def test_found_by_its_return_address_alone(sent):
    data = report("0" * 32, to=f"retours+{sent.uid}@boreal.example")
    assert bounces.record(data, actor=SYSTEM).returned == 1


def test_a_report_about_no_mail_of_ours_is_kept(sent):
    count = bounces.record(report("f" * 32), actor=SYSTEM)
    assert (count.reports, count.unknown, count.returned) == (1, 1, 0)
    assert Report.objects.get().message is None


def test_an_answer_of_a_person_is_no_report(sent):
    answer = (
        f"From: Client <a@client.example>\r\nTo: facturation@boreal.example\r\nSubject: Re: Votre facture\r\n"
        f"In-Reply-To: <{sent.uid}@boreal.example>\r\n\r\nMerci, je conteste.\r\n"
    ).encode()
    with pytest.raises(ValidationError, match="no delivery report"):
        bounces.record(answer, actor=SYSTEM, name="re.eml")
    sent.refresh_from_db()
    assert (sent.state, Report.objects.count()) == ("sent", 0)


def test_a_report_without_standard_is_kept_for_a_person(sent):
    odd = (
        f"From: postmaster@old.example\r\nTo: facturation@boreal.example\r\nSubject: failure\r\n\r\n"
        f"The following could not be delivered:\r\nMessage-ID: <{sent.uid}@boreal.example>\r\n"
    ).encode()
    assert [(one.action, one.uids) for one in dsn.read(odd)] == [("other", (sent.uid,))]
    assert bounces.record(odd, actor=SYSTEM).returned == 0
    assert Report.objects.get().message_id == sent.pk


@pytest.mark.parametrize(
    "junk", [b"", b"\x00\xff" * 100, b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n", b"Subject: =?x?"]
)
def test_junk_is_no_report(junk):
    assert dsn.read(junk) == []


def test_partners_send_no_report_in(sent, bruno):
    with pytest.raises(PermissionDenied):
        bounces.upload(actor=Actor(user=bruno), data=report(sent.uid), name="x.eml")
    assert not Report.objects.exists()


class Imap(socketserver.StreamRequestHandler):
    """As much of RFC 3501 as one reading needs, spoken over a real socket."""

    box: dict[int, tuple[bytes, set[str]]] = {}

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def handle(self) -> None:
        self.say(b"* OK ready")
        while line := self.rfile.readline():
            tag, _space, rest = line.strip().partition(b" ")
            words = rest.split()
            verb = b" ".join(words[:2]).upper() if words[0].upper() == b"UID" else words[0].upper()
            if verb == b"CAPABILITY":
                self.say(b"* CAPABILITY IMAP4rev1")
            elif verb == b"SELECT":
                self.say(b"* %d EXISTS" % len(self.box))
            elif verb == b"UID SEARCH":
                unseen = [b"%d" % uid for uid, (_data, flags) in self.box.items() if r"\Seen" not in flags]
                self.say(b"* SEARCH " + b" ".join(unseen))
            elif verb == b"UID FETCH":
                data = self.box[int(words[2])][0]
                self.say(b"* 1 FETCH (UID %s BODY[] {%d}" % (words[2], len(data)))
                self.wfile.write(data)
                self.say(b")")
            elif verb == b"UID STORE":
                self.box[int(words[2])][1].add(r"\Seen")
            elif verb == b"LOGIN" and b"wrong" in rest:
                self.say(tag + b" NO bad password")
                continue
            self.say(tag + b" OK done")
            if verb == b"LOGOUT":
                return


@pytest.fixture
def imap(monkeypatch):
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Imap) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("CHAPPE_BOUNCE_URL", f"imap://retours:pw@127.0.0.1:{server.server_address[1]}/INBOX")
        yield server
        server.shutdown()
        thread.join()


def test_the_mailbox_is_read_and_people_s_letters_left_unread(sent, imap):
    letter = b"From: a@client.example\r\nSubject: bonjour\r\n\r\nBonjour\r\n"
    Imap.box = {7: (report(sent.uid), set()), 8: (letter, set())}
    count = bounces.fetch(actor=SYSTEM)
    assert (count.reports, count.returned) == (1, 1)
    assert {uid: flags for uid, (_data, flags) in Imap.box.items()} == {7: {r"\Seen"}, 8: set()}
    sent.refresh_from_db()
    assert sent.state == State.BOUNCED
    assert bounces.fetch(actor=SYSTEM).reports == 0


def test_a_mailbox_that_refuses_is_told_without_the_password(imap, monkeypatch):
    from chappe.kit.mail.server import Unreachable

    monkeypatch.setenv("CHAPPE_BOUNCE_URL", f"imap://retours:wrong@127.0.0.1:{imap.server_address[1]}/INBOX")
    with pytest.raises(Unreachable) as refusal:
        bounces.fetch(actor=SYSTEM)
    assert "wrong" not in str(refusal.value)


def test_a_mailbox_in_clear_elsewhere_is_refused(monkeypatch):
    from chappe.kit.mail.server import Misconfigured

    monkeypatch.setenv("CHAPPE_BOUNCE_URL", "imap://a:b@mail.example/INBOX")
    with pytest.raises(Misconfigured):
        bounces.mailbox()
