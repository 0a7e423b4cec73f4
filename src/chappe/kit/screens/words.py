"""The few phrases that lists share: counts, yes and no, the mask of a secret. Never a figure's format."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chappe.kit.ui import formats

MASK = "••••••"


def yes_no(value: Any) -> str:
    """“yes” or “no” in the reader's language."""
    return _("yes") if value else _("no")


def figure(count: int, capped: bool = False) -> str:
    """“1,284”, or “more than 200,000” where counting stopped."""
    return _("more than %(count)s") % {"count": formats.number(count)} if capped else formats.number(count)


def rows(count: int, capped: bool = False) -> str:
    """“12 rows”, or “more than 200,000 rows” where counting stopped."""
    return ngettext("%(count)s row", "%(count)s rows", count) % {"count": figure(count, capped)}
