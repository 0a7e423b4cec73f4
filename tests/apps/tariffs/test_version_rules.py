"""Versions of a tariff plan: loaded once, activated at a date, withdrawn before it, never moved once in force."""

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from chappe.apps.tariffs import services
from chappe.apps.tariffs.loading import load_compiled, load_tariff
from chappe.apps.tariffs.models import TariffFault, TariffPlan, TariffRow, TariffVersion
from chappe.apps.tariffs.queries import next_version, version_at
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import visible_to
from chappe.kit.documents.services import store
from tests.support import people

pytestmark = pytest.mark.django_db

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "tariffs"
DAY = dt.timedelta(days=1)
NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)
PRICES = "plan;prefixe;destination;prix_unite;unite\nA;33;France;0,02;min\nA;49;Allemagne;0,05;min\n"


@pytest.fixture(autouse=True)
def _data(settings, tmp_path, time_machine_at):
    settings.DATA = tmp_path


@pytest.fixture
def time_machine_at():
    import time_machine

    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def actor(alice):
    return Actor(user=alice, via="page")


def plan_of(actor, owner=None, code="DETAIL"):
    return services.create_plan(actor=actor, data={"code": code, "name": "Détail", "owner": owner})


def load(actor, plan, content=PRICES, name="prix.csv"):
    stored = store(io.BytesIO(content if isinstance(content, bytes) else content.encode()), name=name, actor=actor)
    return services.load_version(actor=actor, plan=plan, stored=stored)


def zipped(folder):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted((EXAMPLES / folder).glob("*.csv")):
            if path.name != "calls.csv":
                archive.writestr(zipfile.ZipInfo(path.name, (2026, 1, 1, 0, 0, 0)), path.read_bytes())
    return out.getvalue()


def test_the_seed_sample_loads_with_its_faults_named(actor):
    version = load(actor, plan_of(actor), zipped("seed-2012"), "graine.zip")
    assert version.format == "seed-2012"
    codes = set(version.faults.values_list("code", flat=True))
    assert codes >= {"tariff-dangling", "tariff-short-row", "tariff-duplicate-row"}
    assert version.state == TariffVersion.State.CHECKED  # a dangling tag warns, it does not stop
    assert version.rows.filter(destination="GERMANY_O2", prefix="49176").exists()
    assert load_tariff(version).version == version.fingerprint
    assert load_compiled(version) is load_compiled(version)


def test_the_same_content_again_is_the_same_version(actor):
    plan = plan_of(actor)
    first = load(actor, plan)
    assert load(actor, plan) == first
    assert (plan.versions.count(), TariffRow.objects.count()) == (1, 2)


def test_a_file_without_prices_leaves_nothing(actor):
    plan = plan_of(actor)
    with pytest.raises(ValidationError):
        load(actor, plan, "bonjour\n")
    assert (plan.versions.count(), TariffRow.objects.count(), TariffFault.objects.count()) == (0, 0, 0)


def test_the_version_at_an_instant_is_the_last_one_activated_by_then(actor):
    plan = plan_of(actor)
    one, two = load(actor, plan), load(actor, plan, PRICES.replace("0,05", "0,06"))
    services.activate(actor=actor, version=one, at=NOW - DAY)
    services.activate(actor=actor, version=two, at=NOW + DAY)
    assert version_at(plan, NOW - DAY - dt.timedelta(microseconds=1)) is None
    assert version_at(plan, NOW - DAY) == one
    assert version_at(plan, NOW + DAY - dt.timedelta(microseconds=1)) == one
    assert version_at(plan, NOW + DAY) == two
    assert next_version(plan, NOW) == two
    two.refresh_from_db()
    assert (two.number, two.in_force) == (2, False)


def test_two_versions_never_start_at_the_same_instant(actor):
    plan = plan_of(actor)
    one, two = load(actor, plan), load(actor, plan, PRICES.replace("0,05", "0,06"))
    services.activate(actor=actor, version=one, at=NOW + DAY)
    with pytest.raises(ValidationError):
        services.activate(actor=actor, version=two, at=NOW + DAY)
    two.refresh_from_db()
    assert (two.state, two.active_from) == (TariffVersion.State.CHECKED, None)


def test_an_activation_to_come_may_be_moved_and_withdrawn(actor):
    plan = plan_of(actor)
    version = load(actor, plan)
    services.activate(actor=actor, version=version, at=NOW + DAY)
    services.activate(actor=actor, version=version, at=NOW + 2 * DAY)
    assert version_at(plan, NOW + DAY) is None
    services.withdraw(actor=actor, version=version)
    version.refresh_from_db()
    assert (version.state, version.active_from) == (TariffVersion.State.WITHDRAWN, None)
    with pytest.raises(ValidationError):
        services.activate(actor=actor, version=version, at=NOW + DAY)


@pytest.mark.parametrize("at", [NOW - DAY, NOW])
def test_a_version_in_force_is_neither_moved_nor_withdrawn(actor, at):
    plan = plan_of(actor)
    version = load(actor, plan)
    services.activate(actor=actor, version=version, at=at)
    with pytest.raises(ValidationError):
        services.activate(actor=actor, version=version, at=NOW + DAY)
    with pytest.raises(ValidationError):
        services.withdraw(actor=actor, version=version)
    version.refresh_from_db()
    assert (version.state, version.active_from) == (TariffVersion.State.ACTIVE, at)


def test_readers_and_strangers_change_nothing(actor, bruno, chloe):
    plan = plan_of(actor, owner=bruno.organisation)
    version = load(actor, plan)
    for person in (bruno, chloe):
        with pytest.raises(PermissionDenied):
            services.activate(actor=Actor(user=person, via="api"), version=version, at=NOW + DAY)
        with pytest.raises(PermissionDenied):
            services.withdraw(actor=Actor(user=person, via="api"), version=version)
    version.refresh_from_db()
    assert version.state == TariffVersion.State.CHECKED


def test_a_writer_of_another_operator_changes_nothing(actor, bruno, chloe):
    version = load(actor, plan_of(actor, owner=bruno.organisation))
    chloe.roles.set([people.make_role("Tarifs", {"tarifs": 2})])
    chloe.forget_rights()
    stranger = Actor(user=chloe, via="api")
    with pytest.raises(PermissionDenied):
        services.activate(actor=stranger, version=version, at=NOW + DAY)
    with pytest.raises(PermissionDenied):
        load(stranger, version.plan, PRICES.replace("0,05", "0,06"))
    version.refresh_from_db()
    assert (version.state, version.plan.versions.count()) == (TariffVersion.State.CHECKED, 1)


@pytest.mark.parametrize("model", [TariffPlan, TariffVersion, TariffRow, TariffFault])
def test_a_stranger_sees_no_row(actor, bruno, chloe, model):
    load(actor, plan_of(actor, owner=bruno.organisation), zipped("seed-2012"), "graine.zip")
    assert visible_to(bruno, model).count() == model.objects.count() > 0
    assert visible_to(chloe, model).count() == 0
