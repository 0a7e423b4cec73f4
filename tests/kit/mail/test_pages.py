"""The outbox on pages: who sees it, what its buttons do, a mail as a file, the test mail, the card."""

import io
from email import message_from_bytes, policy

import pytest

from chappe.kit.access.actor import Actor
from chappe.kit.documents.services import store
from chappe.kit.jobs.context import JobContext
from chappe.kit.jobs.models import Job
from chappe.kit.mail import dashboard, jobs, posting, services
from chappe.kit.mail.models import Message, State
from chappe.kit.screens import registry
from tests.kit.mail.test_bounces import report
from tests.support import people

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def written(**given) -> Message:
    usual = {"actor": SYSTEM, "to": "a@client.example", "subject": "Votre facture", "text": "Bonjour, voici 12 €."}
    return services.send(**(usual | given))


def test_a_stranger_sees_nothing_of_it(smtp, client, bruno, chloe):
    stored = store(io.BytesIO(b"x"), name="f.pdf", actor=SYSTEM, owner=bruno.organisation)
    message = written(owner=bruno.organisation, attachments=[stored])
    file = message.files.get()
    pages = [f"/mail/message/{message.pk}/", f"/mail/message/{message.pk}/mail.eml", f"/mail/file/{file.pk}/download/"]
    client.force_login(bruno)
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200
        b"".join(response)  # a file is streamed: read to its end, it is closed
    client.force_login(chloe)
    assert [client.get(page).status_code for page in pages] == [404, 404, 404]
    assert b"Votre facture" not in client.get("/mail/message/").content
    assert list(Message.objects.visible_to(chloe)) == []


def test_the_mail_as_a_file(smtp, client, alice):
    message = written()
    client.force_login(alice)
    response = client.get(f"/mail/message/{message.pk}/mail.eml")
    mail = message_from_bytes(response.content, policy=policy.default)
    assert response["Content-Disposition"] == f'attachment; filename="votre-facture-{message.pk}.eml"'
    assert mail["Message-ID"] == message.message_id
    assert mail.get_content() == "Bonjour, voici 12 €.\r\n" or mail.get_content() == "Bonjour, voici 12 €.\n"


def test_a_confidential_mail_is_given_to_nobody(smtp, client, admin):
    message = written(text="https://secret.example/abc", confidential=True)
    client.force_login(admin)
    page = client.get(f"/mail/message/{message.pk}/")
    assert b"secret.example" not in page.content
    assert client.get(f"/mail/message/{message.pk}/mail.eml").status_code == 403
    assert b"secret.example" not in client.get(f"/api/v1/mail/message/{message.pk}/").content


def test_buttons(smtp, client, alice):
    message = written()
    client.force_login(alice)

    def press(name: str) -> str:
        address = registry.url("mail.message", "action", pk=message.pk, name=name)
        assert client.post(address).status_code == 302
        message.refresh_from_db()
        return message.state

    assert press("cancel") == State.CANCELLED
    assert press("release") == State.CANCELLED, "it is not a kept one"
    assert press("again") == State.QUEUED
    assert press("again") == State.QUEUED


def test_a_reader_may_not_send_again(smtp, bruno):
    from django.core.exceptions import PermissionDenied

    message = written(owner=bruno.organisation)
    with pytest.raises(PermissionDenied):
        services.cancel(message, actor=Actor(user=bruno))
    message.refresh_from_db()
    assert message.state == State.QUEUED


def test_the_test_mail(smtp, box, client, admin):
    client.force_login(admin)
    page = client.get("/mail/test/")
    assert f"127.0.0.1:{smtp.port}" in page.content.decode()
    response = client.post("/mail/test/", {"to": "moi@boreal.example"})
    message = Message.objects.get()
    assert response["Location"] == f"/mail/message/{message.pk}/"
    assert posting.post().sent == 1
    assert box.envelopes[0][1] == ["moi@boreal.example"]


def test_the_test_mail_without_a_server(no_server, client, admin):
    client.force_login(admin)
    response = client.post("/mail/test/", {"to": "moi@boreal.example"})
    assert response.status_code == 422
    assert "CHAPPE_SMTP_URL" in response.content.decode()
    assert not Message.objects.exists()


def test_a_partner_has_no_test_mail(smtp, client, bruno):
    bruno.roles.set([people.make_role("Courriels", {"courriels": 3})])
    client.force_login(bruno)
    assert client.get("/mail/test/").status_code == 403
    assert client.get("/mail/returned/").status_code == 403


def test_a_returned_mail_sent_in_on_the_page(smtp, client, admin):
    message = written()
    posting.post()
    client.force_login(admin)
    eml = io.BytesIO(report(message.uid))
    eml.name = "retour.eml"
    response = client.post("/mail/returned/", {"file": eml}, follow=True)
    assert "marked as returned" in response.content.decode()
    message.refresh_from_db()
    assert message.state == State.BOUNCED
    junk = io.BytesIO(b"Subject: hi\r\n\r\nhello")
    junk.name = "lettre.eml"
    response = client.post("/mail/returned/", {"file": junk})
    assert response.status_code == 422
    assert "no delivery report" in response.content.decode()


def test_the_card_speaks_only_of_trouble(smtp, box, alice, chloe):
    assert dashboard.trouble(alice) is None
    box.rcpt["a@client.example"] = "550 no such user"
    written()
    posting.post()
    rows = dashboard.trouble(alice)["rows"]
    assert [(row["title"], row["tone"]) for row in rows] == [("Votre facture", "bad")]
    assert "550 no such user" in rows[0]["second"]
    assert dashboard.trouble(chloe) is None


def test_the_job_comes_back_when_the_server_is_away(smtp, box, start):
    port = smtp.port
    written()
    smtp.stop()
    ctx = JobContext(Job.objects.create(name="mail.send"))
    jobs.send(ctx)
    later = Job.objects.get(unique="mail.send.later")
    assert later.params == {"failures": 1}
    assert 50 < (later.not_before - later.created).total_seconds() <= 60
    start(port)
    jobs.send(JobContext(later), failures=1)
    assert len(box.mails) == 1


def test_the_list_in_french(smtp, client, admin):
    admin.language = "fr"
    admin.save()
    written()
    client.force_login(admin)
    page = client.get("/mail/message/", headers={"accept-language": "fr"}).content.decode()
    assert "Courriels" in page
    assert "à envoyer" in page
