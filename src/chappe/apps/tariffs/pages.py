"""Pages of tariffs: load a file (with a preview), compare two versions, search a number, look inside a version."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.tariffs import browsing, comparing, previewing, services, weeks
from chappe.apps.tariffs.forms import CompareForm, LoadForm, NarrowForm, SearchForm
from chappe.apps.tariffs.loading import load_tariff
from chappe.apps.tariffs.models import TariffVersion
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import visible_to
from chappe.kit.documents.services import store
from chappe.kit.jobs.services import enqueue
from chappe.kit.screens import registry

PER_PAGE = 50


def load(request: HttpRequest) -> HttpResponse:
    """Take a file, keep its bytes, and go to the preview. No version is made here."""
    form = LoadForm(
        request.POST or None, request.FILES or None, user=request.user, initial={"plan": request.GET.get("plan")}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        plan, owner = data["plan"], data.get("owner")
        whose = plan.owner if plan else owner if "owner" in form.fields else request.user.organisation
        try:
            stored = store(
                data["file"].file, name=data["file"].name, actor=Actor(user=request.user, via="page"), owner=whose
            )
        except ValidationError as error:
            form.add_error("file", error)
        else:
            draft = previewing.Draft(stored, plan, data["code"], data["name"], owner, data["form"], data["zone"])
            return redirect(_with(registry.url("tariffs.preview"), draft=draft.token(request.user)))
    return render(request, "tariffs/load.html", {"form": form}, status=422 if request.method == "POST" else 200)


def preview(request: HttpRequest) -> HttpResponse:
    """Show what a file would do (GET), or keep it as the next version (POST)."""
    token = request.POST.get("draft") or request.GET.get("draft", "")
    draft = previewing.draft_of(token, request.user)
    if draft is None:
        messages.error(request, _("This preview is too old, or its file or plan is gone: send the file again."))
        return redirect(registry.url("tariffs.load"))
    refused: list[str] = []
    if request.method == "POST":
        try:
            return redirect(_keep(request, draft))
        except ValidationError as error:
            refused = error.messages
    found = previewing.preview(draft)
    back = registry.url("tariffs.load")
    context = {
        "draft": draft,
        "token": token,
        "found": found,
        "refused": refused,
        "jumps": previewing.jumps(found),
        "known_url": registry.object_url(found.known) if found.known else "",
        "back_url": _with(back, plan=draft.plan.pk) if draft.plan else back,
        "format": next((label for slug, label in LoadForm.base_fields["form"].choices if slug == found.format), ""),
    }
    return render(request, "tariffs/preview.html", context, status=422 if refused else 200)


def _keep(request: HttpRequest, draft: previewing.Draft) -> str:
    """Make the plan if it is new, then the version, at once or in a job; the address to go to."""
    actor = Actor(user=request.user, via="page")
    with transaction.atomic():
        plan = draft.plan or services.create_plan(
            actor=actor, data={"code": draft.code, "name": draft.name, "owner": draft.owner}
        )
        if not draft.large:
            before = set(plan.versions.values_list("pk", flat=True))
            version = services.load_version(
                actor=actor, plan=plan, stored=draft.stored, form=draft.form, zone=draft.zone or None
            )
    if draft.large:
        enqueue(
            "tariffs.load", actor=actor, label=f"{plan.code}: {draft.stored.name}", owner=plan.owner,
            unique=f"tariffs.load:{plan.pk}:{draft.stored.sha256}",
            plan=plan.pk, stored=draft.stored.pk, form=draft.form, zone=draft.zone,
        )  # fmt: skip
        messages.success(request, _("The file is large: it is being kept in the background. Its progress stands here."))
        return registry.object_url(plan)
    if version.pk in before:
        messages.info(request, _("This very content is already %(version)s: nothing was added.") % {"version": version})
    else:
        messages.success(
            request, _("%(version)s is kept. It prices nothing before you activate it.") % {"version": version}
        )
    return registry.object_url(version)


def _with(address: str, **query: Any) -> str:
    return f"{address}?{urlencode(query)}"


def compare(request: HttpRequest) -> HttpResponse:
    """Two versions side by side; ``?export=csv`` gives the shown changes as a file."""
    chosen = bool(request.GET.get("a") or request.GET.get("b"))
    form = CompareForm(request.GET if chosen else None, user=request.user)
    narrow = NarrowForm(request.GET)
    context: dict[str, Any] = {"form": form, "narrow": narrow, "chosen": chosen, "title": _("Compare two versions")}
    if not (chosen and form.is_valid()):
        context["few"] = form.fields["a"].queryset.count() < 2
        return render(request, "tariffs/compare.html", context, status=422 if chosen and form.errors else 200)
    a, b = form.cleaned_data["a"], form.cleaned_data["b"]
    try:
        old, new, changes = load_tariff(a), load_tariff(b), comparing.changes_between(a, b)
    except (ValueError, OSError):
        context["broken"] = _("The stored content of one of these versions can no longer be read.")
        return render(request, "tariffs/compare.html", context, status=422)
    shown = comparing.narrowed(
        changes,
        subject=_clean(narrow, "subject"),
        kind=_clean(narrow, "kind"),
        plan=_clean(narrow, "plan"),
        text=_clean(narrow, "q"),
        least=_clean(narrow, "least") or 0,
    )
    if request.GET.get("export") == "csv":
        return _csv(comparing.as_csv(comparing.told(shown, old, new)), f"comparison-{a.pk}-{b.pk}.csv")
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    query["export"] = "csv"
    context |= {
        "a": a, "b": b, "a_url": registry.object_url(a), "b_url": registry.object_url(b),
        "summary": comparing.summary(changes),
        "page": page,
        "rows": list(comparing.told(list(page.object_list), old, new)),
        "total": len(changes),
        "plans": sorted({one.plan for one in changes if one.plan})[:200],
        "export_url": "?" + query.urlencode(),
        "swap_url": _with(request.path, a=b.pk, b=a.pk),
    }  # fmt: skip
    return render(request, "tariffs/compare.html", context)


def _csv(content: Any, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _clean(form: NarrowForm, name: str) -> Any:
    form.is_valid()
    return form.cleaned_data.get(name)


def search(request: HttpRequest) -> HttpResponse:
    """Which prefixes a number meets, and what each costs."""
    asked = bool(request.GET.get("q"))
    form = SearchForm(
        request.GET if asked else None, user=request.user, initial={"version": request.GET.get("version")}
    )
    context: dict[str, Any] = {"form": form, "asked": asked}
    if asked and form.is_valid():
        chosen = form.cleaned_data["version"]
        versions = [chosen] if chosen else browsing.versions_in_force(request.user)
        answers, broken = browsing.answers(versions, form.cleaned_data["q"])
        context |= {
            "number": form.cleaned_data["q"],
            "answers": answers,
            "broken": broken,
            "searched": versions[: browsing.MOST_VERSIONS],
            "left_out": len(versions) - browsing.MOST_VERSIONS,
        }
    elif not asked:
        context |= _examples(request)
    return render(request, "tariffs/search.html", context, status=422 if asked and form.errors else 200)


def _examples(request: HttpRequest) -> dict[str, Any]:
    versions = browsing.versions_in_force(request.user)
    chosen = visible_to(request.user, TariffVersion).filter(pk=_whole(request.GET.get("version"))).first()
    for version in [*([chosen] if chosen else []), *versions][:3]:
        try:
            found = browsing.examples(load_tariff(version))
        except (ValueError, OSError):
            continue
        if found:
            extra = {"version": chosen.pk} if chosen else {}
            return {"examples": [(number, _with(request.path, q=number, **extra)) for number in found]}
    return {"none": not versions and not chosen, "empty": browsing.is_empty(request.user)}


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else None


def inside(request: HttpRequest) -> HttpResponse:
    """Fragment of a version's page: the week of a destination, and the tables kept aside."""
    version = visible_to(request.user, TariffVersion).filter(pk=_whole(request.GET.get("version"))).first()
    if version is None:
        raise Http404
    try:
        tariff = load_tariff(version)
    except (ValueError, OSError):
        return render(request, "tariffs/inside.html", {"broken": True, "version": version})
    plans = browsing.plan_choices(tariff)
    plan = request.GET.get("plan", "")
    plan = plan if plan in tariff.plans else (plans[0] if plans else "")
    wanted = request.GET.get("towards", "").strip() or browsing.first_destination(tariff, plan)
    tag, entries = weeks.entries_for(tariff, plan, wanted)
    context = {
        "version": version,
        "plans": plans,
        "plan": plan,
        "towards": wanted,
        "destinations": sorted({entry.destination for entry in tariff.plans.get(plan, ())})[:300],
        "week": weeks.week(tariff, plan, tag, entries) if entries else None,
        "tables": browsing.tables_aside(tariff),
        "now": timezone.now(),
        "zone": tariff.timezone,
        "address": request.path,
    }
    return render(request, "tariffs/inside.html", context)
