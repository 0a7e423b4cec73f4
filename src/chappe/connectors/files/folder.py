"""Files of a folder of this machine: a mount, or where an SFTP server of ours puts what is pushed to it."""

import os
import shutil
from pathlib import Path
from typing import IO

from chappe.connectors.files.base import Base, Passing, Refused, Remote, Remotes
from chappe.connectors.reasons import reason_of


class FolderFetcher(Base):
    """Regular files only: a link could lead anywhere."""

    def list(self) -> Remotes:
        found: Remotes = []
        try:
            with os.scandir(self.place.folder) as entries:
                for entry in entries:
                    if self.place.wants(entry.name) and entry.is_file(follow_symlinks=False):
                        told = entry.stat(follow_symlinks=False)
                        found.append(Remote(entry.name, told.st_size, told.st_mtime))
        except FileNotFoundError as error:
            if Path(self.place.folder).is_dir():  # a file left while we looked
                raise Passing("lost", host=self.place.folder, reason=reason_of(error)) from error
            raise Refused("no-folder", folder=self.place.folder, reason=reason_of(error)) from error
        except OSError as error:
            raise Refused("no-folder", folder=self.place.folder, reason=reason_of(error)) from error
        return sorted(found, key=lambda remote: remote.name)

    def _copy(self, remote: Remote, out: IO[bytes]) -> None:
        try:
            handle = os.open(Path(self.place.folder) / remote.name, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError as error:
            raise Passing("changed", name=remote.name) from error
        except OSError as error:
            raise Refused("not-allowed", name=remote.name, reason=reason_of(error)) from error
        with os.fdopen(handle, "rb") as source:
            shutil.copyfileobj(source, out, 1 << 20)
