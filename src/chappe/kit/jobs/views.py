"""The live part of a job's page: asked again every second until the job has ended."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chappe.kit.access.door import visible_to
from chappe.kit.documents.views import download_response
from chappe.kit.jobs.models import Job, JobFile


def live_context(job: Job) -> dict[str, Any]:
    """What ``jobs/live.html`` shows: the job alone, for the template asks it for the last lines of its log."""
    return {"object": job, "polled": True}


@require_safe
@never_cache
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """The panel anew. At the end of the job the whole page is loaded once, for its title and its buttons."""
    job = get_object_or_404(visible_to(request.user, Job), pk=pk)
    response = render(request, "jobs/live.html", live_context(job))
    if not job.is_open:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@never_cache
def bar(request: HttpRequest, pk: int) -> HttpResponse:
    """The bar of one row of the list."""
    job = get_object_or_404(visible_to(request.user, Job), pk=pk)
    return render(request, "jobs/bar.html", {"object": job})


@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """A file of a job, for whoever may see the job."""
    linked = get_object_or_404(visible_to(request.user, JobFile).select_related("stored"), pk=pk)
    return download_response(request.user, linked.stored, through=linked)
