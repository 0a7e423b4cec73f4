"""People of the contracts: Bruno and Chloé hold every right at the highest level, so that only ownership divides them."""

import pytest
from django.utils import translation

from chappe.kit.access.areas import Level, areas
from tests.support import people


@pytest.fixture(autouse=True)
def _own_data(settings, tmp_path):
    """Files and lake of one test: keys of rows come back after a rollback, so a shared lake would mix tests up."""
    settings.DATA = tmp_path
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


def _strong(user):
    user.roles.set([people.make_role("Tout", dict.fromkeys(areas(), Level.ADMIN))])
    user.forget_rights()
    return user


@pytest.fixture
def bruno(bruno):
    return _strong(bruno)


@pytest.fixture
def chloe(chloe):
    return _strong(chloe)


@pytest.fixture
def visitor(db):
    """Somebody of Bruno's operator whose roles give nothing."""
    return people.UserFactory(username="visitor", organisation=people.OperatorFactory(name="Altitel", tenant="altitel"))
