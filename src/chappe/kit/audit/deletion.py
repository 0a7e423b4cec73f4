"""Deleting a row, or saying why not."""

from collections import Counter

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils.translation import gettext as _

from chappe.kit.access.actor import Actor
from chappe.kit.audit.sentences import quoted
from chappe.kit.audit.services import deleted


def delete_with_reasons(actor: Actor, obj: models.Model) -> None:
    """Delete ``obj`` and write it down; raise ValidationError naming what still refers to it, and change nothing."""
    try:
        with transaction.atomic():
            deleted(actor, obj)
            obj.delete()
    except (ProtectedError, RestrictedError) as error:
        rows = getattr(error, "protected_objects", None) or getattr(error, "restricted_objects", ())
        counts = Counter(type(row) for row in rows)
        told = ", ".join(f"{number} {_words(model, number)}" for model, number in counts.items())
        raise ValidationError(
            _("%(object)s cannot be deleted: it is used by %(users)s. Archive it instead, or remove those first.")
            % {"object": quoted(str(obj)), "users": told},
            code="referenced",
        ) from error


def _words(model: type[models.Model], number: int) -> str:
    return str(model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural)
