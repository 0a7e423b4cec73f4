"""A day inside a refusal: told as its reader writes days, kept as a plain date. Formats nothing else."""

import datetime as dt

from chappe.kit.ui import formats


class SaidDay(dt.date):
    """``%s`` of it is ``22/11/2026`` to who reads French, at the moment of reading."""

    @classmethod
    def of(cls, day: dt.date) -> "SaidDay":
        """The same day."""
        return cls(day.year, day.month, day.day)

    def __str__(self) -> str:
        return formats.day(dt.date(self.year, self.month, self.day))
