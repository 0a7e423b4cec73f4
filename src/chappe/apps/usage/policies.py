"""Which digits of a number a page, a print or the lake may have: the masking policy of the house, in force now.

Everybody sees the same masked numbers; whoever may reveals one call at a time, and the journal says so. Apps above tell
which lines asked for whole numbers in print (consent) and whose calls are never told one by one (no detail).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps

from chappe.core.calls.kinds import NumberKind
from chappe.core.calls.masking import PUBLIC, Policy, mask, shown

Lines = Callable[[], frozenset[int]]
_lines: dict[str, Lines] = {}
CONSENTS, NO_DETAIL = "consents", "no_detail"


def register_lines(kind: str, fn: Lines) -> None:
    """Say which lines (ids) gave their consent to whole numbers in print (``"consents"``), or are never told call by call
    (``"no_detail"``). Raises KeyError for another word."""
    if kind not in {CONSENTS, NO_DETAIL}:
        raise KeyError(kind)
    _lines[kind] = fn


@dataclass(frozen=True)
class Masks(Policy):
    """The policy with what it applies to: ``hides_files`` also hides calls that no source or customer has."""

    hides_files: bool = False

    def applies(self, row: dict[str, Any]) -> bool:
        """Whether a call of the lake falls under the policy of screens."""
        return self.hides_files or row.get("source") is not None or row.get("customer") is not None

    def hide(self, row: dict[str, Any]) -> dict[str, str]:
        """Hide in place the numbers of a row of the lake; what they were."""
        whole = {name: row.get(name) or "" for name in ("destination", "caller")}
        if not self.applies(row):
            return whole
        kind = row.get("kind") or ""
        # The other end is who called, or who was called; the end inside is one of our own numbers.
        name = "caller" if row.get("way") == "in" else "destination"
        number = whole[name]
        is_told = self.has_detail(row.get("line_id"))
        row[name] = shown(number, kind, self.screen) if is_told else mask(number, len(number))
        return whole

    def sql(self, column: str) -> str:
        """``destination`` or ``caller`` as an expression over ``calls`` that gives what a screen may show."""
        if not (self.screen or self.no_detail):
            return column
        digits, coming = int(self.screen), "= 'in'" if column == "caller" else "IS DISTINCT FROM 'in'"
        lines = f"line_id IN ({', '.join(map(str, sorted(map(int, self.no_detail))))})" if self.no_detail else "FALSE"
        files = "" if self.hides_files else "WHEN source IS NULL AND customer IS NULL THEN {x} "
        return (
            f"CASE {files}WHEN NOT (way {coming}) THEN {{x}} "
            f"WHEN {lines} OR kind = '{NumberKind.HELPLINE.value}' THEN repeat('*', length({{x}})) "
            f"WHEN kind IN ({', '.join(repr(str(kind.value)) for kind in sorted(PUBLIC))}) THEN {{x}} "
            f"ELSE left({{x}}, greatest(length({{x}}) - {digits}, 0)) || repeat('*', least({digits}, length({{x}}))) END"
        ).replace("{x}", column)


def current(*, with_lines: bool = False) -> Masks:
    """The policy in force; ``with_lines`` also asks which lines gave consent or have no detail."""
    row = apps.get_model("usage", "MaskingPolicy").objects.order_by("pk").first()
    masks = (
        Masks(row.screen_digits, row.print_digits, row.store_digits, hides_files=row.hides_files) if row else Masks()
    )
    if with_lines:
        masks = replace(masks, **{kind: fn() for kind, fn in _lines.items()})
    return masks


def number_sql() -> str:
    """The number that a call is listed under, as a screen may show it, as an expression over ``calls``; NULL for none."""
    masks = current(with_lines=True)
    return f"nullif(CASE WHEN way = 'in' THEN {masks.sql('caller')} ELSE {masks.sql('destination')} END, '')"
