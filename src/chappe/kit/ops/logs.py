"""Structured logs: one event a line, JSON for machines, readable on a terminal. Secrets leave masked.

Every line carries the request's number, the user and the job it belongs to, through context variables.
"""

import logging
import re
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

from chappe.kit.ops.config import value

GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})

log = structlog.get_logger("chappe.web")


def _mask(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    from chappe.kit.access.secrets import mask_secrets  # needs Django's settings, which are read later

    return mask_secrets(logger, method, event)


def configure(stream: Any = None) -> None:
    """Send structlog and the standard library the same way, to standard error. May be called again."""
    stream = stream or sys.stderr
    style = value("LOG_FORMAT")
    as_text = style == "text" or (style == "auto" and stream.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _mask,
    ]
    last: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if as_text:
        last.append(structlog.dev.ConsoleRenderer(colors=stream.isatty()))
    else:
        last += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("django.server").setLevel(logging.WARNING)


class LogMiddleware:
    """A number for each request (given by the proxy in X-Request-ID, or drawn here), one line for each answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        number = given if GIVEN_ID.fullmatch(given) else uuid4().hex[:16]
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request=number):
            response = self.get_response(request)
            if request.path not in QUIET and not request.path.startswith("/static/"):
                self._tell(request, response, time.perf_counter() - started)
        response["X-Request-ID"] = number
        return response

    def _tell(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        # the query is left out: it may hold a number that somebody searched for
        log.log(
            logging.WARNING if response.status_code >= 500 else logging.INFO,
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            user=_user_id(request),
        )


def _user_id(request: HttpRequest) -> Any:
    """The user's number if the session was read for this request; asking for it here would cost a query."""
    user = request.__dict__.get("_cached_user")
    return getattr(user, "pk", None)
