"""Fixtures of browser tests: the site, Chromium, and a page signed in as somebody.

Without Chromium the tests are skipped with the reason; in continuous integration (CI set) that is a failure.
"""

import os
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.shortcuts import resolve_url
from playwright.sync_api import Browser, Page, expect

from tests.support import browser as chrome
from tests.support.server import Site, site

__all__ = ["site"]

expect.set_options(timeout=60_000)  # a busy machine is waited for

HERE = os.path.dirname(__file__)  # noqa: PTH120 - compared with item paths as text


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if str(item.path).startswith(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module", autouse=True)
def _playwright_beside_django() -> Iterator[None]:
    """Playwright's loop runs in this thread; Django would take each query for one from async code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


# A file long, not a session: the loop would stay in this thread, and other tests start loops of their own there.
@pytest.fixture(scope="module")
def chromium(_playwright_beside_django) -> Iterator[Browser]:
    if not chrome.chromium():
        reason = "Chromium is not installed: apt-get install chromium, or set CHROMIUM to its path"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with chrome.browser() as started:
        yield started


@pytest.fixture
def new_page(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """``new_page(phone=False, language="en", javascript=True)``: a page that fails the test on its faults.

    ``page.problems`` is the list of what went wrong so far; a test that expects a fault empties it.
    """
    problems: list[str] = []
    contexts = []

    def make(*, phone: bool = False, language: str = "en", javascript: bool = True) -> Page:
        context = chromium.new_context(
            base_url=site.url,
            viewport=chrome.PHONE if phone else chrome.DESKTOP,
            is_mobile=phone,
            has_touch=phone,
            locale="fr-FR" if language == "fr" else "en-GB",
            timezone_id=settings.TIME_ZONE,
            java_script_enabled=javascript,
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = chrome.watched(context.new_page(), problems)
        page.problems = problems  # type: ignore[attr-defined]
        return page

    yield make
    for context in contexts:
        context.close()
    assert not problems, "The page had faults:\n" + "\n".join(problems)


@pytest.fixture
def page_for(new_page: Callable[..., Page], site: Site) -> Callable[..., Page]:
    """``page_for(user, phone=False)``: a page signed in as ``user`` through the real sign-in form."""

    def make(user, *, password: str = "", phone: bool = False) -> Page:
        from tests.support.people import PASSWORD

        page = new_page(phone=phone, language=user.language)
        chrome.sign_in(page, site.at, user.username, password or PASSWORD, resolve_url(settings.LOGIN_URL))
        return page

    return make
