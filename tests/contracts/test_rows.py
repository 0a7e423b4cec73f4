"""Every scoped model, through the one door: its owner and the house see a row, a stranger and a visitor do not."""

import pytest
from django.contrib.auth.models import AnonymousUser

from chappe.kit.access.door import EVERYONE, HOUSE, areas, scoped_models, visible_to
from tests.support import rows

#: Scoped models of which no row is made, and why.
WITHOUT_FACTORY = {
    "api.KeyHolder": "the account behind a key is a proxy of User that is never saved",
}
MODELS = [(model, access) for model, access in scoped_models() if model._meta.label not in WITHOUT_FACTORY]


def named(case):
    return case._meta.label if hasattr(case, "_meta") else ""


def shows(user, row) -> bool:
    return visible_to(user, type(row)).filter(pk=row.pk).exists()


def test_every_scoped_model_has_a_factory():
    missing = [model._meta.label for model, _access in MODELS if model not in rows.FACTORIES]
    assert missing == [], "add them to tests/support/rows.py"


def test_no_exemption_is_stale():
    known = {model._meta.label: model for model, _access in scoped_models()}
    assert set(WITHOUT_FACTORY) <= set(known)
    assert [label for label in WITHOUT_FACTORY if known[label] in rows.FACTORIES] == []
    assert all(known[label]._meta.proxy for label in WITHOUT_FACTORY)


def test_no_factory_is_left_over():
    assert set(rows.FACTORIES) <= {model for model, _access in scoped_models()}


@pytest.mark.parametrize(("model", "access"), MODELS, ids=named)
def test_only_owner_and_house_see_a_row(model, access, alice, bruno, chloe, visitor):
    row = rows.make(model, bruno.organisation)
    assert access.area in areas()
    assert shows(alice, row)
    assert shows(bruno, row) is (access.owner != HOUSE)
    assert shows(chloe, row) is (access.owner == EVERYONE)
    assert not shows(visitor, row)
    assert not shows(AnonymousUser(), row)
    assert not shows(None, row)
    bruno.is_active = False
    assert not shows(bruno, row)


@pytest.mark.parametrize(
    ("model", "access"), [(m, a) for m, a in MODELS if a.owner not in {EVERYONE, HOUSE, "self"}], ids=named
)
def test_a_row_of_the_house_is_not_a_partners(model, access, alice, bruno):
    row = rows.make(model, bruno.organisation)
    theirs = rows.make(model, None)
    assert shows(alice, theirs)
    assert [pk for pk in visible_to(bruno, model).values_list("pk", flat=True) if pk == theirs.pk] == []
    assert shows(bruno, row)
