"""A running site for browser tests: Django's threaded live server on a free loopback port, static files from finders.

Works with both databases because the server shares the test's own database. Never serves outside loopback.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

import pytest
from django.conf import settings

VENDOR_PROOF = "vendor/tabler/tabler.min.css"


@dataclass(frozen=True)
class Site:
    """``url`` has no slash at its end; ``at("/tariffs/")`` is a whole address."""

    url: str

    def at(self, path: str) -> str:
        return urljoin(self.url + "/", path.lstrip("/"))


@pytest.fixture
def site(live_server) -> Iterator[Site]:
    """The whole product on a free port. Fails, with what to do, when `make assets` was never run."""
    from django.contrib.staticfiles import finders

    if not finders.find(VENDOR_PROOF):
        pytest.fail(f"{VENDOR_PROOF} is missing under {settings.STATICFILES_DIRS[0]}: run make assets first")
    yield Site(live_server.url.rstrip("/"))
