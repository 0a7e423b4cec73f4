"""Chromium for tests and for pictures of the manual: one place that knows how it is started.

A page that writes an error to its console, answers 5xx or lacks a static file fails the test that opened it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Response, sync_playwright

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    # the map draws with WebGL, in software: no machine of the tests has a graphics card
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    # pages themselves are drawn without it, which costs less
    "--disable-gpu-compositing",
    "--disable-gpu-rasterization",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: Said by Chromium for each answer ≥ 400; those that matter are caught by their status instead.
ECHO = "Failed to load resource"


def chromium() -> str:
    """Path of Chromium: CHROMIUM in the environment, else Debian's, else "" when there is none."""
    given = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return shutil.which(given) or shutil.which("chromium") or ""


@contextmanager
def browser() -> Iterator[Browser]:
    """A started Chromium, closed at the end. Raises RuntimeError when there is none."""
    path = chromium()
    if not path:
        raise RuntimeError("Chromium is not installed: apt-get install chromium, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield started
        finally:
            started.close()


def watched(page: Page, problems: list[str]) -> Page:
    """Write every fault of the page into ``problems``."""

    def answered(response: Response) -> None:
        missing = response.status >= 400 and "/static/" in response.url
        if response.status >= 500 or missing:
            problems.append(f"{response.status} {response.request.method} {response.url}")

    def said(message: Any) -> None:
        if message.type == "error" and not message.text.startswith(ECHO):
            problems.append(f"console: {message.text} ({page.url})")

    page.on("response", answered)
    page.on("console", said)
    page.on("pageerror", lambda error: problems.append(f"script: {error} ({page.url})"))
    return page


def sign_in(page: Page, address: Callable[[str], str], username: str, password: str, path: str = "/sign-in/") -> None:
    """Through the real form, as a person does. Raises AssertionError with the page's words when refused."""
    page.goto(address(path))
    page.fill("input[autocomplete=username]", username)
    page.fill("input[name=password]", password)
    page.locator("form:has(input[name=password]) [type=submit]").click()
    page.wait_for_load_state()
    refused = page.locator("input[name=password]").count()
    assert not refused, f"{username} could not sign in: {page.locator('main').inner_text()[:400]}"


def settled(page: Page) -> None:
    """Wait until fonts, htmx and charts have finished: only then is a picture worth taking."""
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready.then(() => true)")
    page.wait_for_function(
        "() => !document.querySelector('.htmx-request, canvas[data-chart]:not([data-drawn])')", timeout=60_000
    )
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
