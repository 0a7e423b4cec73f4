"""The screens of tests/kit/screens again, this time through the API; keys made through their own service."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level
from chappe.kit.api import services
from chappe.kit.screens import registry
from tests.kit.screens.conftest import calls, commune_screen, contact_screen, operator_screen
from tests.support.people import make_role

CONTACTS = "/api/v1/test/contact/"


@pytest.fixture(autouse=True)
def _screens():
    calls.clear()
    with translation.override("en"), registry.amended(contact_screen(), operator_screen(), commune_screen()):
        yield


def make_key(user, name="ERP", **data):
    """(row, text) of a key on ``user``'s account, made by the house itself."""
    return services.create_key(actor=Actor.system("test"), data={"name": name, "user": user, **data})


def in_days(days):
    return timezone.now() + timedelta(days=days)


class Api:
    """A program with a key: JSON in, JSON out, in English."""

    def __init__(self, text: str = "", header: str = "bearer") -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"Accept-Language": "en"}
        if text:
            self.headers |= {"Authorization": f"Bearer {text}"} if header == "bearer" else {"X-API-Key": text}

    def __call__(self, method, path, body=None, **headers):
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(self.client, method)(path, headers=self.headers | headers, **data)

    def get(self, path, **headers):
        return self("get", path, **headers)

    def post(self, path, body=None, **headers):
        return self("post", path, {} if body is None else body, **headers)

    def patch(self, path, body, **headers):
        return self("patch", path, body, **headers)

    def put(self, path, body, **headers):
        return self("put", path, body, **headers)

    def delete(self, path, **headers):
        return self("delete", path, **headers)


@pytest.fixture
def partner_admin(bruno):
    """Bruno, who may also administer the API and the lexicon."""
    bruno.roles.set(
        [make_role("Admin partenaire", {"api": Level.ADMIN, "lexique": Level.ADMIN, "utilisateurs": Level.READ})]
    )
    bruno.forget_rights()
    return bruno


@pytest.fixture
def as_alice(alice):
    return Api(make_key(alice)[1])


@pytest.fixture
def as_bruno(bruno):
    return Api(make_key(bruno, "Bruno")[1])


@pytest.fixture
def as_chloe(chloe):
    return Api(make_key(chloe, "Chloé")[1])
