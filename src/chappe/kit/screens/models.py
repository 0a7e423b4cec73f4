"""What a reader keeps of a list: views saved under a name, and the columns chosen. Never a row's data."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chappe.kit.access.door import ScopedModel


class SavedView(ScopedModel):
    """Filters, scope, search, order and columns of one list, under a name.

    A shared view is offered to the colleagues of its owner: the same organisation, or the house. It holds a
    query, no rows: whoever opens it sees only what they may see.
    """

    no_access = "Personal settings of lists, read by their owner and colleagues through kit.screens.saved only."

    screen = models.CharField(_("list"), max_length=120)
    name = models.CharField(_("name"), max_length=80)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("owner"))
    shared = models.BooleanField(_("shared with my colleagues"), default=False)
    is_default = models.BooleanField(_("shown first"), default=False)
    query = models.TextField(_("query"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ("name", "pk")
        constraints = [
            models.UniqueConstraint(fields=["screen", "user", "name"], name="screens_view_name_once"),
            models.UniqueConstraint(
                fields=["screen", "user"], condition=Q(is_default=True), name="screens_one_default_view"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ColumnChoice(ScopedModel):
    """The columns, their order and the rows a page that one reader chose for one list."""

    no_access = "Personal settings of lists, read by their owner only."

    screen = models.CharField(_("list"), max_length=120)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("owner"))
    columns = models.JSONField(_("columns"), default=list)
    per_page = models.PositiveSmallIntegerField(_("rows on a page"), default=50)

    class Meta:
        verbose_name = _("choice of columns")
        verbose_name_plural = _("choices of columns")
        constraints = [models.UniqueConstraint(fields=["screen", "user"], name="screens_columns_once")]

    def __str__(self) -> str:
        return self.screen
