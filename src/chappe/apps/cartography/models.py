"""What the map keeps beside the network: how many buildings stand in each square, and which squares have changed.

Nobody reads these tables but the map itself, which asks the door for the rows that they sum up. Squares are Morton cells
(``network.cells``) cut short: a square of zoom z is ``cell >> 2 * (20 - z)``.
"""

from django.db import models

from chappe.kit.access.door import ScopedModel

#: Squares of this zoom (in France some 6.7 km wide) are counted again whole, and carry the number of their last change.
COARSE = 12
#: Squares of this zoom (some 210 m) are the finest that are counted.
FINE = 17
#: The square that stands for the links between points, which cross many.
LINKS = -1
#: The one that stands for the cables.
CABLES = -2


class Tally(ScopedModel):
    """Buildings of one square, by state, and the sum of their places: their mean is where the figure is drawn."""

    no_access = "figures of a map tile: the tile asks the door for the buildings themselves"

    level = models.PositiveSmallIntegerField()
    cell = models.BigIntegerField()
    target = models.PositiveIntegerField(default=0)
    signed = models.PositiveIntegerField(default=0)
    deploying = models.PositiveIntegerField(default=0)
    on_demand = models.PositiveIntegerField(default=0)
    deployed = models.PositiveIntegerField(default=0)
    abandoned = models.PositiveIntegerField(default=0)
    longitudes = models.FloatField(default=0)
    latitudes = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "cell"], name="cartography_one_tally")]

    def __str__(self) -> str:
        return f"{self.level}/{self.cell}"


class Stale(ScopedModel):
    """A coarse square in which something changed since it was counted: written by triggers of the database (``triggers``)."""

    no_access = "written by triggers, read by the map alone"

    cell = models.BigIntegerField(db_index=True)
    hits = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return str(self.cell)


class Stamp(ScopedModel):
    """The number that a coarse square drew when it was last counted: part of the version of each of its tiles."""

    no_access = "read by the map alone"

    cell = models.BigIntegerField(unique=True)
    number = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.cell}: {self.number}"
