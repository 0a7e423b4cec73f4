"""People of the contracts: Bruno and Chloé hold every right at the highest level, so that only ownership divides them."""

import pytest
from django.utils import translation

from tests.support import people
from tests.support.calls import strong


@pytest.fixture(autouse=True)
def _own_data(settings, tmp_path):
    """Files and lake of one test: keys of rows come back after a rollback, so a shared lake would mix tests up."""
    settings.DATA = tmp_path
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def bruno(bruno):
    return strong(bruno)


@pytest.fixture
def chloe(chloe):
    return strong(chloe)


@pytest.fixture
def visitor(db):
    """Somebody of Bruno's operator whose roles give nothing."""
    return people.UserFactory(username="visitor", organisation=people.OperatorFactory(name="Altitel", tenant="altitel"))
