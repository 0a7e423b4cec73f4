"""The photo of a PM: put, replaced, taken away. A picture is known by its content, never by its name or by what the browser says.

A small copy is kept beside it for pages: upright, without what a telephone writes into its pictures. Never shows anything else inline.
"""

import io
import struct
import warnings
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from PIL import Image, ImageOps, UnidentifiedImageError

from chappe.apps.network.models import Pm
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import house_only
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.documents.services import store

register_sentence("network.photo", gettext_noop("{actor} replaced the photo of {object}"))
register_sentence("network.photo-added", gettext_noop("{actor} put a photo on {object}"))
register_sentence("network.photo-removed", gettext_noop("{actor} took the photo of {object} away"))

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
PICTURES = frozenset(FORMATS.values())
MAX_BYTES = 12_000_000
MAX_PIXELS = 60_000_000  # a telephone makes 12 to 50 million; beyond, a small file may stand for a wall of memory
SMALL = (960, 720)


def set_photo(*, actor: Actor, pm: Pm, file: Any) -> Pm:
    """Keep a picture of the PM; the one before stays in the documents. Raises ValidationError for what is no picture."""
    house_only(actor.user)
    raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ValidationError(_("This picture is larger than 12 MB."))
    kind, small = _read(raw)
    had = pm.photo_id is not None
    with transaction.atomic():
        pm.photo = store(io.BytesIO(raw), name=file.name or "photo", actor=actor, content_type=kind)
        pm.photo_small = store(io.BytesIO(small), name=f"{pm.reference}.jpg", actor=actor, content_type="image/jpeg")
        Pm.objects.filter(pk=pm.pk).update(photo=pm.photo, photo_small=pm.photo_small)
        audit.event(actor, pm, "network.photo" if had else "network.photo-added")
    return pm


def remove_photo(*, actor: Actor, pm: Pm) -> Pm:
    """No photo any more; the file stays in the documents as long as these keep it."""
    house_only(actor.user)
    if pm.photo_id is None:
        raise ValidationError(_("%(pm)s has no photo.") % {"pm": pm})
    with transaction.atomic():
        Pm.objects.filter(pk=pm.pk).update(photo=None, photo_small=None)
        pm.photo = pm.photo_small = None
        audit.event(actor, pm, "network.photo-removed")
    return pm


def _read(raw: bytes) -> tuple[str, bytes]:
    """(content type, the small copy as JPEG)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the limit below is ours; a damaged EXIF is no reason to refuse
            with Image.open(io.BytesIO(raw), formats=tuple(FORMATS)) as picture:
                _not_too_large(picture)
                kind = FORMATS[picture.format or ""]
                # made small before it is turned: of the whole picture no second copy is ever in memory
                picture.thumbnail((max(SMALL), max(SMALL)))
                upright = ImageOps.exif_transpose(picture).convert("RGB")
                upright.thumbnail(SMALL)
    except Image.DecompressionBombError as error:
        raise ValidationError(_too_large()) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError, TypeError, struct.error) as error:
        raise ValidationError(_("A photo is a JPEG, PNG or WebP picture; this file is none, or is damaged.")) from error
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=82, optimize=True)
    return kind, out.getvalue()


def _not_too_large(picture: Image.Image) -> None:
    """By what its head says, before a pixel is read."""
    if picture.width * picture.height > MAX_PIXELS:
        raise ValidationError(_too_large())


def _too_large() -> str:
    return _("This picture has more than 60 million pixels: make it smaller.")
