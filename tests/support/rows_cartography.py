"""A small network with places, for the tests of the map. The map's own tables hold no row of anybody: no factory."""

from typing import Any

from chappe.apps.network.models import Building, Pbo, Pm, PmLink, Prdm

FACTORIES: dict[type, Any] = {}
#: Dole, where the network of these tests stands
EAST, NORTH = 5.4896, 47.0910


def placed(model: type, east: float = EAST, north: float = NORTH, **fields: Any) -> Any:
    """A saved row at a point."""
    row = model(longitude=east, latitude=north, **fields)
    row.place()
    if isinstance(row, Building):
        row.fold()
    row.save()
    return row


def network() -> dict[str, Any]:
    """A PRDM, its PM, a PBO and three buildings: two deployed in one street, one targeted ninety metres away."""
    prdm = placed(Prdm, EAST - 0.02, NORTH + 0.01, reference="PRDM-DOL", state="DEPLOYE")
    town = {"insee": "39198", "city": "DOLE", "postal_code": "39100"}
    pm = placed(Pm, EAST, NORTH, reference="FI-39198-0001", state="DEPLOYE", **town)
    link = PmLink.objects.create(pm=pm, prdm=prdm, reference="L-1", state="DEPLOYE")
    pbo = placed(Pbo, EAST + 0.0003, NORTH + 0.0002, reference="PB-39198-01", pm=pm)
    street = {"street_type": "RUE", "street": "DES TANNEURS", "pm": pm, "pbo": pbo, **town}
    buildings = [
        placed(Building, EAST + 0.0004, NORTH + 0.0002, reference="IMB/1", number=12, state="DEPLOYE", dwellings=1, **street),
        placed(Building, EAST + 0.0005, NORTH + 0.0002, reference="IMB/2", number=14, state="DEPLOYE", kind="IMMEUBLE", dwellings=8, **street),
        placed(Building, EAST + 0.0012, NORTH + 0.0002, reference="IMB/3", number=2, state="CIBLE", street_type="PLACE", street="GREVY", pm=pm, **town),
    ]  # fmt: skip
    return {"prdm": prdm, "pm": pm, "link": link, "pbo": pbo, "buildings": buildings}
