"""What every view of a screen shares: sign-in, the right, the row that may be seen. No page is made here."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from chappe.kit.access.door import Level, require, visible_to
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Screen
from chappe.kit.screens.query import queryset_for

View = Callable[..., HttpResponse]


def on_screen(level: int = Level.READ) -> Callable[[View], View]:
    """View on a screen: signed in (else to the sign-in page), with ``level`` in its area (else 403)."""

    def dress(view: View) -> View:
        @wraps(view)
        def dressed(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            screen = registry.get(slug)
            require(request.user, screen.area, level)
            return view(request, screen, **kwargs)

        return dressed

    return dress


def object_or_404(screen: Screen, user: Any, pk: str, *, lock: bool = False) -> Any:
    """The row, if ``user`` may see it; a row of somebody else is not there at all.

    With ``lock``, the row is read alone and held until the transaction ends: what a verb is given.
    """
    try:
        key = screen.model._meta.pk.to_python(pk)
        if lock:  # without the screen's annotations: PostgreSQL cannot lock a row made by GROUP BY
            row = visible_to(user, screen.model).filter(pk=key).select_for_update(of=("self",)).first()
        else:
            row = queryset_for(screen, user).filter(pk=key).first()
    except (ValidationError, ValueError, OverflowError):
        row = None
    if row is None:
        raise Http404(_("There is nothing here, or it is not yours to see."))
    return row


def refuse_unless(allowed: bool, sentence: str = "") -> None:
    """403 with a sentence."""
    if not allowed:
        raise PermissionDenied(sentence or _("Your rights do not allow this here."))


def refusals(error: ValidationError) -> list[str]:
    """Every sentence of a refusal."""
    return [str(message) for message in error.messages]


def as_refusal(error: ValidationError | PermissionDenied) -> ValidationError:
    """What a verb refused, for the form: a field or a row that is not the reader's to set is said like a wrong value."""
    return (
        error
        if isinstance(error, ValidationError)
        else ValidationError(str(error) or _("Your rights do not allow this here."))
    )


def query_of(request: HttpRequest) -> QueryDict:
    """The list's query that a form carries in its hidden ``query``."""
    return QueryDict(request.POST.get("query", "").removeprefix("?"))


def safe_back(request: HttpRequest, otherwise: str) -> str:
    """Where the reader came from, when that is one of our pages."""
    asked = request.POST.get("back") or request.GET.get("back") or ""
    parts = urlsplit(asked)
    ours = asked.startswith("/") and not asked.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return asked if ours else otherwise
