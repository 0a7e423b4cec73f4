"""The map in the menu, first of the network's section, and the addresses that it asks. Links to it on the pages of the network."""

from django.utils.translation import gettext_lazy as _

from chappe.apps.cartography import cards, pages
from chappe.apps.network import panels
from chappe.apps.network.access import AREA
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Menu, Page, Panel

SECTION = "network"

registry.page(
    Page(
        slug="cartography.map", path="cartography/", view=pages.the_map, label=_("Map"), area=AREA,
        menu=Menu(section=SECTION, icon="map-2", order=1),
    )
)  # fmt: skip
registry.page(
    Page(
        slug="cartography.tile", path="cartography/tiles/<int:zoom>/<int:column>/<int:row>.mvt", view=pages.tile,
        label=_("Map tile"), area=AREA,
    )
)  # fmt: skip
registry.page(
    Page(
        slug="cartography.show", path="cartography/show/<slug:layer>/<int:pk>/", view=pages.show,
        label=_("A thing of the map"), area=AREA,
    )
)  # fmt: skip
registry.page(
    Page(slug="cartography.area", path="cartography/area/", view=pages.area, label=_("An area of the map"), area=AREA)
)
registry.page(
    Page(
        slug="cartography.search", path="cartography/search/", view=pages.find, label=_("Search on the map"), area=AREA
    )
)

for page in panels.PAGES:
    if page != "pto":
        panel = Panel(
            title=_("On the map"), icon="map-2", aside=True, template="cartography/see.html", context=cards.see
        )
        panels.register("cartography.see", panel, order=1, on=page)
