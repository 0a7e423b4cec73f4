"""Calls, sums and twelve months of the invented customer of ``samples``. The same at every run: no chance in it."""

from chappe.core.billing.document import CallGroup, CallRow, Month

CENT = 10_000_000
LINES = (("04 78 00 14 20", "Standard"), ("04 78 00 14 21", "Atelier"), ("04 78 00 14 22", "Hélène Bertrand"))
#: kind → label, masked number, nano a second, how many seconds, included in the plan
KINDS = (
    ("national", "France, fixes", "04 72 61 •• ••", 0, 214, True),
    ("mobile", "France, mobiles", "06 12 34 •• ••", 708_333, 137, False),
    ("national", "France, fixes", "01 44 55 •• ••", 0, 66, True),
    ("international", "Belgique", "+32 2 555 •• ••", 1_500_000, 488, False),
    ("sva", "Service à valeur ajoutée", "08 92 70 •• ••", 7_500_000, 95, False),
    ("mobile", "La Réunion, mobiles", "06 92 01 •• ••", 2_166_666, 305, False),
    ("national", "Numéro gris", "08 06 00 •• ••", 0, 41, True),
)


def _cents(nano: int) -> int:
    return (nano + CENT // 2) // CENT * CENT


def calls_of(count: int) -> tuple[CallRow, ...]:
    """``count`` calls over the lines, in the order of their lines and moments."""
    rows = []
    for at in range(count):
        _kind, label, number, price, seconds, included = KINDS[at % len(KINDS)]
        owner = LINES[at * len(LINES) // max(count, 1)][0]
        lasted = seconds + (at * 37) % 400
        day, minute = 1 + at * 30 // max(count, 1), 8 * 60 + (at * 53) % 600
        rows.append(
            CallRow(
                line_number=owner,
                start=f"2026-10-{day:02d}T{minute // 60:02d}:{minute % 60:02d}:{(at * 7) % 60:02d}",
                number=number,
                label=label,
                seconds=lasted,
                net=0 if included else _cents(price * lasted),
                included=included,
                note="appel du mois précédent" if at == 3 else "",
            )
        )
    return tuple(rows)


def groups_of() -> tuple[CallGroup, ...]:
    """What each line used, by kind."""
    rows = []
    for order, (number, user) in enumerate(LINES, 1):
        rows += [
            CallGroup(number, user, "national", "Fixes de France", 61 * order, 9_700 * order, 0, included=True),
            CallGroup(number, user, "mobile", "Mobiles de France", 23 * order, 3_185 * order, 226 * order * CENT),
        ]
        if order < 3:
            rows.append(CallGroup(number, user, "international", "International", 7, 3_360, 882 * CENT))
    return tuple(rows)


def history_of(net: int) -> tuple[Month, ...]:
    """Twelve months that end with this one; a dip in August, as offices have."""
    shape = (92, 95, 88, 101, 104, 99, 97, 108, 63, 41, 96, 100)
    months = [f"2025-{at:02d}" for at in (11, 12)] + [f"2026-{at:02d}" for at in range(1, 11)]
    return tuple(
        Month(month, net * part // 100 // CENT * CENT, calls=part * 3, seconds=part * 640)
        for month, part in zip(months, shape, strict=True)
    )
