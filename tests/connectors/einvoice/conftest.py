"""Rule workers are ended with the tests that started them."""

import pytest

from chappe.connectors.einvoice import rules


@pytest.fixture(scope="package", autouse=True)
def _no_worker_left_behind():
    yield
    rules.close()
