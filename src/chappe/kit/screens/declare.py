"""The vocabulary of a back office: what one entity is, said once.

A :class:`Screen` is registered in an app's ``screens.py``. From it the kit derives list, filters, search,
sort, pages, saved views, column choice, CSV and XLSX export, detail with history and related lists, forms,
bulk edit, REST endpoints, OpenAPI, the right that guards it, its menu entry and its contract tests.
Nothing here knows the trade, a request or HTML. Escape hatches, in order: a cell drawn by a function or a template, a panel template,
an ordinary view registered as a :class:`Page`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Model, Q, QuerySet

Text = Any  # str or a lazy translation


class Kind(StrEnum):
    """How a value is shown, filtered, exported and described in the API."""

    TEXT = "text"
    REF = "ref"  # a reference: monospace, links to the detail page when it is the first column
    STATE = "state"  # a choice with a tone; always a word, never colour alone
    MONEY = "money"  # integer nano of the currency
    NUMBER = "number"
    DURATION = "duration"  # seconds
    SIZE = "size"  # bytes
    DATE = "date"
    DATETIME = "datetime"
    BOOL = "bool"
    LINK = "link"  # a related object: links to its own screen
    SECRET = "secret"  # noqa: S105 - a kind, not a password. Masked; shown on click with an audit line


class Tone(StrEnum):
    """The six tones of a state (theme: .s-new … .s-bad)."""

    NEW = "new"
    RUN = "run"
    WAIT = "wait"
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


class FilterKind(StrEnum):
    CONTAINS = "contains"
    EXACT = "exact"
    STARTS = "starts"
    CHOICE = "choice"
    RANGE = "range"
    DATE_RANGE = "date_range"
    BOOL = "bool"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Column:
    """``source`` is an ORM path (``operator__name``) or a method of the model; by default ``name``.

    ``second`` is an ORM path shown dimmed under the value. ``tones`` maps the value of a STATE to its tone.
    ``filter`` None takes the usual one for the kind. ``template`` replaces the cell (context: value, object,
    column); so does ``draw`` (object → text, or HTML marked safe), for lists that are long and often read. A column with a method for source is neither sortable nor filterable unless ``order_by`` says how.
    """

    name: str
    label: Text
    source: str = ""
    kind: Kind = Kind.TEXT
    second: str = ""
    tones: Mapping[Any, Tone] = field(default_factory=dict)
    choices: Sequence[tuple[Any, Text]] | None = None
    filter: FilterKind | None = None
    order_by: str = ""
    where: Callable[[str], Q] | None = None  # what a text typed in the filter means, instead of the usual filter
    sortable: bool = True
    shown: bool = True  # in the list before the reader chooses columns
    exported: bool = True
    in_api: bool = True
    template: str = ""
    draw: Callable[[Any], str] | None = None
    said: Callable[[Any, str], str] | None = None  # (reader, value of the filter) → how it reads, where it may be a key
    help: Text = ""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A tab above the list (en cours, archivé, tout voir), with its count."""

    name: str
    label: Text
    where: Q = field(default_factory=Q)


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A quick filter of the first filter row. ``where`` may depend on the reader."""

    name: str
    label: Text
    where: Callable[[Any], Q]


@dataclass(frozen=True, kw_only=True)
class Related:
    """A list of another screen on the detail page: rows whose ``path`` is this object."""

    screen: str
    path: str
    label: Text = ""
    limit: int = 10


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A card of the detail page: named columns as a definition list, or a template (context: object, screen).

    ``context`` may add values for the template.
    """

    title: Text
    icon: str = ""
    columns: Sequence[str] = ()
    template: str = ""
    context: Callable[[Any, Any], dict[str, Any]] | None = None  # (object, user) → context
    aside: bool = False  # right-hand column


@dataclass(frozen=True)
class Done:
    """What an action or a verb answers: a sentence, and where to go next ("" = stay). ``failed``: it says that something went wrong."""

    message: Text
    url: str = ""
    download: Any = None
    failed: bool = False


@dataclass(frozen=True, kw_only=True)
class Action:
    """A verb on one row or on the chosen rows. ``perform(*, actor, objects, **form_data) -> Done``.

    ``why_not(object, user)`` returns a sentence when it may not happen now; the button then shows it.
    ``level`` is the level of right it needs in the screen's area. With ``confirm`` a page asks first.
    ``offered(object, user)`` False leaves the button out where the verb means nothing; the verb itself must still
    refuse, by ``why_not`` or by its service.
    """

    name: str
    label: Text
    perform: Callable[..., Done]
    level: int = 2
    icon: str = ""
    form: Any = None  # a django Form class for the values it asks
    confirm: Text = ""
    bulk: bool = False
    single: bool = True
    primary: bool = False
    danger: bool = False
    why_not: Callable[[Any, Any], Text | None] | None = None
    offered: Callable[[Any, Any], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Menu:
    """Where the entry stands: ``section`` is a name registered with :func:`registry.menu_section`."""

    section: str
    icon: str = "list"  # a Tabler icon name
    order: int = 100


@dataclass(frozen=True, kw_only=True)
class Screen:
    """One entity. Verbs are services of the app, the only writers:

    ``create(*, actor, data) -> object``, ``update(*, actor, object, data) -> object``,
    ``delete(*, actor, object) -> None``, raising django's ValidationError with a sentence when refused;
    None means that the act does not exist for this entity. ``fields`` are the form's (and the API's writable)
    model fields in order; ``form`` replaces the derived ModelForm. ``bulk_fields`` may be set on many rows.
    ``rows(user)`` narrows or annotates the queryset *after* visible_to.
    ``estimate`` above this many rows counts are shown as "plus de …" instead of being counted.
    """

    slug: str  # "parties.operator": app.entity, also the URL and API path
    model: type[Model]
    label: Text  # plural, as in the menu
    label_one: Text
    area: str
    columns: Sequence[Column]
    menu: Menu | None = None
    scopes: Sequence[Scope] = ()
    chips: Sequence[Chip] = ()
    search: Sequence[str] = ()  # ORM paths looked up by the search box
    seek: Callable[[str], Q] | None = None  # replaces the look-up in those paths, where millions of rows want an index
    ordering: Sequence[str] = ("-pk",)
    panels: Sequence[Panel] = ()
    related: Sequence[Related] = ()
    fields: Sequence[str] = ()
    bulk_fields: Sequence[str] = ()
    form: Any = None
    create: Callable[..., Any] | None = None
    update: Callable[..., Any] | None = None
    delete: Callable[..., None] | None = None
    actions: Sequence[Action] = ()
    head: str = ""  # ORM path or method for the title of the detail page; str(object) by default
    state: str = ""  # name of the STATE column shown beside the title
    subtitle: Callable[[Any], Text] | None = None
    empty: Text = ""  # what to do when there is no row yet
    intro: Text = ""  # a line under the title of the list
    rows: Callable[[QuerySet, Any], QuerySet] | None = None
    api: bool = True
    history: bool = True
    estimate: int = 200_000
    page_links: Sequence[Callable[[Any], tuple[Text, str, str] | None]] = ()  # user → (label, url, icon) in the head


@dataclass(frozen=True, kw_only=True)
class Page:
    """An ordinary view with a place in the menu and a right. ``path`` is relative to the root, "simulate/".

    ``view`` takes (request, **kwargs). ``area`` "" means: any signed-in user.
    """

    slug: str
    path: str
    view: Callable[..., Any]
    label: Text
    area: str
    level: int = 1
    menu: Menu | None = None
    public: bool = False  # reachable without signing in (health, sign-in): needs a reason in the contract test
