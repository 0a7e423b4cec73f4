"""Sample jobs in the registry, and real worker processes over the test database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from chappe.kit.jobs import registry

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def sample_jobs(monkeypatch) -> None:
    """In the registry for the length of a test only: contract tests look at what the house declares."""
    from tests.kit.jobs.sample import jobs  # declares them where it is imported first

    house = {name: spec for name, spec in registry._jobs.items() if not name.startswith("sample.")}
    for name in jobs.DECLARED:
        registry._jobs.pop(name, None)
    monkeypatch.setattr(registry, "_jobs", {**house, **jobs.DECLARED})


#: What a worker of the kit's own tests loads: the kit and the operators it points to; the whole house costs seconds a worker.
KIT_APPS = [app for app in settings.INSTALLED_APPS if not app.startswith("chappe.apps.") or app.endswith(".parties")]


class Workers:
    """Starts worker processes of the whole house, or of ``apps`` alone, and ends each by its own pid."""

    def __init__(self, folder: Path, apps: Sequence[str] = ()) -> None:
        self.folder = folder
        self.apps = apps or settings.INSTALLED_APPS
        self.started: list[subprocess.Popen] = []

    def start(self, queues: str = "quick,bulk", *, lease: int = 3, dies_at: str = "") -> subprocess.Popen:
        """A worker; ``dies_at`` "module:name:7" kills it (-9) as it makes its seventh call of that function."""
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.kit.jobs.live_settings",
            "CHAPPE_TEST_DATABASE": str(connection.settings_dict["NAME"]),
            "CHAPPE_TEST_APPS": ",".join(self.apps),
            "CHAPPE_JOB_LEASE": str(lease),
            "CHAPPE_TEST_DIES_AT": dies_at,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        }
        with (self.folder / f"worker-{len(self.started)}.log").open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "chappe.kit.jobs.process", queues],
                env=environment,
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.started.append(process)
        return process

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("worker-*.log")))

    def stop(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait(60)


@pytest.fixture
def workers(tmp_path) -> Iterator[Workers]:
    found = Workers(tmp_path, KIT_APPS)
    yield found
    found.stop()


@pytest.fixture
def until(workers) -> Callable[..., None]:
    """Wait for a condition; on time-out, show what the workers said."""

    def wait(condition: Callable[[], bool], seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f"not within {seconds} s; workers said:\n{workers.logs()[-4000:]}")
            time.sleep(0.05)

    return wait
