"""A partner prices with its own tariffs only, and its files are its own, whatever a request says."""

import io

import pytest
from django.core.exceptions import PermissionDenied

from chappe.apps.usage import services, simulations
from chappe.apps.usage.models import Simulation, UsageBatch
from chappe.kit.access.actor import Actor
from chappe.kit.access.areas import areas
from chappe.kit.documents.services import store
from tests.support.people import make_role
from tests.support.rows import new_mark, version

pytestmark = pytest.mark.django_db


def test_a_stranger_tariff_is_refused_and_a_file_is_its_senders(bruno, chloe):
    bruno.roles.set([make_role("Écriture", dict.fromkeys(areas(), 2))])
    bruno.forget_rights()
    actor = Actor(user=bruno, via="page")
    own, foreign = version(bruno.organisation, new_mark()), version(chloe.organisation, new_mark())
    stored = store(
        io.BytesIO(b"id,subject,destination,start,usage\n"), name="a.csv", actor=actor, owner=bruno.organisation
    )
    with pytest.raises(PermissionDenied):
        services.receive(actor=actor, stored=stored, version=foreign)
    with pytest.raises(PermissionDenied):
        simulations.create(actor=actor, name="x", month="2026-10", first=own, second=foreign)
    assert (UsageBatch.objects.count(), Simulation.objects.count()) == (0, 0)
    batch, is_new = services.receive(actor=actor, stored=stored, version=own, owner=chloe.organisation)
    assert (is_new, batch.owner) == (True, bruno.organisation)
