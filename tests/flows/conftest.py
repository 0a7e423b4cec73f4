"""Flows cross the house as its people do: own data for each, English sentences, every right but ownership."""

import pytest
from django.utils import translation

from tests.support import rows
from tests.support.calls import strong


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
