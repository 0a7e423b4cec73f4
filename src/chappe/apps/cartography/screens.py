"""The map in the menu, and the addresses that it asks."""

from django.utils.translation import gettext_lazy as _

from chappe.apps.cartography import pages
from chappe.apps.network.access import AREA
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Page

registry.page(
    Page(
        slug="cartography.tile", path="cartography/tiles/<int:zoom>/<int:column>/<int:row>.mvt", view=pages.tile,
        label=_("Map tile"), area=AREA,
    )
)  # fmt: skip
