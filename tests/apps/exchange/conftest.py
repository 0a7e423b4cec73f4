"""Helpers of the tests of received files: sending one through the page, running the jobs that wait."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import translation

from chappe.apps.exchange.models import ReceivedFile
from chappe.kit.jobs.models import Job
from chappe.kit.jobs.runner import run_pending

IMPORTS = Path(__file__).resolve().parents[3] / "examples" / "imports"


@pytest.fixture(autouse=True)
def _english(settings, tmp_path):
    settings.LANGUAGE_CODE = "en"
    settings.DATA = tmp_path
    with translation.override("en"):
        yield


@pytest.fixture
def work() -> Callable[..., None]:
    """Run what waits; by default only what the exchange itself queued."""

    def run(limit: int = 20) -> None:
        run_pending(limit=limit)

    return run


def content(text: str | bytes, name: str = "operators.csv") -> BytesIO:
    data = BytesIO(text.encode() if isinstance(text, str) else text)
    data.name = name
    return data


@pytest.fixture
def send(client, work) -> Callable[..., ReceivedFile]:
    """Send a file through the page as the signed-in user, run its reading, answer its row."""

    def sent(
        text: str | bytes | Path, name: str = "operators.csv", *, mends: ReceivedFile | None = None, **fields
    ) -> ReceivedFile:
        if isinstance(text, Path):
            text, name = text.read_bytes(), text.name
        where = "/exchange/upload/" + (f"?mends={mends.pk}" if mends else "")
        answer = client.post(where, {"file": content(text, name), **fields})
        assert answer.status_code == 302, answer.content.decode()[:3000]
        work()
        return ReceivedFile.objects.order_by("-pk").first()

    return sent


@pytest.fixture
def act(client, work) -> Callable[..., ReceivedFile]:
    """Perform an act of the page on a file and run its job."""

    def done(file: ReceivedFile, name: str) -> ReceivedFile:
        answer = client.post(f"/exchange/file/{file.pk}/do/{name}/")
        assert answer.status_code == 302, answer.content.decode()[:3000]
        work()
        file.refresh_from_db()
        return file

    return done


def last_job() -> Job:
    return Job.objects.order_by("-pk").first()


def page(client, file: ReceivedFile) -> str:
    answer = client.get(f"/exchange/file/{file.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()
