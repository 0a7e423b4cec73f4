"""Keeps a handful of processes alive, and ends them all when told. Standard library only: it must not fail.

A child that ends is started again, with a growing delay when it keeps falling; one that cannot live at all
(five times within a minute) ends the whole, so that the machine's own supervisor sees it.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

PR_SET_PDEATHSIG = 1
FALLS = 5
WITHIN_SECONDS = 60.0


def _die_with_parent() -> None:
    """Linux: SIGTERM when the supervisor is gone, even killed. Elsewhere the workers watch for it themselves."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process to keep: ``name`` for people, ``command`` to start it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen | None = None
    falls: list[float] = field(default_factory=list)
    again_at: float = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - the supervisor has no threads
        )


class Supervisor:
    """``run`` answers the exit code: 0 when told to stop, 1 when a child cannot live, 2 when one had to be killed."""

    def __init__(self, children: Sequence[Child], *, stop_seconds: float, tell: Callable[[str, str], None]) -> None:
        self.children, self.stop_seconds, self.tell = list(children), stop_seconds, tell
        self.told = False

    def run(self, started: Callable[[], None] = lambda: None) -> int:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._hear)
        code = 0
        try:
            for child in self.children:
                child.start()
            started()
            while not self.told:
                if not self._look():
                    code = 1
                    break
                time.sleep(0.2)
        finally:
            killed = self._end()
        return code or (2 if killed else 0)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self.told = True

    def _look(self) -> bool:
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.again_at:
                    child.start()
                continue
            code = child.process.poll()
            if code is None:
                continue
            child.process = None
            if code == 0:  # it has worked enough and asks for a fresh process
                continue
            child.falls = [at for at in child.falls if now - at < WITHIN_SECONDS] + [now]
            if len(child.falls) >= FALLS:
                self.tell("gave-up", child.name)
                return False
            self.tell("restarted", child.name)
            child.again_at = now + 2.0 ** (len(child.falls) - 2)
        return True

    def _end(self) -> bool:
        """SIGTERM to all, patience, SIGKILL to the rest; whether any had to be killed."""
        alive = [child.process for child in self.children if child.process is not None and child.process.poll() is None]
        for process in alive:
            process.terminate()
        end = time.monotonic() + self.stop_seconds
        while time.monotonic() < end and any(process.poll() is None for process in alive):
            time.sleep(0.1)
        stubborn = [process for process in alive if process.poll() is None]
        for process in stubborn:
            process.kill()
            process.wait()
        return bool(stubborn)
