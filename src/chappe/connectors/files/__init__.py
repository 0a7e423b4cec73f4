"""Files that others put down for us: in a folder, on an SFTP or an FTPS server. We read; nothing is changed over there.

``open_fetcher`` makes the one that is wanted. Use it in a ``with``: ``settled`` tells what may be taken, ``fetch`` brings it.
"""

from chappe.connectors.files.base import (
    Fetcher,
    FilesError,
    Passing,
    Place,
    Refused,
    Remote,
    sentence,
    sentence_of,
    settled,
)

__all__ = [
    "Fetcher",
    "FilesError",
    "Passing",
    "Place",
    "Refused",
    "Remote",
    "open_fetcher",
    "sentence",
    "sentence_of",
    "settled",
]


def open_fetcher(way: str, place: Place) -> Fetcher:
    """``way``: folder, sftp or ftps. Nothing is opened before the ``with``. Raises KeyError for another way."""
    from chappe.connectors.files.folder import FolderFetcher
    from chappe.connectors.files.ftps import FtpsFetcher
    from chappe.connectors.files.sftp import SftpFetcher

    return {"folder": FolderFetcher, "sftp": SftpFetcher, "ftps": FtpsFetcher}[way](place)
