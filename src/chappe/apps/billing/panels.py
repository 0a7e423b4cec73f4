"""Panels that the apps above add to the page of an invoice: files, mail, payments.

``add(panel)`` takes a :class:`chappe.kit.screens.declare.Panel`; ``button(fn)`` a function
(invoice, user) → (label, url, icon) or None, shown in the head of the page. Called when an app's ``panels`` or
``apps.ready`` is loaded, before the screens are frozen.
"""

from collections.abc import Callable
from typing import Any

from chappe.kit.screens.declare import Panel

Button = Callable[[Any, Any], tuple[Any, str, str] | None]
panels: list[Panel] = []
buttons: list[Button] = []


def add(panel: Panel) -> Panel:
    """Show ``panel`` on the page of each invoice that its context accepts."""
    if panel not in panels:
        panels.append(panel)
    return panel


def button(function: Button) -> Button:
    """Offer a button at the head of the page of an invoice."""
    if function not in buttons:
        buttons.append(function)
    return function
