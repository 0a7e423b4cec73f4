"""“Password forgotten”: the link arrives, serves once; a stranger learns nothing."""

import re

import pytest

from chappe.kit.access.models import User
from chappe.kit.jobs.context import JobContext
from chappe.kit.jobs.models import Job, JobLog
from chappe.kit.mail import jobs, posting
from chappe.kit.mail.models import Message
from tests.support import people

pytestmark = pytest.mark.django_db
NEW = "Un-pantographe-de-1791"


def ask(client, login: str) -> str:
    response = client.post("/sign-in/forgotten/", {"login": login})
    assert response.status_code == 200
    page = re.sub(r"[A-Za-z0-9]{64}", "", response.content.decode())  # the token of the forms differs each time
    assert "<h1>" in page
    return page


def run_jobs() -> None:
    for job in Job.objects.filter(name="mail.forgotten", state="queued"):
        jobs.forgotten_job(JobContext(job), **job.params)
        Job.objects.filter(pk=job.pk).update(state="done")


def test_the_link_arrives_and_serves_once(smtp, box, client):
    user = people.UserFactory(username="denise", email="denise@altitel.example")
    ask(client, "DENISE@altitel.example")
    run_jobs()
    assert posting.post().sent == 1
    [mail] = box.mails
    assert box.envelopes[0][1] == ["denise@altitel.example"]
    link = re.search(r"http://\S+", mail.get_body(("plain",)).get_content()).group()
    path = link.removeprefix("http://testserver")
    assert path.startswith("/welcome/")
    assert client.get(path).status_code == 200
    assert client.post(path, {"new": NEW, "again": NEW}).status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert client.get(path).status_code == 410, "once"


def test_the_same_answer_for_nobody(smtp, client):
    people.UserFactory(username="denise", email="denise@altitel.example")
    people.UserFactory(username="closed", email="closed@altitel.example", is_active=False)
    people.UserFactory(username="silent", email="")
    answers = {ask(client, login) for login in ("denise", "closed", "silent", "nobody", "x' OR 1=1")}
    assert len(answers) == 1
    assert Job.objects.filter(name="mail.forgotten").count() == 5, "the same rows are written for all"
    run_jobs()
    assert [message.to for message in Message.objects.all()] == [["denise@altitel.example"]]


def test_one_mail_in_ten_minutes_and_nothing_of_it_is_shown(smtp, client, admin):
    people.UserFactory(username="denise", email="denise@altitel.example")
    for _turn in range(3):
        ask(client, "denise")
    run_jobs()
    message = Message.objects.get()
    assert (message.text, message.confidential) == ("", True)
    assert "/welcome/" not in str(list(JobLog.objects.values())) + str(list(Job.objects.values("params", "result")))
    client.force_login(admin)
    assert "/welcome/" not in client.get(f"/mail/message/{message.pk}/").content.decode()


def test_an_address_that_asks_too_often_is_not_heard(smtp, client):
    for _turn in range(33):
        ask(client, "nobody")
    assert Job.objects.filter(name="mail.forgotten").count() == 30


def test_without_a_mail_server_an_administrator_is_named(no_server, client):
    people.UserFactory(username="denise", email="denise@altitel.example")
    page = client.get("/sign-in/forgotten/").content.decode()
    assert 'name="login"' not in page
    ask(client, "denise")
    assert (Job.objects.count(), Message.objects.count()) == (0, 0)
    assert "forgotten" in client.get("/sign-in/").content.decode()
    assert User.objects.count() == 1
