"""The app of the sample jobs, in worker processes only. It may put the death of its process at an exact place.

A test that kills "a moment after the start" is right on one machine and wrong on the next: here the process ends itself,
by the same signal, between two calls of a function that the test names.
"""

import importlib
import os
import signal
from typing import Any

from django.apps import AppConfig


class SampleConfig(AppConfig):
    """Sample jobs."""

    name = "tests.kit.jobs.sample"

    def ready(self) -> None:
        where = os.environ.get("CHAPPE_TEST_DIES_AT", "")
        if where:
            put_death(*where.split(":"))


def put_death(module: str, name: str, calls: str) -> None:
    """Replace ``name`` (a function, or "Class.method") of ``module`` by one that ends the process at its n-th call."""
    holder: Any = importlib.import_module(module)
    *outer, last = name.split(".")
    for part in outer:
        holder = getattr(holder, part)
    plain, left = getattr(holder, last), int(calls)

    def counted(*given: Any, **more: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(*given, **more)

    setattr(holder, last, counted)
