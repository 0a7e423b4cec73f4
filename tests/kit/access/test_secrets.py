"""Secrets: unreadable in the database, absent from logs, alive through a change of key."""

import pytest
from django.core.exceptions import FieldError
from django.db import connection

from chappe.apps.parties.models import Operator
from chappe.kit.access.secrets import MASK, Unreadable, decrypt, encrypt, mask_secrets, rotate
from tests.support import people


def raw(operator):
    with connection.cursor() as cursor:
        cursor.execute("SELECT ftp_password FROM parties_operator WHERE id = %s", [operator.pk])
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_encrypted_at_rest():
    operator = people.OperatorFactory(ftp_password="gaufre")
    assert "gaufre" not in raw(operator)
    assert raw(operator).startswith("f1:")
    assert Operator.objects.get().ftp_password == "gaufre"
    assert raw(people.OperatorFactory(name="B", ftp_password="")) == ""


@pytest.mark.django_db
def test_two_equal_secrets_look_different():
    assert encrypt("gaufre") != encrypt("gaufre")
    with pytest.raises(FieldError):
        list(Operator.objects.filter(ftp_password="gaufre"))


@pytest.mark.django_db
def test_rotation_of_the_key(settings):
    operator = people.OperatorFactory(ftp_password="gaufre")
    old, before = settings.SECRET_KEY, raw(operator)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [old]
    assert Operator.objects.get().ftp_password == "gaufre"
    assert rotate(Operator) == 1
    assert raw(operator) != before
    settings.SECRET_KEY_FALLBACKS = []
    assert Operator.objects.get().ftp_password == "gaufre"


@pytest.mark.django_db
def test_a_secret_that_no_key_opens_is_kept(settings):
    operator = people.OperatorFactory(ftp_password="gaufre")
    before = raw(operator)
    right, settings.SECRET_KEY = settings.SECRET_KEY, "another key"
    found = Operator.objects.get()
    assert found.ftp_password == ""
    assert isinstance(found.ftp_password, Unreadable)
    found.notes = "seen"
    found.save()
    assert raw(operator) == before
    settings.SECRET_KEY = right
    assert Operator.objects.get().ftp_password == "gaufre"


def test_plain_text_from_before_is_read_as_it_stands():
    assert decrypt("plain") == "plain"


def test_logs_are_masked():
    event = {
        "event": "connect", "user": "bruno", "password": "a", "ftp_password": "b", "api_key": "c", "empty_token": "",
        "headers": {"Authorization": "Bearer d", "Accept": "*/*"}, "url": "postgresql://chappe:e@db/x", "list": [{"secret": "f"}],
    }  # fmt: skip
    assert mask_secrets(None, "info", event) == {
        "event": "connect", "user": "bruno", "password": MASK, "ftp_password": MASK, "api_key": MASK, "empty_token": "",
        "headers": {"Authorization": MASK, "Accept": "*/*"}, "url": f"postgresql://chappe:{MASK}@db/x", "list": [{"secret": MASK}],
    }  # fmt: skip
