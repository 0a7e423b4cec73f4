"""What the verbs of usage ask of the door before they price anything."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from chappe.apps.tariffs.models import TariffVersion
from chappe.kit.access.door import visible_to


def may_use(user: Any, version: TariffVersion) -> None:
    """Nobody prices with a tariff that is not theirs to see, whatever a form let through. Raises PermissionDenied."""
    if not visible_to(user, TariffVersion.objects.filter(pk=version.pk)).exists():
        raise PermissionDenied(_("This tariff is not yours to use."))
