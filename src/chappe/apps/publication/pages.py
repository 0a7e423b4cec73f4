"""Pages beside the lists: the overview, files made by hand, a file taken."""

import datetime as dt

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chappe.apps.publication import queries
from chappe.apps.publication.access import AREA
from chappe.apps.publication.forms import MakeForm
from chappe.apps.publication.models import Kind, PublishedFile
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, house_only, is_house, may, visible_to
from chappe.kit.documents.views import download_response
from chappe.kit.jobs.services import enqueue
from chappe.kit.screens import registry


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What was made and handed over, recipient by recipient. A partner is led to its own files."""
    if not is_house(request.user):
        return redirect(registry.url("publication.file"))
    lines = queries.overview()
    told = {
        "lines": [(line, registry.object_url(line.recipient), [(row, registry.object_url(row)) for row in line.troubles]) for line in lines],
        "kinds": Kind.choices, "slots": queries.slots(), "running": queries.running(), "failed": queries.failed(),
        "may_write": may(request.user, AREA, Level.WRITE), "files_url": registry.url("publication.file"),
        "make_url": registry.url("publication.make"), "new_url": registry.url("publication.recipient", "create"),
    }  # fmt: skip
    return render(request, "publication/home.html", told)


def make(request: HttpRequest) -> HttpResponse:
    """Queue files by hand."""
    house_only(request.user)
    form = MakeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        day: dt.date = data["day"]
        job = enqueue(
            "publication.make", actor=Actor.of(request), unique=f"publication.make:{data['kind']}:{day}", kind=data["kind"], day=day.isoformat(),
            label=_("%(kind)s of %(day)s") % {"kind": str(Kind(data["kind"]).label).capitalize(), "day": f"{day:%d/%m/%Y}"},
            recipients=[row.pk for row in data["recipients"]], flows=data["flows"],
        )  # fmt: skip
        messages.success(request, _("The files are being made: this page says how far they are."))
        return redirect(job.get_absolute_url())
    told = {
        "form": form, "home_url": registry.url("publication.home"), "new_url": registry.url("publication.recipient", "create"),
        "has_recipients": form.fields["recipients"].queryset.exists(),  # type: ignore[attr-defined]
        "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "publication/make.html", told)


@require_safe
def take(request: HttpRequest, pk: int) -> FileResponse:
    """The bytes, for whoever may see the row."""
    row = get_object_or_404(visible_to(request.user, PublishedFile).select_related("stored"), pk=pk)
    if row.stored is None:
        raise Http404
    return download_response(request.user, row.stored, through=row)
