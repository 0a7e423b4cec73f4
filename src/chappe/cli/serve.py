"""``chappe serve`` and ``chappe worker``: the running house. Starts processes and ends them; does no work itself."""

import socket
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Annotated

import typer

from chappe.cli.house import out, refuse, say, single
from chappe.core.base.lang import N_
from chappe.kit.ops.config import value
from chappe.kit.ops.supervise import Child, Supervisor

TOLD = {
    "restarted": N_("{name} fell and is started again."),
    "gave-up": N_("{name} falls again and again: everything is stopped. Its log, above, says why."),
}
PATIENCE_SECONDS = 60


def _address(bind: str) -> tuple[str, int]:
    host, colon, port = bind.rpartition(":")
    if not colon or not port.isdigit() or not 0 < int(port) < 65_536:
        raise refuse(say(N_("“{bind}” is no address: write host:port, such as 127.0.0.1:8000."), bind=bind))
    return host.strip("[]") or "127.0.0.1", int(port)


def _free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise refuse(
                say(
                    N_("{host}:{port} cannot be used ({error}). Give another one: --bind 127.0.0.1:8001"),
                    host=host,
                    port=port,
                    error=error.strerror,
                )
            ) from error


def _web(host: str, port: int, processes: int) -> Child:
    folder = Path(value("DATA")) / "run" / "prometheus"
    folder.mkdir(parents=True, exist_ok=True)
    for counted in folder.glob("*.db"):  # counters of processes that are gone
        counted.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "granian", "chappe.web.wsgi:application", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(processes), "--blocking-threads", "4", "--no-ws", "--log-level", "warning",
        "--respawn-failed-workers", "--workers-kill-timeout", str(int(value("STOP_SECONDS"))),
    ]  # fmt: skip
    return Child("web", command, {"PROMETHEUS_MULTIPROC_DIR": str(folder)})


def _workers(number: int) -> list[Child]:
    """With two or more, the first is kept for the quick queue: nobody waits behind an import of an hour."""
    command = [sys.executable, "-m", "chappe.kit.jobs.process"]
    return [
        Child(f"worker {n + 1}", [*command, "quick" if n == 0 and number > 1 else "quick,bulk"]) for n in range(number)
    ]


def _collector() -> list[Child]:
    """The connections of the PBXs. It waits for its turn rather than fall, when another one holds the spool."""
    if not value("COLLECT"):
        return []
    return [Child("collector", [sys.executable, "-m", "chappe.cli", "collect", "--wait"])]


def _supervise(children: list[Child], started: str, announce: tuple[str, int] | None = None) -> None:
    from chappe.kit.ops.backup import BackupError, running_lock

    supervisor = Supervisor(
        children,
        stop_seconds=float(value("STOP_SECONDS")) + 2,
        tell=lambda code, name: typer.echo(say(TOLD[code], name=name), err=True),
    )

    def begin() -> None:
        if announce is None:
            out(started)
        else:
            threading.Thread(target=_announce, args=(*announce, started), daemon=True).start()

    try:
        with running_lock():
            code = supervisor.run(begin)
    except BackupError as error:  # a restore holds the folder
        raise refuse(str(error)) from error
    raise typer.Exit(code)


def _announce(host: str, port: int, sentence: str) -> None:
    """Say the address once it answers, not before."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        connection = HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=5)  # noqa: S104 - a comparison
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status < 500:
                out(sentence)
                return
        except (OSError, HTTPException):
            time.sleep(0.2)
        finally:
            connection.close()


def _migrated() -> None:
    """A house whose tables are old is not opened."""
    from chappe.cli.house import house

    with house():
        from django.db import connection

        from chappe.kit.ops import health

        checks = [health.database(), health.migrations()]
        connection.close()
    faults = [check.sentence for check in checks if not check.ok]
    if faults:
        raise refuse("\n".join(faults))


def serve(
    bind: Annotated[str, typer.Option(help=say(N_("Address and port; CHAPPE_BIND by default.")))] = "",
    web_workers: Annotated[int, typer.Option(min=1, help=say(N_("Web processes.")))] = 2,
    workers: Annotated[bool, typer.Option(help=say(N_("Also run the job workers.")))] = True,
) -> None:
    """Run Chappe: the web server, the job workers and the collector, until stopped by Ctrl+C or SIGTERM.

    Example: chappe serve --bind 127.0.0.1:8080
    """
    host, port = _address(bind or value("BIND"))
    _free(host, port)
    _migrated()
    shown = f"[{host}]" if ":" in host else host
    children = [_web(host, port, web_workers)] + (_workers(int(value("WORKERS"))) if workers else []) + _collector()
    _supervise(
        children,
        say(N_("Chappe answers at http://{host}:{port}/ — Ctrl+C to stop."), host=shown, port=port),
        (host, port),
    )


def worker(
    processes: Annotated[
        int, typer.Option("-n", "--processes", min=0, help=say(N_("Number of processes; CHAPPE_WORKERS by default.")))
    ] = 0,
    queues: Annotated[str, typer.Option(help=say(N_("Only these queues, by commas: quick, bulk.")))] = "",
) -> None:
    """Run job workers alone, on this machine, until stopped by Ctrl+C or SIGTERM.

    Example: chappe worker -n 4
    """
    number = processes or int(value("WORKERS"))
    if unknown := set(filter(None, queues.split(","))) - {"quick", "bulk"}:
        raise refuse(say(N_("Unknown queue: {name}. There are: quick, bulk."), name=", ".join(sorted(unknown))))
    _migrated()
    children = _workers(number)
    if queues:
        children = [Child(child.name, [*child.command[:-1], queues]) for child in children]
    _supervise(children, say(N_("{n} workers run jobs — Ctrl+C to stop."), n=number))


serve_app = single(serve)
worker_app = single(worker)
