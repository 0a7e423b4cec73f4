"""Files for a folder of this machine, outside of the archive: what the command line asks for. Whole or not at all."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.ipe.layouts import layout_of
from chappe.apps.network.models import Building
from chappe.apps.parties.models import Operator
from chappe.apps.publication.models import Flow, Recipient, Zone
from chappe.apps.publication.sheets import Period, Sheet, Want
from chappe.apps.publication.writing import Progress, Target, fill


@dataclass(frozen=True)
class Exported:
    """A file that stands in the folder."""

    path: Path
    rows: int
    size: int


class _Part:
    """A file being written under ``.part``."""

    def __init__(self, path: Path) -> None:
        self.path, self.size = path, 0
        self._draft = path.with_name(f"{path.name}.part")
        self._file = self._draft.open("wb")

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._file.write(chunk)

    def settle(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._draft.replace(self.path)

    def __enter__(self) -> "_Part":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()
        self._draft.unlink(missing_ok=True)


def export(
    *, flow: str, of: Period, version: str, folder: Path, oi_code: str = "", place: str = "", progress: Progress = lambda rows, what: None
) -> list[Exported]:  # fmt: skip
    """The files of a period in ``folder``, a zone each for the IPE. A file of that name is replaced.

    ``oi_code`` "" takes that of most premises. Raises ValidationError for a version that no layout has, or a day to come.
    """
    layout = layout_of(flow)
    if version not in layout.versions:
        raise ValidationError(
            _("There is no version %(version)s (known: %(known)s).")
            % {"version": version, "known": ", ".join(layout.versions)}
        )
    if of.last > timezone.localdate():
        raise ValidationError(_("This day has not come yet."))
    recipient = Recipient(operator=Operator(), oi_code=oi_code or usual_code(), place=place)
    zones = [Zone.ZTD, Zone.ZMD] if flow == Flow.IPE else [Zone.NONE]
    asked = [Want(recipient, flow, str(zone), version, of) for zone in zones]
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        targets = [Target(Sheet([want]), layout, stack.enter_context(_Part(folder / want.name(1)))) for want in asked]
        fill(targets, progress)
        for target in targets:
            target.out.settle()
    return [Exported(target.out.path, target.rows, target.out.size) for target in targets]


def usual_code() -> str:
    """The OI of most premises; else the first operator of the house that is one; OI when nobody says."""
    found = (
        Building.objects.exclude(oi_code="")
        .order_by()
        .values("oi_code")
        .annotate(n=Count("pk"))
        .order_by("-n", "oi_code")
        .first()
    )
    if found is not None:
        return str(found["oi_code"])
    own = (
        Operator.objects.filter(kind="oi")
        .exclude(code_interop="")
        .order_by("pk")
        .values_list("code_interop", flat=True)
    )
    return own.first() or "OI"
