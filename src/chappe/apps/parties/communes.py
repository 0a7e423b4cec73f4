"""The communes of France as packaged: INSEE code, name, postal codes, inhabitants, centre.

Facts of INSEE (official geographic code), La Poste (postal codes) and IGN (shapes, from which the centres were computed),
published under Licence Ouverte 2.0; state of 2026. What a person has corrected is never overwritten.
"""

import csv
import io
import lzma
from importlib import resources

from django.db import transaction
from django.utils.translation import gettext_noop

from chappe.apps.parties.models import Commune
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import house_only
from chappe.kit.audit.sentences import register_sentence

register_sentence("parties.communes", gettext_noop("{actor} loaded {count} communes from the packaged list"))


def packaged() -> list[Commune]:
    """All of them, not saved."""
    data = resources.files("chappe.apps.parties").joinpath("data/communes.csv.xz").read_bytes()
    rows = csv.DictReader(io.StringIO(lzma.decompress(data).decode()), delimiter=";")
    return [
        Commune(
            insee=row["insee"],
            name=row["name"],
            postal_codes=row["postal_codes"],
            population=int(row["population"]) if row["population"] else None,
            longitude=float(row["longitude"]) if row["longitude"] else None,
            latitude=float(row["latitude"]) if row["latitude"] else None,
        )
        for row in rows
    ]


def load_communes(*, actor: Actor) -> int:
    """Add the communes that are not there yet; answers how many. Those present keep what people wrote."""
    house_only(actor.user)
    with transaction.atomic():
        known = set(Commune.objects.values_list("insee", flat=True))
        new = [commune for commune in packaged() if commune.insee not in known]
        Commune.objects.bulk_create(new, batch_size=2000)
        if new:
            audit.event(actor, new[0], "parties.communes", count=len(new))
    return len(new)
