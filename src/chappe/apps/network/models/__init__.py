"""The tables of the network: points on the map, what is inside a PM, fibres and the routes they make, what changed."""

from chappe.apps.network.models.buildings import Building, Pto
from chappe.apps.network.models.changes import Change
from chappe.apps.network.models.fibres import Cable, Fibre, Module, OpticalRoute, Position, Splice
from chappe.apps.network.models.points import Pbo, Pm, PmLink, Prdm

__all__ = [
    "Building",
    "Cable",
    "Change",
    "Fibre",
    "Module",
    "OpticalRoute",
    "Pbo",
    "Pm",
    "PmLink",
    "Position",
    "Prdm",
    "Pto",
    "Splice",
]
