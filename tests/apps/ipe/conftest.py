"""IPE and CPN files sent to an empty or small network: helpers shared by the tests."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.utils import translation

from chappe.apps.exchange import services
from chappe.apps.exchange.models import ReceivedFile
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.runner import run_pending
from tests.core.interop.support import line, text_of

SYSTEM = Actor.system("test", via="file")


@pytest.fixture(autouse=True)
def _english(settings, tmp_path):
    settings.LANGUAGE_CODE = "en"
    settings.DATA = tmp_path
    with translation.override("en"):
        yield


def send(
    content: str | bytes, name: str = "TELE_39_PM_IPEZMD_V30_20261031_01.csv", *, mends: Any = None, **options: str
) -> ReceivedFile:
    """Receive a file and read it."""
    raw = BytesIO(content.encode() if isinstance(content, str) else content)
    given = {"form": "", "oi_code": "", "absent": "keep", **options}
    file = services.receive(actor=SYSTEM, source=raw, name=name, options=given, mends=mends)
    run_pending()
    file.refresh_from_db()
    return file


def applied(
    content: str | bytes, name: str = "TELE_39_PM_IPEZMD_V30_20261031_01.csv", *, force: bool = False, **options: str
) -> ReceivedFile:
    """Receive, read and apply."""
    file = send(content, name, **options)
    assert file.state == "planned", (file.verdict, list(file.issues.values_list("line", "code")))
    services.apply(actor=SYSTEM, file=file, force=force)
    run_pending()
    file.refresh_from_db()
    return file


def undone(file: ReceivedFile) -> ReceivedFile:
    services.undo(actor=SYSTEM, file=file)
    run_pending()
    file.refresh_from_db()
    return file


def imb(n: int, **fields: str) -> str:
    return line(IdentifiantImmeuble=f"IMB-{n}", NumeroVoieImmeuble=str(n), **fields)


PM = {
    "ReferencePM": "FI-39198-0001",
    "EtatPM": "EN COURS DE DEPLOIEMENT",
    "CodeInseePM": "39198",
    "NomVoiePM": "DES TANNEURS",
}
File = Callable[..., ReceivedFile]
__all__ = ["PM", "SYSTEM", "File", "applied", "imb", "send", "text_of", "undone"]
