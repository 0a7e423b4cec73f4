"""Shared by the tests of apps."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.kit.jobs.conftest import Workers


@pytest.fixture
def workers(tmp_path, monkeypatch) -> Iterator[Workers]:
    """Real worker processes of the whole house, over the test database and this test's data folder."""
    monkeypatch.setenv("CHAPPE_DATA", str(settings.DATA))
    found = Workers(tmp_path)
    yield found
    found.stop()
