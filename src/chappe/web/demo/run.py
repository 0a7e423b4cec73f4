"""``chappe demo``: prepare the demonstration, start everything, print where and as whom to sign in.

``check`` starts the same, asks the main pages as a signed-in person would, and stops.
"""

import http.cookiejar
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chappe.kit.ops.config import value
from chappe.web.demo.build import LOGINS, PASSWORD

OTHERS = ("/", "/api/v1/docs/", "/settings/", "/healthz")
START_SECONDS = 180
STOP_SECONDS = 30


class DemoError(Exception):
    """The demonstration cannot go on; the text says why and where to look."""


def prepare(say: Callable[..., None]) -> None:
    """Tables and data, in this process. Safe to repeat."""
    from django.core.management import call_command

    from chappe.apps.usage.models import UsageBatch
    from chappe.kit.jobs import scheduler
    from chappe.web.demo.build import build

    call_command("migrate", verbosity=0, interactive=False)
    scheduler.sync()
    build(say)
    unfinished = UsageBatch.objects.exclude(state=UsageBatch.State.READY)
    if unfinished.exists():
        row = unfinished.order_by("pk")[0]
        raise DemoError(f"{row.name}: {row.problem or row.state}")


def free_port(host: str, wanted: int) -> int:
    """``wanted`` when nobody listens there, else a port that the system gives."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port on {host}")


def address() -> tuple[str, int]:
    """Where the demonstration listens: CHAPPE_BIND, on another port when that one is taken."""
    host, _colon, port = str(value("BIND")).rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    return host, free_port(host, int(port))


@contextmanager
def serving(host: str, port: int) -> Iterator[str]:
    """``chappe serve`` as a child process, ended by its own process id. Yields its address once it answers."""
    base = f"http://{host}:{port}"
    command = [sys.executable, "-m", "chappe.cli", "serve", "--bind", f"{host}:{port}"]
    log = Path(value("DATA")) / "log" / "demo.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        child = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        _wait(base, child, log)
        yield base
    finally:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait(base: str, child: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if child.poll() is not None:
            raise DemoError(f"the server stopped at once with code {child.returncode}: see {log}")
        try:
            with urllib.request.urlopen(f"{base}/healthz", timeout=5):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise DemoError(f"the server did not answer in time: see {log}")


def check(base: str) -> list[tuple[str, int]]:
    """Sign in as the first person and ask every main page; (path, HTTP status) of each."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    form = browser.open(f"{base}/sign-in/", timeout=60).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    fields = {
        "login": LOGINS[0].name,
        "password": PASSWORD,
        "next": "/",
        "csrfmiddlewaretoken": token.group(1) if token else "",
    }
    request = urllib.request.Request(  # noqa: S310
        f"{base}/sign-in/", urllib.parse.urlencode(fields).encode(), {"Referer": f"{base}/sign-in/"}
    )
    browser.open(request, timeout=60).read()
    return [(path, _status(browser, base + path)) for path in pages()]


def pages() -> list[str]:
    """The home page, and everything that stands in the first person's menu."""
    from chappe.kit.access.models import User
    from chappe.kit.screens.context import menu_for

    sections = menu_for(User.objects.get(username=LOGINS[0].name))
    return [*OTHERS, *dict.fromkeys(str(entry["url"]) for section in sections for entry in section["entries"])]


def _status(browser: urllib.request.OpenerDirector, url: str) -> int:
    try:
        with browser.open(url, timeout=60) as answer:
            # A page that sends back to the sign-in form answers 200 too: it has not been seen.
            return 401 if "/sign-in/" in answer.url else int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
