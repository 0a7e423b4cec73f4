"""The lines of a file that were refused, as a file to mend and send again."""

import tempfile
from pathlib import Path

from django.utils.translation import get_language

from chappe.apps.tariffs.loading import load_compiled
from chappe.apps.usage.models import UsageBatch
from chappe.kit.access.actor import Actor
from chappe.kit.documents.models import StoredFile
from chappe.kit.documents.services import store


def export(*, actor: Actor, batch: UsageBatch) -> StoredFile:
    """The refused rows of ``batch``: as they came, then line, column, code and sentence of their fault.

    The file is read again from what was stored; the same columns are dropped when it is sent back.
    """
    from chappe.core.usage.file import rate_file  # the compiled kernel: only when lines are exported

    stem = Path(batch.name).stem
    suffix = ".parquet" if batch.name.lower().endswith((".parquet", ".pq")) else ".csv"
    with tempfile.TemporaryDirectory(prefix="chappe-") as folder:
        source = Path(folder) / f"calls{suffix}"
        source.symlink_to(batch.source.path)
        wanted = Path(folder) / "rejects.csv"
        rate_file(
            load_compiled(batch.version),
            source,
            Path(folder) / "rated.csv",
            rejects=wanted,
            language=(get_language() or "fr")[:2],
        )
        return store(wanted, name=f"{stem}-rejects.csv", actor=actor, owner=batch.owner, content_type="text/csv")
