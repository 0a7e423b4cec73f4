"""The billing clock: detail of billed calls is kept while it may be contested, then erased. Amounts stay ten years.

Sources: CPCE L34-1 and L34-2 (a year from payment), arrêté of 31 December 2013 (twelve months obtainable). Files of the run
hold no number that is not masked as the bill was; documents keep their totals and lose their list of calls.
"""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext_noop

from chappe.apps.billing.due import store
from chappe.core.billing.periods import add_months
from chappe.kit.access.actor import Actor
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event

register_sentence("billing.purged", gettext_noop("{actor} erased the detail of calls billed for months before {month}"))
#: A month is billed the month after, paid within two more at the latest term, contested for twelve: 15 months, and one of margin.
KEPT_MONTHS = 16


def limit(today: dt.date | None = None) -> dt.date:
    """Months before this one are erased."""
    return add_months((today or timezone.localdate()).replace(day=1), -KEPT_MONTHS)


def purge(*, actor: Actor, today: dt.date | None = None) -> int:
    """Erase the files of months past their clock; answers how many."""
    gone, oldest = 0, limit(today)
    for place in store.folder().glob("month=*"):
        if place.name.removeprefix("month=") < f"{oldest:%Y-%m}":
            for path in place.glob("*.parquet"):
                path.unlink()
                gone += 1
    if gone:
        event(actor, None, "billing.purged", month=f"{oldest:%Y-%m}")
    return gone
