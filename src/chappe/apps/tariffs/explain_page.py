"""The page “Explain a price”: one call, real or imagined, priced by the kernel with every step told."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from chappe.apps.tariffs import browsing, weeks, words
from chappe.apps.tariffs.forms import ExplainForm
from chappe.apps.tariffs.loading import load_compiled, load_tariff
from chappe.apps.tariffs.models import TariffVersion
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry

ASKED = ("tenant", "subject", "destination", "start", "usage")


def explain(request: HttpRequest) -> HttpResponse:
    """Answer once the fields are there; before that, fill what can be guessed. ``?format=json`` for programs."""
    asked = any(request.GET.get(name) for name in ("start", "usage"))
    form = ExplainForm(request.GET if asked else None, user=request.user, initial=_guess(request))
    context: dict[str, Any] = {"form": form, "asked": asked, "empty": browsing.is_empty(request.user)}
    valid = asked and form.is_valid()
    if valid:
        data = form.cleaned_data
        try:
            explanation = _priced(data)
        except (ValueError, OSError):
            form.add_error("version", _("The stored content of this version can no longer be read."))
        else:
            if request.GET.get("format") == "json":
                return JsonResponse(explanation.as_dict(words.language()), json_dumps_params={"ensure_ascii": False})
            query = request.GET.copy()
            query["format"] = "json"
            context |= {
                "explanation": explanation,
                "json_url": "?" + query.urlencode(),
                "version": data["version"],
                "version_url": registry.object_url(data["version"]),
            }
    if asked and form.errors and request.GET.get("format") == "json":
        return JsonResponse({"errors": form.errors}, status=422)
    return render(request, "tariffs/explain.html", context, status=422 if asked and form.errors else 200)


def _priced(data: dict[str, Any]) -> Any:
    from chappe.core.rating.explain import price_one  # the kernel loads when a price is asked

    version = data["version"]
    compiled = load_compiled(version)
    category = data["category"]
    by_tor = load_tariff(version).keyed_by == "tor"
    kind = {"tor": category or "0"} if by_tor else {"category": category or "call", "tor": _record(category)}
    return price_one(
        compiled,
        tenant=data["tenant"],
        subject=data["subject"],
        destination=data["destination"].lstrip("+").replace(" ", ""),
        start=data["start"],
        usage=data["usage"],
        **kind,
    )


def _record(category: str) -> str:
    """The type of record that usually goes with a category: messages and data are not counted by time."""
    plain = category.strip().lstrip("*").lower()
    return f"*{plain}" if plain in {"sms", "mms", "data", "generic"} else "0"


def _guess(request: HttpRequest) -> dict[str, Any]:
    """Fields from the address, then from the version: its first profile, a number it knows, the present minute."""
    given = {name: value for name, value in request.GET.items() if value}
    mine = visible_to(request.user, TariffVersion).select_related("plan", "content")
    number = given.get("version", "")
    version = (
        mine.filter(pk=int(number)).first() if number.isascii() and number.isdigit() and len(number) < 18 else None
    )
    if version is None:
        version = next(iter(browsing.versions_in_force(request.user)), None)
    if version is None:
        return given
    guess: dict[str, Any] = {"version": version.pk, "usage": "125"}
    try:
        tariff = load_tariff(version)
    except (ValueError, OSError):
        return {**guess, **given}
    key = browsing.profile_of(tariff)
    if key is not None and "subject" not in given:
        guess |= browsing.profile_query(key)
    guess["destination"] = next(iter(browsing.examples(tariff, 1)), "")
    guess["start"] = weeks.local_now(tariff).replace(microsecond=0, second=0, tzinfo=None).isoformat()
    return {**guess, **given}
