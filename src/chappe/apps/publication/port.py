"""Where a file is handed to a recipient: the port, and a folder of this machine behind it.

Whoever reads over there never sees half a file: it is written beside under ``.part`` and renamed. Handing over the same file
twice is once. Knows neither rows nor rights.
"""

import os
from pathlib import Path
from typing import IO, Protocol

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chappe.connectors.reasons import reason_of, said
from chappe.kit.documents.blobs import CHUNK_BYTES, fingerprint


class HandOverError(Exception):
    """Why the file is not over there, as a sentence for a person."""


class ExchangeFolder(Protocol):
    """The recipient's side."""

    def put(self, name: str, content: IO[bytes], sha256: str) -> None:
        """The file under its name, whole or not at all. Raises HandOverError."""
        ...


class LocalFolder:
    """A folder of this machine: what an SFTP server of ours shows to the recipient, or a mount."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, content: IO[bytes], sha256: str) -> None:
        """See :meth:`ExchangeFolder.put`. A file of that name with other bytes is never replaced."""
        target, draft = self.folder / name, self.folder / f"{name}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if target.exists():
                self._same(target, sha256)
                return
            try:
                with draft.open("wb") as out:
                    while chunk := content.read(CHUNK_BYTES):
                        out.write(chunk)
                    out.flush()
                    os.fsync(out.fileno())
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)
        except OSError as error:
            taken = isinstance(error, FileExistsError | NotADirectoryError)
            reason = _("a file stands in its place") if taken else said(reason_of(error), (get_language() or "en")[:2])
            raise HandOverError(
                _("The folder %(folder)s cannot be written: %(reason)s.")
                % {"folder": self.folder.name, "reason": reason}
            ) from error

    def _same(self, target: Path, sha256: str) -> None:
        if fingerprint(target) != sha256:
            raise HandOverError(
                _("Another file named %(name)s lies in the folder %(folder)s: move it away first.")
                % {"name": target.name, "folder": self.folder.name}
            )
