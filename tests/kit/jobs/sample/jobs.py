"""Jobs that the tests run in real worker processes. Each writes what it does in a file, one line an event."""

import os
import time
from pathlib import Path

from django.core.exceptions import ValidationError

from chappe.kit.jobs import registry
from chappe.kit.jobs.registry import BULK, job


def tell(path: str, *words: object) -> None:
    """Append one line at once: several processes write the same file."""
    out = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(out, (" ".join(map(str, (*words, os.getpid()))) + "\n").encode())
    os.close(out)


@job("sample.count", label="Count", retries=3)
def count(ctx, path: str = "", to: int = 3, pause: float = 0.0, key: str = "") -> None:
    if path:
        tell(path, "start", key)
    for n in range(to):
        ctx.progress(n, to, f"step {n}")
        time.sleep(pause)
    ctx.progress(to, to, "")
    ctx.log(f"counted to {to}")
    ctx.result(counted=to)
    if path:
        tell(path, "end", key)


@job("sample.meets", label="Waits for another process", retries=1)
def meets(ctx, path: str, seconds: float = 200) -> None:
    """Ends when a second process has begun something, or after ``seconds``: the others then find one process alone."""
    tell(path, "start", "meets")
    end = time.monotonic() + seconds
    while time.monotonic() < end and len({line.split()[-1] for line in Path(path).read_text().splitlines()}) < 2:
        ctx.check()
        time.sleep(0.02)


@job("sample.stuck", label="Never looks up", retries=1, queue=BULK)
def stuck(ctx, path: str, seconds: float = 60) -> None:
    tell(path, "start", "stuck")
    time.sleep(seconds)
    tell(path, "end", "stuck")


@job("sample.fails", label="Fails", retries=2)
def fails(ctx, path: str = "", times: int = 99) -> None:
    ctx.log(f"attempt {ctx.job.attempt}")
    if ctx.job.attempt <= times:
        raise RuntimeError("the wire is cut")


@job("sample.refuses", label="Refuses", retries=5)
def refuses(ctx) -> None:
    raise ValidationError("This will never do.")


@job("sample.dies", label="Kills its worker", retries=1)
def dies(ctx, path: str) -> None:
    tell(path, "start", "dies")
    Path(path).with_suffix(".alive").touch()
    os.kill(os.getpid(), 9)


#: what this module has declared, for tests that put it in the registry and take it out again
DECLARED = {name: spec for name, spec in registry.jobs().items() if name.startswith("sample.")}
