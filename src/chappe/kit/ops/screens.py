"""The page of settings, in the menu of administrators."""

from django.utils.translation import gettext_lazy as _

from chappe.kit.ops.views import settings_page
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Menu, Page

registry.menu_section("administration", _("Administration"), 900)
registry.page(
    Page(
        slug="ops.settings",
        path="settings/",
        view=settings_page,
        label=_("Settings and state"),
        area="systeme",
        level=3,
        menu=Menu(section="administration", icon="settings", order=90),
    )
)
