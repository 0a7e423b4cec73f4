"""These tests read English sentences; French has its own tests."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import translation

from chappe.apps.customers import services
from chappe.kit.access.actor import Actor
from tests.apps.exchange.conftest import act, send, work  # noqa: F401 - fixtures
from tests.support import people

SYSTEM = Actor.system("test")
JANUARY = dt.date(2026, 1, 1)
SIREN = "552100554"  # key: Luhn
VAT = "FR96552100554"  # key: (12 + 3 × (552100554 mod 97)) mod 97 = 96


@pytest.fixture(autouse=True)
def _english(settings, tmp_path):
    settings.LANGUAGE_CODE = "en"
    settings.DATA = tmp_path
    with translation.override("en"):
        yield


@pytest.fixture
def actor(alice):
    return Actor(alice)


@pytest.fixture
def bruno_writes(bruno):
    """Bruno may write customers of his own operator."""
    bruno.roles.set([people.partner_role(clients=3, fichiers=2)])
    bruno.forget_rights()
    return bruno


@pytest.fixture
def made(db):
    """Two customers of the house, A and B, and a line 201."""
    a = services.create_customer(actor=SYSTEM, data=complete(name="Menuiserie Perret"))
    b = services.create_customer(actor=SYSTEM, data=complete(name="Fromagerie Vautrin"))
    line = services.create_line(actor=SYSTEM, data={"number": "201", "user_name": "Anne Roussel"})
    return SimpleNamespace(a=a, b=b, line=line)


def complete(**more):
    """A customer about which there is nothing to say."""
    return {
        "line1": "4 rue des Forges", "postal_code": "39100", "city": "Dole", "siren": SIREN, "vat_number": VAT,
        "invoice_emails": "compta@perret.example", **more,
    }  # fmt: skip
