"""What hangs on a row that somebody wants to delete: what goes with it, and what forbids it."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Model, ProtectedError, RestrictedError
from django.db.models.deletion import Collector
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry, rights
from chappe.kit.screens.cells import Painter
from chappe.kit.ui import formats

NAMED = 5  # of each kind of row that forbids


def dependants(obj: Model, user: Any) -> tuple[list[str], list[str]]:
    """What a delete takes along (“12 contacts”), and what forbids it, with the way to the first of those; as lines for ``user``."""
    collector = Collector(using=obj._state.db or "default")
    try:
        collector.collect([obj])
    except (ProtectedError, RestrictedError) as error:
        held: Any = getattr(error, "protected_objects", None) or getattr(error, "restricted_objects", ())
        return [], _holding(held, user)
    counts: Counter[type[Model]] = Counter({model: len(rows) for model, rows in collector.data.items()})
    for rows in collector.fast_deletes:
        counts[rows.model] += rows.count()
    counts[type(obj)] -= 1
    going = [(model, n) for model, n in counts.most_common() if n > 0 and not model._meta.auto_created]
    return [_counted(model, number) for model, number in going], []


def _holding(held: Iterable[Model], user: Any) -> list[str]:
    """“1 contact (Jeanne)”: what has to go first."""
    rows: dict[type[Model], list[Any]] = {}
    for row in held:
        rows.setdefault(type(row), []).append(row.pk)
    largest = sorted(rows.items(), key=lambda of: -len(of[1]))
    return [_counted(model, len(keys)) + _ways(model, sorted(keys), user) for model, keys in largest]


def _ways(model: type[Model], keys: list[Any], user: Any) -> SafeString:
    """The first of them that ``user`` may open, as links."""
    screen = registry.for_model(model)
    if screen is None or not rights.may_read(screen, user):
        return SafeString("")
    first = visible_to(user, model).filter(pk__in=keys[:NAMED]).order_by("pk")
    painter = Painter(screen, user)
    links = [(painter.object(row),) for row in first]
    more = ", …" if len(keys) > len(links) else ""
    return format_html(" ({}{})", format_html_join(", ", "{}", links), more) if links else SafeString("")


def _counted(model: type[Model], number: int) -> SafeString:
    words = model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural
    return format_html("{} {}", formats.number(number), str(words))
