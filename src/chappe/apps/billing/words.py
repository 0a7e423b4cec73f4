"""How billing says months, durations and counts, in the active language."""

import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

HOUR, MINUTE = 3600, 60


def month_name(month: dt.date) -> str:
    """“October 2026”."""
    return date_format(month, "F Y")


def duration(seconds: int) -> str:
    """“12 h 03 min 20 s”."""
    hours, rest = divmod(seconds, HOUR)
    minutes, left = divmod(rest, MINUTE)
    if hours:
        return _("%(h)d h %(m)02d min %(s)02d s") % {"h": hours, "m": minutes, "s": left}
    return _("%(m)d min %(s)02d s") % {"m": minutes, "s": left}


def calls_and_time(calls: int, seconds: int) -> str:
    """“342 calls, 12 h 03 min 20 s”."""
    told = ngettext("%(count)d call", "%(count)d calls", calls) % {"count": calls}
    return f"{told}, {duration(seconds)}"
