"""Tariff pages in English, a store of their own, and plans of two operators and of the house."""

import io
import zipfile
from pathlib import Path

import pytest
from django.utils import translation

from chappe.apps.tariffs import services
from chappe.kit.access.actor import Actor
from chappe.kit.documents.services import store

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "tariffs"
HEAD = "tarif_code;debut_validite;prefixe;destination;plage;prix_connexion;prix_unite;unite;premier_palier;palier_suivant\n"
FIRST = HEAD + (
    "DETAIL;;33;France;;0;0,024;MIN;60;1\n"
    "DETAIL;;336;France mobile;HP;0,05;0,12;MIN;1;1\n"
    "DETAIL;;336;France mobile;HC;0,05;0,06;MIN;1;1\n"
    "DETAIL;;49;Allemagne;;0,10;0,05;MIN;1;1\n"
)
SECOND = FIRST.replace("0,024", "0,03").replace(
    "DETAIL;;49;Allemagne;;0,10;0,05;MIN;1;1\n", "DETAIL;;34;Espagne;;0;0,04;MIN;1;1\n"
)


@pytest.fixture(autouse=True)
def _own(settings, tmp_path):
    settings.DATA = tmp_path
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def actor(alice):
    return Actor(user=alice, via="page")


def zipped(folder):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted((EXAMPLES / folder).glob("*.csv")):
            if path.name != "calls.csv":
                archive.writestr(zipfile.ZipInfo(path.name, (2026, 1, 1, 0, 0, 0)), path.read_bytes())
    return out.getvalue()


def loaded(actor, plan, content, name="prix.csv"):
    data = content if isinstance(content, bytes) else content.encode()
    stored = store(io.BytesIO(data), name=name, actor=actor, owner=plan.owner)
    return services.load_version(actor=actor, plan=plan, stored=stored)


@pytest.fixture
def plan(actor, bruno):
    """Altitel's plan: Bruno reads it, Chloé does not."""
    return services.create_plan(actor=actor, data={"code": "DETAIL", "name": "Détail", "owner": bruno.organisation})


@pytest.fixture
def version(actor, plan):
    return loaded(actor, plan, FIRST)


@pytest.fixture
def second(actor, plan, version):
    return loaded(actor, plan, SECOND)


@pytest.fixture
def seed(actor):
    """The house's plan from the tables of 2012, with their known faults."""
    plan = services.create_plan(actor=actor, data={"code": "SEED", "owner": None})
    return loaded(actor, plan, zipped("seed-2012"), "seed.zip")
