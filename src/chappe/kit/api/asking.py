"""The query of a list, read strictly: the page passes over what it does not know, a program is told.

The rows themselves are made by the page's own Listing, so that the same filters give the same rows.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.db.utils import DataError, NotSupportedError
from django.utils.translation import gettext as _

from chappe.kit.api.errors import BadValues
from chappe.kit.api.values import api_columns
from chappe.kit.screens.declare import Column, Screen
from chappe.kit.screens.listing import Listing
from chappe.kit.screens.paging import Slice, page_of
from chappe.kit.screens.query import declared_relation, sortable
from chappe.kit.screens.values import choices_of

PAGE_SIZE, PAGE_SIZE_MAX = 50, 500
OWN = ("q", "scope", "chip", "sort", "of", "cols", "page", "page_size", "format")


def _with_python_keys(screen: Screen, params: Any) -> Any:
    """true and false where a page's choice sends True and False."""
    yes_no = [c.name for c in screen.columns if {key for key, _label in choices_of(screen, c)} & {True, False}]
    found = params.copy()
    for name in yes_no:
        if name in found:
            words = {"true": "True", "false": "False"}
            found.setlist(name, [words.get(value, value) for value in found.getlist(name)])
    return found


class Asked:
    """One list as a program asks for it. ``check`` raises BadValues for anything that cannot be used."""

    def __init__(self, screen: Screen, user: Any, params: Any) -> None:
        self.screen, self.params = screen, _with_python_keys(screen, params)
        self.listing = Listing(screen, user, self.params)
        # The page joins what its columns show; here every column is told, so every one is joined.
        self.listing.columns = list(api_columns(screen))

    @cached_property
    def columns(self) -> Sequence[Column]:
        names = [name for name in self.params.get("cols", "").split(",") if name]
        known = {column.name: column for column in api_columns(self.screen)}
        return [known[name] for name in names] if names else list(known.values())

    @property
    def page_size(self) -> int:
        text = self.params.get("page_size", "")
        return int(text) if text else PAGE_SIZE

    @property
    def page(self) -> int:
        return int(self.params.get("page", "") or 1)

    def check(self) -> None:
        wrong = self._names() | self._choices() | self._numbers()
        if not self.listing.filterset.is_valid():
            errors = self.listing.filterset.form.errors
            wrong |= {name: [str(text) for text in texts] for name, texts in errors.items()}
        if wrong:
            raise BadValues(wrong)

    def _names(self) -> dict[str, list[str]]:
        filters = list(self.listing.filterset.filters)
        text = _("There is no filter of this name. Known: %(names)s.") % {"names": ", ".join([*OWN, *filters])}
        return {name: [text] for name in self.params if name not in OWN and name not in filters}

    def _choices(self) -> dict[str, list[str]]:
        screen, params = self.screen, self.params
        known = {
            "scope": [scope.name for scope in screen.scopes],
            "chip": [chip.name for chip in screen.chips],
            "sort": [column.name for column in screen.columns if sortable(screen, column)],
            "cols": [column.name for column in api_columns(screen)],
        }
        asked = {
            "scope": [params.get("scope", "")],
            "chip": params.getlist("chip"),
            "sort": [part.removeprefix("-") for part in params.get("sort", "").split(",")],
            "cols": params.get("cols", "").split(","),
        }
        wrong = {}
        for name, values in asked.items():
            strange = [value for value in values if value and value not in known[name]]
            if strange:
                said = {"value": ", ".join(strange), "names": ", ".join(known[name]) or _("none")}
                wrong[name] = [_("“%(value)s” is not known here. Known: %(names)s.") % said]
        of = params.get("of", "")
        if of and declared_relation(screen, of.partition(":")[0]) is None:
            wrong["of"] = [_("“%(value)s” is not a relation of these rows.") % {"value": of}]
        return wrong

    def _numbers(self) -> dict[str, list[str]]:
        wrong = {}
        for name, most in (("page", 10**9), ("page_size", PAGE_SIZE_MAX)):
            text = self.params.get(name, "")
            if text and not (text.isascii() and text.isdecimal() and 1 <= int(text[:12]) <= most and len(text) < 12):
                wrong[name] = [_("Write a whole number from 1 to %(most)d.") % {"most": most}]
        return wrong

    def slice(self) -> Slice:
        """The page asked for; empty beyond the last one."""
        try:
            found = page_of(self.listing.rows, self.page, self.page_size, self.screen.estimate)
        except (OverflowError, DataError, NotSupportedError):
            raise BadValues({"": [_("A value of the query is too large or cannot be used here.")]}) from None
        if found.number != self.page:
            return Slice([], self.page, self.page_size, found.count, more=False)
        return found
