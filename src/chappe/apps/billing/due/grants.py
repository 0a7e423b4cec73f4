"""Free minutes of a month: which purchases bring which bundles, with how many seconds each, and in which steps they are used."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from chappe.apps.billing.due.purchases import PurchasesDue
from chappe.apps.billing.models import Bundle, Purchase
from chappe.core.billing.periods import FOREVER, Period, due_share, month_end

SECONDS = 60


@dataclass(slots=True)
class Granted:
    """One bundle of one purchase in one month. ``line`` 0: shared. ``step``: when it is asked, after the earlier ones."""

    key: int
    customer: int
    line: int
    families: tuple[str, ...]
    seconds: int
    rank: int
    name: str
    step: int = 0


def grants_of(purchases: PurchasesDue, month: dt.date) -> list[Granted]:
    """Grants of a month, in steps: in one step no call can be claimed twice."""
    bundles: dict[int, list[Bundle]] = defaultdict(list)
    for bundle in Bundle.objects.filter(product__in={row.product_id for row in purchases.rows}):
        bundles[bundle.product_id].append(bundle)
    if not bundles:
        return []
    made = []
    for row in purchases.rows:
        for bundle in bundles.get(row.product_id, ()):
            seconds = _seconds(purchases, row, bundle, month)
            if seconds > 0:
                line = 0 if bundle.is_shared else row.line_id or 0
                families = tuple(bundle.kinds)
                made.append(Granted(len(made) + 1, row.customer_id, line, families, seconds, bundle.rank, bundle.name))
    return stepped(made)


def _seconds(purchases: PurchasesDue, row: Purchase, bundle: Bundle, month: dt.date) -> int:
    """Whole seconds, rounded down: a part of a second is not a free second."""
    whole = Period(month, month_end(month), 1, 1)
    rule = row.product.prorata if bundle.is_prorated and row.product.prorata != "none" else "none"
    share = due_share(whole, row.starts_on, purchases.end_of(row) or FOREVER, rule)
    return int(Fraction(bundle.minutes * SECONDS) * Fraction(row.quantity) * share)


def stepped(grants: Iterable[Granted]) -> list[Granted]:
    """Give each grant the earliest step after those that could claim the same call and come before it by rank."""
    by_customer: dict[int, list[Granted]] = defaultdict(list)
    for grant in grants:
        by_customer[grant.customer].append(grant)
    for rows in by_customer.values():
        rows.sort(key=lambda grant: (grant.rank, grant.key))
        last: dict[tuple[str, int], int] = {}
        for grant in rows:
            grant.step = 1 + max((_before(last, family, grant.line) for family in grant.families), default=0)
            for family in grant.families:
                last[family, grant.line] = grant.step
    return [grant for rows in by_customer.values() for grant in rows]


def _before(last: dict[tuple[str, int], int], family: str, line: int) -> int:
    """Last step of a grant of that family which could take a call of that line (0: of any line)."""
    return max(
        (step for (name, held), step in last.items() if name == family and (held == line or 0 in {held, line})),
        default=0,
    )


def rows_for(grants: Sequence[Granted]) -> list[tuple[int, int, int, int, str, int]]:
    """(grant, customer, line, step, family, seconds): one row a family, as the statement joins them."""
    return [
        (grant.key, grant.customer, grant.line, grant.step, family, grant.seconds)
        for grant in grants
        for family in grant.families
    ]
