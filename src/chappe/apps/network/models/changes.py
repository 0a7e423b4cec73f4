"""What changed in what is published, field by field: the delta and the history files are made of it. Append only."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.core.interop.compare import CHANGED, CREATED, DELETED
from chappe.kit.access.door import HOUSE, Access, ScopedModel


class Change(ScopedModel):
    """One field of one thing; ``field`` is empty when the thing itself came or went. Every verb and bulk apply writes it."""

    access = Access(area="reseau", owner=HOUSE)

    class Thing(models.TextChoices):
        BUILDING = "building", _("building")
        PM = "pm", "PM"
        PRDM = "prdm", _("PRDM")
        LINK = "link", _("PM–PRDM link")

    class Event(models.TextChoices):
        CREATION = CREATED, pgettext_lazy("a change", "created")
        MODIFICATION = CHANGED, _("changed")
        SUPPRESSION = DELETED, _("deleted")

    thing = models.CharField(_("what"), max_length=8, choices=Thing.choices)
    reference = models.CharField(_("reference"), max_length=60)
    day = models.DateField(_("day"))
    event = models.CharField(_("event"), max_length=12, choices=Event.choices)
    field = models.CharField(_("field"), max_length=40, blank=True)
    old = models.TextField(_("before"), blank=True)
    new = models.TextField(_("after"), blank=True)
    by = models.CharField(_("by"), max_length=150, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("change of the network")
        verbose_name_plural = _("changes of the network")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["thing", "day", "reference"], name="network_change_day"),
            models.Index(fields=["thing", "reference"], name="network_change_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} · {self.get_event_display()}"
