"""``chappe demo``: everything with realistic data, at a printed address."""

import logging
import signal
import threading
from typing import Annotated, Any

import typer

from chappe.cli.house import house, out, refuse, say
from chappe.core.base.lang import N_, reader_language

STOPPING = (signal.SIGINT, signal.SIGTERM)


def demo(
    check: Annotated[
        bool, typer.Option("--check", help=say(N_("Look that the main pages answer, then stop.")))
    ] = False,
) -> None:
    """Fill an empty house with a demonstration, start it, and print where and as whom to sign in.

    Example: chappe demo
    """
    out(say(N_("Preparing the demonstration. The first time takes a minute: the rating engine is being compiled.")))
    with house(least=logging.ERROR):  # the steps say enough
        from chappe.web.demo import run

        try:
            run.prepare(lambda step, **holes: out("  " + say(step, **holes)))
            serve(run, *run.address(), check=check)
        except run.DemoError as error:
            raise refuse(str(error)) from error


def serve(run: Any, host: str, port: int, *, check: bool) -> None:
    """Until Ctrl-C; with ``check`` only as long as it takes to ask every page."""
    with run.serving(host, port) as base:
        if check:
            raise typer.Exit(_check(base))
        _tell(base)
        stop = threading.Event()
        for number in STOPPING:
            signal.signal(number, lambda *_args: stop.set())
        stop.wait()


def _check(base: str) -> int:
    from chappe.web.demo import run

    faults = 0
    for path, status in run.check(base):
        faults += status != 200
        out(f"  {status}  {path}")
    out(
        say(N_("{count} pages do not answer as they should."), count=faults)
        if faults
        else say(N_("Every page answers."))
    )
    return 1 if faults else 0


def _tell(base: str) -> None:
    from chappe.web.demo.build import LOGINS, PASSWORD

    out("")
    out(say(N_("Chappe is running at {base}"), base=base))
    for login in LOGINS:
        who = login.french if reader_language() == "fr" else login.role
        out(f"  {login.name:<8} {PASSWORD}   {who}")
    out(say(N_("Ctrl-C stops it. The data stays in the data folder for the next time.")))
