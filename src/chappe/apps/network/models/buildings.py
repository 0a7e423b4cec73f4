"""Buildings (immeubles and pavillons) and their sockets. Columns of a building are those of the IPE layout."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chappe.apps.network.models.located import Addressed, Located, folded, insee_code, no_separator
from chappe.apps.network.models.points import Pbo, Pm
from chappe.kit.access.door import HOUSE, Access, ScopedModel

# Looked up between two bounds. Whole, since a database takes a part of an index for short and then orders what it finds there.
RANGES = ("cabled_on", "opened_on", "orders_from", "agreement_on", "new_delivery_on", "line_length")
# Filled in few rows of most networks: an index of those rows alone, in the order of the list, costs next to nothing.
RARE = {
    "manager": Q(manager__gt=""),
    "manager_siret": Q(manager_siret__gt=""),
    "rnb": Q(rnb__gt=""),
    "is_new": Q(is_new=True),
    "on_demand": Q(on_demand=True),
    "dedicated_fibre_free": Q(dedicated_fibre_free__isnull=False),
}


class Building(Addressed, Located):
    """One row of the IPE: an address or a building of it. Its key is (OI, reference): two OIs may use the same one."""

    access = Access(area="reseau", owner=HOUSE)

    class Kind(models.TextChoices):
        BLOCK = "IMMEUBLE", _("block")
        HOUSE = "PAVILLON", _("house")

    class State(models.TextChoices):
        TARGET = "CIBLE", _("targeted")
        SIGNED = "SIGNE", _("signed")
        DEPLOYING = "EN COURS DE DEPLOIEMENT", _("being deployed")
        ON_DEMAND = "RACCORDABLE DEMANDE", _("connectable on demand")
        DEPLOYED = "DEPLOYE", _("deployed")
        ABANDONED = "ABANDONNE", _("abandoned")

    class Zone(models.TextChoices):
        DENSE = "1", _("very dense, high-density pockets")
        DENSE_LOW = "2", _("very dense, low-density pockets")
        OTHER = "3", _("less dense (ZMD)")

    # Looked up with the identifier or the street behind it: see the indexes.
    insee = models.CharField(_("INSEE code"), max_length=5, blank=True, validators=[insee_code])
    oi_code = models.CharField(_("OI"), max_length=5, blank=True)
    reference = models.CharField(_("identifier"), max_length=30, validators=[no_separator], db_index=True)
    state = models.CharField(_("state"), max_length=24, choices=State.choices, default=State.TARGET)
    kind = models.CharField(_("type"), max_length=8, choices=Kind.choices, default=Kind.HOUSE)
    dwellings = models.PositiveIntegerField(_("dwellings"), null=True, blank=True)
    pm = models.ForeignKey(Pm, models.PROTECT, null=True, blank=True, related_name="buildings", verbose_name="PM")
    pbo = models.ForeignKey(Pbo, models.PROTECT, null=True, blank=True, related_name="buildings", verbose_name=_("PBO"))
    cabled_on = models.DateField(_("cabled"), null=True, blank=True)
    modified_on = models.DateField(_("last changed"), null=True, blank=True, db_index=True)
    zone = models.CharField(_("zone"), max_length=1, choices=Zone.choices, blank=True)
    agreement_needed = models.BooleanField(_("agreement of the manager needed"), null=True, blank=True)
    agreement_on = models.DateField(_("agreement signed"), null=True, blank=True)
    manager = models.CharField(_("manager"), max_length=120, blank=True, validators=[no_separator])
    manager_siret = models.CharField(_("SIRET of the manager"), max_length=14, blank=True)
    manager_hexacle = models.CharField(_("hexaclé of the manager"), max_length=10, blank=True)
    manager_number = models.PositiveIntegerField(_("number of the manager"), null=True, blank=True)
    manager_number_suffix = models.CharField(_("suffix of the manager"), max_length=1, blank=True)
    manager_street_type = models.CharField(_("street type of the manager"), max_length=30, blank=True)
    manager_street = models.CharField(_("street of the manager"), max_length=120, blank=True)
    manager_postal_code = models.CharField(_("postal code of the manager"), max_length=5, blank=True)
    manager_city = models.CharField(_("commune of the manager"), max_length=120, blank=True)
    dedicated_fibre_free = models.BooleanField(_("dedicated fibre free"), null=True, blank=True)
    hexacle_street = models.CharField(_("hexaclé of the street"), max_length=10, blank=True)
    is_new = models.BooleanField(_("new building"), null=True, blank=True)
    new_delivery_on = models.DateField(_("new building: delivery"), null=True, blank=True)
    opened_on = models.DateField(_("commercial opening"), null=True, blank=True)
    on_demand = models.BooleanField(_("may be connectable on demand"), null=True, blank=True)
    line_length = models.FloatField(_("length of the line (m)"), null=True, blank=True)
    pbo_type = models.CharField(_("kind of PBO"), max_length=40, blank=True, validators=[no_separator])
    drop_type = models.CharField(_("kind of drop"), max_length=40, blank=True, validators=[no_separator])
    ban = models.CharField(_("BAN key"), max_length=40, blank=True)
    orders_from = models.DateField(_("orders accepted from"), null=True, blank=True)
    rnb = models.CharField(_("RNB identifier"), max_length=20, blank=True)
    rnb_on = models.DateField(_("RNB date"), null=True, blank=True)
    extra = models.JSONField(_("other columns"), default=dict, blank=True)
    # Folded "street number commune", looked up by prefix (queries.find_buildings); db_index also makes the index of prefixes
    # that PostgreSQL needs where its collation is not the plain order of the letters.
    search = models.CharField(max_length=260, blank=True, editable=False, db_index=True)

    class Meta:
        verbose_name = _("building")
        verbose_name_plural = _("buildings")
        ordering = ["reference"]
        constraints = [
            models.UniqueConstraint(
                fields=["oi_code", "reference"],
                name="network_building_key",
                violation_error_message=_("Another building has this identifier."),
            )
        ]
        indexes = [
            models.Index(fields=["state", "reference"], name="network_building_state"),
            models.Index(fields=["insee", "reference"], name="network_building_insee"),
            models.Index(
                fields=["insee", "search"], name="network_building_street", opclasses=["varchar_pattern_ops"] * 2
            ),
            models.Index(fields=["kind", "reference"], name="network_building_kind"),
            models.Index(fields=["dwellings", "id"], name="network_building_dwellings"),
            models.Index(fields=["hexacle"], name="network_building_hexacle"),
            models.Index(fields=["zone", "reference"], name="network_building_zone"),
            models.Index(fields=["pbo_type", "reference"], name="network_building_pbo_type"),
            models.Index(fields=["drop_type", "reference"], name="network_building_drop_type"),
            models.Index(fields=["city"], name="network_building_city", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["ban"], name="network_building_ban"),
            *(models.Index(fields=[name], name=f"building_{name}") for name in RANGES),
            *(
                models.Index(fields=["reference", name], name=f"building_{name}", condition=where)
                for name, where in RARE.items()
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def fold(self) -> None:
        """Fill what the address search looks in."""
        self.search = folded(self.street, self.number or "", self.number_suffix, self.city)


class Pto(ScopedModel):
    """Point de terminaison optique: the socket in a dwelling, by its line identifier ``OO-XXXX-XXXX``."""

    access = Access(area="reseau", owner=HOUSE)

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        BUILT = "built", _("built")
        ACTIVE = "active", _("in service")
        BROKEN = "broken", _("out of order")
        REMOVED = "removed", _("removed")

    reference = models.CharField(_("reference"), max_length=50, unique=True, validators=[no_separator])
    building = models.ForeignKey(Building, models.PROTECT, related_name="ptos", verbose_name=_("building"))
    pbo = models.ForeignKey(Pbo, models.PROTECT, null=True, blank=True, related_name="ptos", verbose_name=_("PBO"))
    stairs = models.CharField(_("stairs"), max_length=30, blank=True, validators=[no_separator])
    floor = models.CharField(_("floor"), max_length=20, blank=True, validators=[no_separator])
    place = models.CharField(_("dwelling"), max_length=60, blank=True, validators=[no_separator])
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.BUILT, db_index=True)
    built_on = models.DateField(_("built"), null=True, blank=True)

    class Meta:
        verbose_name = _("PTO")
        verbose_name_plural = _("PTO")
        ordering = ["reference"]
        indexes = [models.Index(fields=["state", "reference"], name="network_pto_state")]

    def __str__(self) -> str:
        return self.reference
