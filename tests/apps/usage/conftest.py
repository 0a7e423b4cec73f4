"""A lake and a store of their own for each test, English sentences, and a worked file of calls."""

import pytest
from django.utils import translation

from tests.support import rows
from tests.support.calls import rated, strong, v091_calls


@pytest.fixture(autouse=True)
def _own_data(settings, tmp_path):
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
def version(bruno):
    return rows.version(bruno.organisation, "v091")


@pytest.fixture
def worked(bruno, version):
    """The eight calls of the example, rated, Bruno's."""
    return rated(v091_calls(), version, bruno.organisation)
