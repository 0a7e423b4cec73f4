"""Coming in: lock-out, second factor, sessions; refusals that tell nothing."""

from datetime import timedelta

import pyotp
import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from chappe.kit.access import lockout, services, totp
from chappe.kit.access.actor import Actor
from chappe.kit.access.models import LoginAttempt, OpenSession, SignInCounter, User
from tests.support import people

pytestmark = pytest.mark.django_db
SIGN_IN = "/sign-in/"


def knock(client, login, password=people.PASSWORD, **extra):
    return client.post(SIGN_IN, {"login": login, "password": password}, HTTP_ACCEPT_LANGUAGE="en", **extra)


def signed_in(client):
    return "_auth_user_id" in client.session


def test_user_name_or_email_in_any_capitals(client, bruno):
    assert knock(client, " BRUNO ").status_code == 302
    assert signed_in(client)
    client.post(reverse("access:sign-out"))
    assert not signed_in(client)
    assert knock(client, "Bruno@Chappe.example").status_code == 302
    assert signed_in(client)
    assert [row.outcome for row in LoginAttempt.objects.all()] == ["ok", "ok"]


def test_the_session_key_changes_and_is_listed(client, bruno):
    client.get(SIGN_IN)
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key
    knock(client, "bruno", HTTP_USER_AGENT="Firefox")
    assert client.session.session_key != before
    row = OpenSession.objects.get()
    assert (row.user, row.session_key, row.agent, row.address) == (
        bruno,
        client.session.session_key,
        "Firefox",
        "127.0.0.1",
    )


def test_only_to_our_own_pages_afterwards(client, bruno):
    answer = client.post(SIGN_IN, {"login": "bruno", "password": people.PASSWORD, "next": "https://evil.example/"})
    assert answer.url == "/"
    client.post("/sign-out/")
    answer = client.post(SIGN_IN, {"login": "bruno", "password": people.PASSWORD, "next": "/profile/?a=1"})
    assert answer.url == "/profile/?a=1"


def test_same_words_for_wrong_unknown_and_closed(client, bruno, chloe):
    User.objects.filter(pk=chloe.pk).update(is_active=False)
    pages = [knock(client, "bruno", "wrong"), knock(client, "nobody", "wrong"), knock(client, "chloe")]
    assert [page.status_code for page in pages] == [422, 422, 422]
    told = [page.context["form"].non_field_errors() for page in pages]
    assert told == [["This user name and this password do not go together."]] * 3
    assert not signed_in(client)
    outcomes = list(LoginAttempt.objects.order_by("pk").values_list("outcome", "login"))
    assert outcomes == [("bad_password", "bruno"), ("unknown", "no•••"), ("closed", "chloe")]


@pytest.mark.parametrize("login", ["bruno", "nobody"])
def test_the_account_locks_and_opens_after_the_delay(client, bruno, login):
    with time_machine.travel("2026-03-02 10:00:00+00:00", tick=False) as clock:
        for _ in range(lockout.ACCOUNT_FAILURES):
            assert "do not go together" in knock(client, login, "wrong").content.decode()
        locked = knock(client, login, people.PASSWORD)
        assert "Too many tries. Wait 15 minutes" in locked.content.decode()
        assert not signed_in(client)
        assert LoginAttempt.objects.first().outcome == "locked"
        clock.shift(lockout.LOCK - timedelta(seconds=1))
        assert "Too many tries" in knock(client, login).content.decode()
        clock.shift(timedelta(seconds=2))
        assert knock(client, login).status_code == (302 if login == "bruno" else 422)


def test_user_name_and_email_share_one_counter(client, bruno):
    for login in ["bruno", "bruno@chappe.example", "BRUNO", "bruno", "bruno@chappe.example"]:
        knock(client, login, "wrong")
    assert "Too many tries" in knock(client, "bruno").content.decode()


def test_success_forgets_the_failures(client, bruno):
    for _ in range(lockout.ACCOUNT_FAILURES - 1):
        knock(client, "bruno", "wrong")
    assert knock(client, "bruno").status_code == 302
    assert SignInCounter.objects.get(kind="account").failures == 0


def test_old_failures_are_forgotten(client, bruno):
    with time_machine.travel("2026-03-02 10:00:00+00:00", tick=False) as clock:
        for _ in range(lockout.ACCOUNT_FAILURES):
            knock(client, "bruno", "wrong")
        clock.shift(lockout.FORGET_AFTER + timedelta(seconds=1))
        assert knock(client, "bruno", "wrong").context["form"].non_field_errors() == [
            "This user name and this password do not go together."
        ]


def test_an_address_that_tries_many_names_is_locked(client, bruno):
    for number in range(lockout.ADDRESS_FAILURES):
        knock(client, f"name{number}", "wrong")
    assert "Too many tries" in knock(client, "bruno").content.decode()
    assert not signed_in(client)
    assert knock(client, "bruno", REMOTE_ADDR="192.0.2.7").status_code == 302


def test_proxies_are_believed_only_when_told(settings, client, bruno):
    knock(client, "bruno", "wrong", HTTP_X_FORWARDED_FOR="203.0.113.9, 198.51.100.1")
    settings.CHAPPE_PROXIES = 1
    knock(client, "bruno", "wrong", HTTP_X_FORWARDED_FOR="203.0.113.9, 198.51.100.1")
    assert list(LoginAttempt.objects.order_by("pk").values_list("address", flat=True)) == ["127.0.0.1", "198.51.100.1"]


def test_an_administrator_unlocks(client, admin, bruno):
    for _ in range(lockout.ACCOUNT_FAILURES + 1):
        knock(client, "bruno", "wrong")
    assert lockout.locked_until(bruno) > timezone.now()
    assert services.unlock(actor=Actor(admin), user=bruno) is True
    assert lockout.locked_until(bruno) is None
    assert knock(client, "bruno").status_code == 302


def enrolled(user):
    secret = totp.new_secret()
    codes = services.enrol_totp(actor=Actor(user), user=user, secret=secret, code=pyotp.TOTP(secret).now())
    return pyotp.TOTP(secret), codes


def test_second_factor(client, bruno):
    with time_machine.travel("2026-03-02 10:00:00+00:00", tick=False) as clock:
        phone, _ = enrolled(bruno)
        clock.shift(90)
        assert knock(client, "bruno").url == "/sign-in/code/"
        assert not signed_in(client)
        right = phone.now()
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"
        assert client.post("/sign-in/code/", {"code": wrong}).status_code == 422
        assert not signed_in(client)
        assert client.post("/sign-in/code/", {"code": f"{right[:3]} {right[3:]}"}).url == "/"
        assert signed_in(client)
        client.post("/sign-out/")
        knock(client, "bruno")
        assert client.post("/sign-in/code/", {"code": right}).status_code == 422  # a code serves once
        assert LoginAttempt.objects.first().outcome == "bad_code"


def test_codes_are_guessed_a_few_times_only(client, bruno):
    phone, _ = enrolled(bruno)
    knock(client, "bruno")
    for _ in range(lockout.ACCOUNT_FAILURES):
        assert client.post("/sign-in/code/", {"code": "no"}).status_code == 422
    with time_machine.travel(timezone.now() + timedelta(seconds=90)):
        assert client.post("/sign-in/code/", {"code": phone.now()}).status_code == 422
    assert not signed_in(client)


def test_the_code_must_follow_the_password_within_minutes(client, bruno):
    with time_machine.travel("2026-03-02 10:00:00+00:00", tick=False) as clock:
        phone, _ = enrolled(bruno)
        knock(client, "bruno")
        clock.shift(301)
        assert client.post("/sign-in/code/", {"code": phone.now()}).url == "/sign-in/"
    assert not signed_in(client)


def test_a_recovery_code_opens_once(client, bruno):
    _, codes = enrolled(bruno)
    assert len(codes) == totp.RECOVERY_CODES
    assert not bruno.recovery_codes.filter(fingerprint__in=codes).exists()
    knock(client, "bruno")
    assert client.post("/sign-in/code/", {"code": codes[0].upper()}).status_code == 302
    client.post("/sign-out/")
    knock(client, "bruno")
    assert client.post("/sign-in/code/", {"code": codes[0]}).status_code == 422
    assert bruno.recovery_codes.filter(used_at=None).count() == totp.RECOVERY_CODES - 1


def test_sessions_end_when_closed(client, bruno):
    knock(client, "bruno")
    assert client.get("/profile/").status_code == 200
    assert services.close_sessions(actor=Actor(bruno), user=bruno) == 1
    assert Session.objects.count() == 0
    assert client.get("/profile/").url == "/sign-in/?next=/profile/"


def test_a_closed_account_is_out_at_once(client, bruno):
    knock(client, "bruno")
    User.objects.filter(pk=bruno.pk).update(is_active=False)
    assert client.get("/profile/").status_code == 302


def test_sign_out_by_post_only(client, bruno):
    knock(client, "bruno")
    assert client.get("/sign-out/").status_code == 405
    assert signed_in(client)


def test_sign_out_needs_the_form_of_our_page(bruno):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(bruno)
    assert strict.post("/sign-out/").status_code == 403
