"""The panels of an invoice: ours, then those that the apps above add. Read each time, so that the order of import does not matter."""

from collections.abc import Sequence
from typing import Any

from chappe.apps.billing import panels


class Live(Sequence[Any]):
    """``ours`` followed by what others have hung."""

    def __init__(self, ours: Sequence[Any]) -> None:
        self.ours = tuple(ours)

    def _all(self) -> tuple[Any, ...]:
        return (*self.ours, *panels.panels)

    def __len__(self) -> int:
        return len(self._all())

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]
