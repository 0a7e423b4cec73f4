"""A file kept whole: its name, its fingerprint, whose it is. The bytes stand in the store, never in a row.

Must never be edited: a file that changes is another file. Several rows may share one blob.
"""

from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import Access, ScopedModel
from chappe.kit.documents.blobs import blob_path


class StoredFile(ScopedModel):
    """One receipt of a file. ``size`` in bytes; ``sha256`` in hexadecimal names the blob."""

    access = Access(area="documents", owner="owner")

    sha256 = models.CharField(_("SHA-256 fingerprint"), max_length=64, db_index=True)
    size = models.BigIntegerField(_("size"))
    name = models.CharField(_("name"), max_length=255)
    content_type = models.CharField(_("content type"), max_length=100)
    created_at = models.DateTimeField(_("received"), auto_now_add=True, db_index=True)
    owner = models.ForeignKey(
        settings.CHAPPE_ORGANISATION_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("operator"),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("stored by"),
    )

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        """Where the bytes are. Read only: writing there would break every row of the same fingerprint."""
        return blob_path(self.sha256)

    def open(self) -> BinaryIO:
        """The bytes, for reading. Raises FileNotFoundError when the blob is gone (``chappe files check``)."""
        return self.path.open("rb")

    def download_url(self) -> str:
        return reverse("documents:download", args=[self.pk])
