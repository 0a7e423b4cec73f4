"""A data folder of its own for each test, and the rule workers ended with the package."""

import pytest

from chappe.connectors.einvoice import rules
from chappe.kit.access.actor import Actor

HOUSE = Actor.system("test")


@pytest.fixture(autouse=True)
def _own_data(settings, tmp_path, monkeypatch):
    settings.DATA = tmp_path
    monkeypatch.setenv("CHAPPE_DATA", str(tmp_path))
    (tmp_path / "files").mkdir()


@pytest.fixture(scope="package", autouse=True)
def _no_worker_left_behind():
    yield
    rules.close()
