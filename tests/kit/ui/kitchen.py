"""A page with every component of the face, for tests and for the eye. Never part of the product.

As a URL configuration it holds ``/kitchen-sink/`` (list), ``/kitchen-sink/detail/``, ``/kitchen-sink/home/`` and the
addresses of the face alone, so that a fault elsewhere does not hide here.
"""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.utils.translation import gettext as _

from chappe.kit.ui.charts import Chart, Series, Shape, Unit
from chappe.kit.ui.dashboard import DashboardCard, Drawn, Size

TEMPLATES = Path(__file__).parent / "templates"
ALICE = SimpleNamespace(
    is_authenticated=True,
    username="alice",
    first_name="Alice",
    last_name="Martin",
    email="alice@chappe.example",
    get_full_name="Alice Martin",
)
EUR = 1_000_000_000


class Kitchen(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Nom", help_text="Tel qu’il figure sur la facture.")
    operator = forms.ChoiceField(label="Opérateur", choices=[("", "choisir…"), ("a", "Altitel"), ("b", "Boréal")])
    mail = forms.EmailField(label="Courriel", required=False)
    active = forms.BooleanField(label="Actif dès aujourd’hui", required=False)
    mode = forms.ChoiceField(label="Mode", widget=forms.RadioSelect, choices=[("oi", "OI"), ("oc", "OC")])
    notes = forms.CharField(label="Notes", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    file = forms.FileField(label="Fichier", required=False)


MENU = [
    {
        "label": "Trafic et facturation",
        "entries": [
            {"label": "Communications", "url": "/kitchen-sink/", "icon": "phone", "active": True, "badge": "1 284"},
            {
                "label": "Grilles tarifaires",
                "url": "/kitchen-sink/detail/",
                "icon": "calculator",
                "active": False,
                "badge": "",
            },
            {"label": "Simulateur", "url": "#", "icon": "arrows-diff", "active": False, "badge": ""},
        ],
    },
    {
        "label": "Échanges",
        "entries": [
            {"label": "Fichiers reçus", "url": "#", "icon": "folder-share", "active": False, "badge": "3"},
            {"label": "Tâches", "url": "#", "icon": "progress", "active": False, "badge": ""},
            {"label": "Clés d’API", "url": "#", "icon": "api", "active": False, "badge": ""},
        ],
    },
]
STATES = [
    ("Valorisée", "ok"),
    ("En cours", "run"),
    ("En attente", "wait"),
    ("Rejetée", "bad"),
    ("Reçue", "new"),
    ("Sans tarif", "warn"),
]


def _rows() -> list[dict]:
    destinations = ["Allemagne O2", "France mobile", "Royaume-Uni fixe", "Espagne", "Suisse mobile", "Belgique"]
    return [
        {
            "ref": f"APL-2026-{118204 - i}",
            "account": f"CLI-{4410 + i * 7}",
            "operator": ["Altitel", "Boréal", "Cémax"][i % 3],
            "state": STATES[i % 6][0],
            "tone": STATES[i % 6][1],
            "number": f"+4917612345{60 + i}",
            "destination": destinations[i % 6],
            "start": datetime(2026, 11, 21, 14, 2 + i, tzinfo=UTC),
            "seconds": 35 + i * 311,
            "nano": (i + 1) * 12_512_500 * (7 if i % 4 else 97_000),
        }
        for i in range(12)
    ]


def _charts() -> dict[str, Chart]:
    days = [f"{d:02d}/11" for d in range(1, 22)]
    calls = [8_200 + (d * 977) % 3_100 - (5_000 if d % 7 in {0, 1} else 0) for d in range(1, 22)]
    return {
        "days": Chart(
            slug="days",
            title="Communications et chiffre d’affaires par jour",
            labels=days,
            series=[
                Series(label="Communications", values=calls),
                Series(
                    label="Chiffre d’affaires",
                    values=[c * 37_125_000 for c in calls],
                    unit=Unit.MONEY,
                    tone="signal",
                    axis=2,
                    shape=Shape.LINE,
                ),
            ],
        ),
        "top": Chart(
            slug="top",
            title="Premières destinations",
            labels=["Allemagne O2", "France mobile", "Royaume-Uni", "Suisse", "Espagne"],
            series=[
                Series(label="Montant", values=[n * EUR for n in (12_410, 9_020, 4_700, 2_210, 1_108)], unit=Unit.MONEY)
            ],
            shape=Shape.ROWS,
        ),
        "share": Chart(
            slug="share",
            title="État des communications",
            labels=["Valorisées", "Sans tarif", "Rejetées"],
            series=[Series(label="Communications", values=[182_402, 812, 94])],
            shape=Shape.RING,
        ),
        "nothing": Chart(slug="nothing", title="Vide", labels=[], series=[Series(label="x", values=[])]),
    }


def _page(request: HttpRequest, name: str, **context) -> HttpResponse:
    template = engines["django"].from_string((TEMPLATES / f"{name}.html").read_text("utf-8"))
    shell = {"menu": MENU, "house": "Fibre du Jura"}
    return HttpResponse(template.render({"shell": shell, "user": ALICE, **context}, request))


def listing(request: HttpRequest) -> HttpResponse:
    messages.success(request, "12 communications revalorisées. L’ancienne version reste consultable.")
    page = Paginator(range(1284), 50).get_page(request.GET.get("page", 2))
    return _page(request, "kitchen", rows=_rows(), page=page)


def detail(request: HttpRequest) -> HttpResponse:
    events = [
        {
            "when": datetime(2026, 11, 21, 14, 2, tzinfo=UTC),
            "icon": "calculator",
            "text": "Valorisée 0,0125 € avec « Europe 2026 », version 4",
            "who": "tâche 312 · lot 2026-11-21-a",
        },
        {
            "when": datetime(2026, 11, 21, 13, 58, tzinfo=UTC),
            "icon": "file-import",
            "text": "Ligne 27 de",
            "url": "#",
            "link": "ALTI_CDR_20261121_01.csv",
            "who": "Alice Martin · 212 lignes, 3 rejetées",
        },
    ]
    form = Kitchen({"name": "", "operator": "a", "mail": "pas une adresse"})
    return _page(request, "detail", events=events, form=form, charts=_charts(), states=STATES)


def home(request: HttpRequest) -> HttpResponse:
    charts = _charts()

    def card(
        slug: str,
        size: Size,
        context: dict,
        title: str = "",
        icon: str = "",
        template: str = "ui/dashboard_list.html",
        **more,
    ) -> Drawn:
        made = DashboardCard(
            slug=slug,
            area="",
            context=lambda user: context,
            size=size,
            title=title,
            icon=icon,
            template=template,
            url="#" if title else "",
        )
        return Drawn(made, context, **more)

    tiles = [
        card(
            "calls",
            Size.TILE,
            {
                "label": "Communications du mois",
                "value": "183 308",
                "delta": "+4,2 %",
                "tone": "ok",
                "hint": "sur octobre",
                "icon": "phone",
            },
        ),
        card(
            "revenue",
            Size.TILE,
            {
                "label": "Chiffre d’affaires",
                "value": "29 448,20 €",
                "delta": "+1,1 %",
                "tone": "ok",
                "hint": "sur octobre",
                "icon": "coin-euro",
            },
        ),
        card(
            "unrated",
            Size.TILE,
            {
                "label": "Sans tarif",
                "value": "812",
                "delta": "+640",
                "tone": "bad",
                "hint": "depuis hier",
                "icon": "help-hexagon",
                "url": "#",
            },
        ),
        card(
            "files",
            Size.TILE,
            {"label": "Fichiers à traiter", "value": "3", "hint": "le plus ancien depuis 2 h", "icon": "folder-share"},
        ),
    ]
    todo = [
        {
            "title": "640 communications vers +4917… sans tarif",
            "second": "grille « Europe 2026 », depuis hier 22:10",
            "state": "Sans tarif",
            "tone": "warn",
            "url": "#",
        },
        {
            "title": "ALTI_CDR_20261121_02.csv",
            "second": "3 lignes rejetées sur 212",
            "state": "Anomalies",
            "tone": "bad",
            "url": "#",
        },
        {
            "title": "Grille « Afrique 2027 » à activer",
            "second": "entre en vigueur dans 9 jours",
            "state": "Prête",
            "tone": "wait",
            "url": "#",
        },
    ]
    jobs = [
        {
            "title": "Valorisation de novembre",
            "second": "par Alice, il y a 3 min",
            "state": "En cours",
            "tone": "run",
            "value": "62 %",
        }
    ]
    chart = "ui/dashboard_chart.html"
    cards = [
        card(
            "days",
            Size.WIDE,
            {"chart": charts["days"], "height": 260},
            "Communications et chiffre d’affaires par jour",
            "chart-histogram",
            chart,
        ),
        card("todo", Size.THIRD, {"rows": todo}, "À faire", "checklist"),
        card("top", Size.HALF, {"chart": charts["top"], "height": 220}, "Premières destinations", "world", chart),
        card(
            "share",
            Size.HALF,
            {"chart": charts["share"], "height": 220},
            "État des communications",
            "chart-donut",
            chart,
        ),
        card("jobs", Size.HALF, {"rows": jobs}, "Tâches", "progress"),
        card("alerts", Size.THIRD, {"rows": [], "empty": _("Nothing to do here.")}, "Alertes", "bell"),
        card(
            "broken",
            Size.HALF,
            {},
            "Carte en panne",
            "bug",
            failed="Cette carte n’a pas pu être dessinée. La faute est au journal.",
        ),
    ]
    template = engines["django"].get_template("ui/dashboard.html")
    shell = {"menu": MENU, "house": "Fibre du Jura"}
    return HttpResponse(template.render({"shell": shell, "user": ALICE, "tiles": tiles, "cards": cards}, request))


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [
    path("kitchen-sink/", listing),
    path("kitchen-sink/detail/", detail),
    path("kitchen-sink/home/", home),
    path("kitchen-sink/broken/", broken),
    path("", include("chappe.kit.ui.urls")),
]
