"""What can go wrong between us and a disk or a PBX, as codes; the sentences are in ``words.py``."""


class SpoolError(Exception):
    """The spool cannot keep records now. ``code`` names the sentence, ``reason`` is the machine's own word."""

    code = "spool-error"

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason or self.code)
        self.reason = reason


class SpoolFull(SpoolError):  # noqa: N818 - says what is, and is in our contract
    """No room: disk, quota or size limit. Nothing of what was given is kept; it may be given again."""

    code = "spool-full"


class SpoolLocked(SpoolError):  # noqa: N818
    """Another process writes to this spool."""

    code = "spool-locked"
