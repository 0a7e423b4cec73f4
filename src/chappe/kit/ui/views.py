"""The home page, its cards, and the language switch. Knows no trade: cards come from the registry."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import activate
from django.views.decorators.http import require_GET, require_POST

from chappe.kit.ui import dashboard

_YEAR = 365 * 24 * 3600


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep the reader's language in a cookie, and on the account when signed in; then back to the page.

    An unknown language changes nothing; an address of another site leads home.
    """
    chosen, back = request.POST.get("language", ""), request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    if chosen not in dict(settings.LANGUAGES):
        return response
    activate(chosen)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=_YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    user = request.user
    if user.is_authenticated and getattr(user, "language", chosen) != chosen:
        user.language = chosen
        user.save(update_fields=["language"])
    return response


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The cards that the reader's rights allow; an empty state when there is none."""
    return render(request, "ui/dashboard.html", dashboard.board(request.user))


@require_GET
@login_required
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """One slow card, asked for by the home page once it stands. 404 when the reader may not see it."""
    found = next((c for c in dashboard.cards_for(request.user) if c.slug == slug), None)
    drawn = found and dashboard.drawn(found, request.user)
    if not drawn:
        raise Http404
    return render(request, "ui/dashboard_card.html", {"card": drawn})
