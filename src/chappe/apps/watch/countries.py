"""Which country a number belongs to, by its first digits: the calling codes of the world as rows for a query. Data only.

Behind +1 the area code tells the Caribbean, whose numbers frauds like, from the United States and Canada.
"""

from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

WORLD = "001"  # what no country has: satellites, shared services
_NORTH_AMERICA = {
    "AG": "268", "AI": "264", "AS": "684", "BB": "246", "BM": "441", "BS": "242", "DM": "767", "DO": "809 829 849", "GD": "473",
    "GU": "671", "JM": "658 876", "KN": "869", "KY": "345", "LC": "758", "MP": "670", "MS": "664", "PR": "787 939", "SX": "721",
    "TC": "649", "TT": "868", "VC": "784", "VG": "284", "VI": "340",
}  # fmt: skip


@cache
def codes() -> tuple[tuple[str, str], ...]:
    """(first digits, region): ISO 3166, or ``+881`` for a code that no country has."""
    found = []
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        found.append((str(code), f"+{code}" if regions[0] == WORLD else regions[0]))
    found += [(f"1{area}", region) for region, areas in _NORTH_AMERICA.items() for area in areas.split()]
    found += [("76", "KZ"), ("77", "KZ")]
    return tuple(sorted(found))
