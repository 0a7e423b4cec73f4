"""The card of the home page: files that wait for somebody."""

from typing import Any

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.exchange import queries, words
from chappe.apps.exchange.access import AREA
from chappe.kit.screens import registry
from chappe.kit.ui.dashboard import DashboardCard, Size, register

SHOWN = 6
TONES = {"planned": "wait", "received": "new", "quarantined": "warn", "refused": "bad", "failed": "bad"}


def to_handle(user: Any) -> dict[str, Any]:
    """The oldest files that wait, each with whose turn it is."""
    rows = queries.to_handle(user).filter(mended=None)[:SHOWN]
    return {
        "rows": [
            {
                "title": file.name,
                "url": registry.object_url(file),
                "second": f"{file.kind_label()} · {words.turn(file)}",
                "state": file.get_state_display(),
                "tone": TONES.get(file.state, "new"),
            }
            for file in rows
        ],
        "empty": _g("No file waits for anybody."),
    }


register(
    DashboardCard(
        slug="exchange.files", area=AREA, context=to_handle, order=31, size=Size.HALF, title=_("Files to handle"),
        icon="file-import", url="/exchange/file/",
    )
)  # fmt: skip
