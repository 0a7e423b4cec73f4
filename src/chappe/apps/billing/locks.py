"""The order in which billing locks rows, so that no two transactions wait for each other: customers who paid
in advance, run, invoices, year of a series, head of the journal. A verb may skip one, never go back.
"""

from collections.abc import Iterable

from chappe.apps.billing.models import Invoice, Run, Series, SeriesYear


def run(pk: int) -> Run:
    """A run, alone to be changed until the end of the transaction."""
    return Run.objects.select_for_update(of=("self",)).get(pk=pk)


def invoices(pks: Iterable[int]) -> list[Invoice]:
    """Invoices in the order of their keys, with what their documents need."""
    rows = Invoice.objects.select_for_update(of=("self",)).filter(pk__in=list(pks)).order_by("pk")
    return list(rows.select_related("customer__brand", "owner", "series", "preceding"))


def series_year(series: Series, year: int) -> SeriesYear:
    """The counter of a series and year, made when new."""
    found = SeriesYear.objects.select_for_update().filter(series=series, year=year).first()
    if found is None:
        SeriesYear.objects.get_or_create(series=series, year=year)
        found = SeriesYear.objects.select_for_update().get(series=series, year=year)
    return found
