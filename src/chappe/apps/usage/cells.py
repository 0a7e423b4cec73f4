"""Cells of the list of calls that say more than a value: a call by its short name, a usage in its own unit, why there is no price."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from chappe.apps.usage.models import Call
from chappe.kit.ui import formats


def call(row: Call) -> SafeString:
    """The beginning of its identifier; the whole of it under the pointer."""
    return format_html('<span class="ch-ref ch-clip" title="{}">{}</span>', row, row.short_id)


def usage(row: Call) -> str:
    """As long, as heavy or as many as it was."""
    return _measured(row, row.whole_usage) if row.usage is not None else formats.DASH


def billed(row: Call) -> str:
    """What of it was charged, in the same unit."""
    return _measured(row, row.whole_billed) if row.billed is not None else formats.DASH


def reason(row: Call) -> SafeString:
    """Why there is no price; nothing for a call that has one."""
    if not row.reason:
        return SafeString("")
    told = row.reason_sentence()
    return format_html('<span class="ch-dim ch-clip" title="{}">{}</span>', told, told)


def _measured(row: Call, amount: int) -> str:
    if row.timed:
        return formats.duration(amount)
    return formats.size(amount) if row.is_data else formats.number(amount)
