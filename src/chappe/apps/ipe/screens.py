"""Screens of IPE and CPN files received: anomalies and plan of a file, comparison, quality, layouts."""

from django.utils.translation import gettext_lazy as _

from chappe.apps.ipe import pages
from chappe.apps.ipe.access import AREA
from chappe.kit.access.door import Level
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Page

_PAGES = (
    ("ipe.anomalies", "ipe/file/<int:pk>/anomalies/", pages.anomalies, _("Anomalies of an IPE or CPN file"), Level.READ),
    ("ipe.anomalies-csv", "ipe/file/<int:pk>/anomalies.csv", pages.anomalies_csv, _("Anomalies of an IPE or CPN file as CSV"), Level.READ),
    ("ipe.plan", "ipe/file/<int:pk>/plan/", pages.plan, _("Plan of an IPE or CPN file"), Level.READ),
)  # fmt: skip
for _slug, _path, _view, _label, _level in _PAGES:
    registry.page(Page(slug=_slug, path=_path, view=_view, label=_label, area=AREA, level=_level))
