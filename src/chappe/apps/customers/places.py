"""Territory, time zone and membership of the Union, from a country and a postal code. The table is data (data/territories.toml)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from django.utils.translation import gettext_lazy as _

#: code → label; the order is that of the lists.
LABELS: Mapping[str, Any] = {
    "FR": _("Metropolitan France"),
    "GP": _("Guadeloupe"),
    "MQ": _("Martinique"),
    "GF": _("French Guiana"),
    "RE": _("Réunion"),
    "YT": _("Mayotte"),
    "PM": _("Saint Pierre and Miquelon"),
    "BL": _("Saint Barthélemy"),
    "MF": _("Saint Martin"),
    "TF": _("French Southern Territories"),
    "WF": _("Wallis and Futuna"),
    "PF": _("French Polynesia"),
    "NC": _("New Caledonia"),
    "EU": _("European Union"),
    "XX": _("Rest of the world"),
}
CHOICES = list(LABELS.items())


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data/territories.toml").read_text("utf-8"))


def territory_of(country: str, postal_code: str) -> str:
    """Code of the territory. For France the longest prefix of the postal code decides; unknown: metropolitan France.

    A country that is itself a territory (GP, RE…) is that territory.
    """
    country = country.strip().upper() or "FR"
    table = _table()
    if country in table["metropolitan_countries"]:
        code = "".join(postal_code.split())
        fits = [
            (prefix, row["code"]) for row in table["territory"] for prefix in row["prefixes"] if code.startswith(prefix)
        ]
        return max(fits, key=lambda fit: len(fit[0]))[1] if fits else "FR"
    if country in LABELS and country not in {"EU", "XX"}:
        return country
    return "EU" if country in table["union"] else "XX"


def timezone_of(territory: str) -> str:
    """Time zone of a territory; the Union and the world take that of Paris, for want of a better one."""
    return next((row["timezone"] for row in _table()["territory"] if row["code"] == territory), "Europe/Paris")


def postal_code_looks_right(country: str, postal_code: str) -> bool:
    """Whether a French postal code has its five digits; other countries are not judged."""
    code = "".join(postal_code.split())
    if territory_of(country, code) in {"EU", "XX"}:
        return bool(code)
    return len(code) == 5 and code.isdigit()


def union() -> frozenset[str]:
    """Countries of the European Union but France, as VAT numbers write them."""
    return frozenset(_table()["union"])
