"""What Prometheus reads: requests as this house's processes counted them, jobs and files as the database knows them.

Under ``chappe serve`` several processes count: then ``PROMETHEUS_MULTIPROC_DIR`` is set and their counters are
added up. Labels are names of routes, never addresses: their number stays small.
"""

import os
import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db.models import Count, Min, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

_process = CollectorRegistry()
REQUESTS = Counter("chappe_http_requests_total", "Requests answered.", ["route", "method", "status"], registry=_process)
SECONDS = Histogram(
    "chappe_http_request_seconds", "Time to answer.", ["route", "method"], buckets=BUCKETS, registry=_process
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class MetricsMiddleware:
    """Counts each request under the name of its route. Stands first, to count what the others refuse too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = (match.view_name or match.route or "(root)") if match else "(none)"
        method = request.method if request.method in METHODS else "OTHER"
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        SECONDS.labels(route, method).observe(time.perf_counter() - started)
        return response


class DatabaseCollector:
    """Computed at each reading, from the rows: nothing to keep in step."""

    def collect(self) -> Iterable[Metric]:
        from chappe.kit.documents.models import StoredFile
        from chappe.kit.jobs.models import Job, State, Worker

        now = timezone.now()
        jobs = GaugeMetricFamily("chappe_jobs", "Jobs by state and queue.", labels=["state", "queue"])
        for state, queue, count in Job.objects.values_list("state", "queue").annotate(n=Count("id")).order_by():
            jobs.add_metric([state, queue], count)
        yield jobs
        oldest = Job.objects.filter(state=State.QUEUED, not_before__lte=now).aggregate(m=Min("not_before"))["m"]
        yield GaugeMetricFamily(
            "chappe_jobs_oldest_wait_seconds",
            "How long the job that has waited longest could have started.",
            value=(now - oldest).total_seconds() if oldest else 0,
        )
        workers = Worker.objects.filter(seen__gte=now - timedelta(seconds=60)).count()
        yield GaugeMetricFamily("chappe_workers", "Worker processes seen within a minute.", value=workers)
        files = StoredFile.objects.aggregate(n=Count("id"), bytes=Sum("size"))
        yield GaugeMetricFamily("chappe_files", "Stored files.", value=files["n"])
        yield GaugeMetricFamily("chappe_files_bytes", "Bytes of stored files, by row.", value=files["bytes"] or 0)


def text() -> bytes:
    """All of it, in Prometheus's text format."""
    counted = _process
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        multiprocess.MultiProcessCollector(counted)
    known = CollectorRegistry()
    known.register(DatabaseCollector())
    return generate_latest(counted) + generate_latest(known)
