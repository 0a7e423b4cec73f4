"""The sentences of tariff reading and checking, and the list that collects them.

One place, so that codes stay stable and every sentence has its French. This module never decides what is a
fault: readers and checks do.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from chappe.core.base.issue import Issue, Severity, declare
from chappe.core.base.lang import N_

#: At most so many issues of one code in one file; the rest are counted in one "tariff-more" line.
MOST_OF_ONE_KIND = 500

SENTENCES = {
    # the file as bytes
    "tariff-no-file": N_("There is no file to read here."),
    "tariff-nothing": N_("There is no tariff here: no row gives a price."),
    "tariff-unknown-format": N_("The format of these tables was not recognised. Known formats: {formats}."),
    "tariff-file-ignored": N_("{name} is not a table of the format {format}; it was left aside."),
    "tariff-file-empty": N_("The file is empty."),
    "tariff-no-rows": N_("The table has a header and no row."),
    "tariff-file-too-large": N_("The file is larger than {limit} MB and was not read."),
    "tariff-too-many-files": N_("There are more than {limit} files; the others were not read."),
    "tariff-archive-bad": N_("The archive cannot be opened: {detail}."),
    "tariff-archive-path": N_("{name} points outside of the archive and was not read."),
    "tariff-workbook-bad": N_("The workbook cannot be read: {detail}."),
    "tariff-encoding": N_("The text is not UTF-8; it was read as {encoding}."),
    "tariff-table-missing": N_("The table {table} is missing; the format {format} needs it."),
    "tariff-table-twice": N_("{name} is the same table as {other}; both were read."),
    "tariff-more": N_("{count} more of the same kind ({code}) in this file."),
    # header and rows
    "tariff-no-header": N_("The first line does not name the columns of {table}."),
    "tariff-column-missing": N_("The column {field} is missing."),
    "tariff-column-unknown": N_("The column {field} is unknown; it is kept but not used."),
    "tariff-column-twice": N_("The column {field} stands twice; the first one was used."),
    "tariff-header-old": N_("The header {name} is an old spelling of {meant}; it was accepted."),
    "tariff-short-row": N_("The row has {found} cells instead of {expected}."),
    "tariff-long-row": N_("The row has {found} cells, more than the {expected} of the table."),
    "tariff-separator": N_("The row is separated by “{found}” instead of “{expected}”."),
    "tariff-quote": N_("A quote opens here and is never closed."),
    "tariff-nul": N_("The line holds a NUL byte."),
    "tariff-line-too-long": N_("The line is longer than {limit} characters."),
    "tariff-duplicate-row": N_("The row repeats line {first}; it counts once."),
    "tariff-empty-cell": N_("{field} is empty."),
    # cells
    "tariff-bad-number": N_("“{value}” is not a number."),
    "tariff-bad-price": N_("“{value}” is not a price."),
    "tariff-negative-price": N_("The price {value} is negative."),
    "tariff-bad-duration": N_("“{value}” is not a duration."),
    "tariff-bare-number": N_("“{value}” has no unit; it was read as seconds."),
    "tariff-zero-unit": N_("{field} is 0; it counts as 1."),
    "tariff-bad-time": N_("“{value}” is not a time of day."),
    "tariff-bad-instant": N_("“{value}” is not a date and time."),
    "tariff-no-zone": N_("“{value}” has no time zone; it was read as UTC."),
    "tariff-bad-list": N_("“{value}” is not a list of numbers from {low} to {high}."),
    "tariff-comma-list": N_("“{value}” is a list with commas; it was read as “{meant}”."),
    "tariff-bad-date": N_("“{value}” is not a date."),
    "tariff-bad-prefix": N_("“{value}” is not a prefix."),
    "tariff-prefix-odd": N_("The prefix “{value}” is not made of digits alone."),
    "tariff-prefix-national": N_("The prefix {value} was read as {meant}."),
    "tariff-bad-word": N_("“{value}” is not known here. Known words: {known}."),
    "tariff-unknown-wildcard": N_("The wildcard “{value}” is unknown."),
    "tariff-unlisted": N_("“{value}” is not in the list of the format; it was accepted as {meant}."),
    "tariff-schedule-only": N_("“{value}” only makes sense for a schedule, not for a price."),
    # links between rows
    "tariff-dangling": N_("{field} names “{value}”, which is not in {table}."),
    "tariff-no-fallback": N_("The fallback subject “{value}” has no rating profile."),
    "tariff-fallback-differs": N_("The fallback of {subject} differs between its rows; the last one counts."),
    "tariff-trigger-no-action": N_("The trigger {tag} names no action."),
    "tariff-tag-twice": N_("{table} already has “{tag}” at line {first}; the first one counts."),
    "tariff-prefix-repeated": N_("The prefix {prefix} is already in {destination}, at line {first}."),
    "tariff-slot-twice": N_("{tag} has two prices that start at {start} s."),
    "tariff-slot-first": N_("{tag} has no price from the start of the call."),
    "tariff-slot-step": N_("In {tag}, the price from {start} s does not start on a multiple of the step before it."),
    # price lists
    "tariff-currency": N_("The row is in {value}, the list in {currency}."),
    "tariff-unit-kind": N_("The unit {unit} does not fit the type {type}."),
    "tariff-validity": N_("The row ends before it begins."),
    "tariff-rounding-decimals": N_("The rounding does not say how many decimals; {decimals} were taken."),
    "tariff-two-c": N_("The C part {value} differs from the unit price {price}; the C part was taken."),
    "tariff-free-act": N_("Free seconds mean nothing for a price per act; they were ignored."),
    "tariff-bands-missing": N_("{prefix} has no price for {bands}; its rows were left aside."),
    "tariff-bands-week": N_("The time bands leave or share a moment on day {day} at {at}."),
    "tariff-price-twice": N_("The price of {prefix} for {band} is already at line {first}."),
    # the plan as a whole
    "tariff-validity-overlap": N_("{destination} has two prices at once in {plan}: also at line {first}."),
    "tariff-unreachable": N_(
        "The price of {destination} in {plan} for {timing} never applies: {by} always goes first."
    ),
    "tariff-prefix-shadowed": N_(
        "The prefix {prefix} of {destination} prices no longer number: all ten longer ones are in {plan}."
    ),
    "tariff-prefix-shared": N_(
        "In {plan}, {count} prefixes such as {prefix} are both in {destination} and in {other}."
    ),
    "tariff-fallback-cycle": N_("The fallbacks go round in a circle: {chain}."),
    "tariff-fallback-deep": N_("The fallbacks of {subject} are longer than the {levels} levels that are followed."),
    "tariff-timing-never": N_("The timing {timing} has no day left."),
    "tariff-timing-schedule": N_("The plan {plan} uses the timing {timing}, which is made for schedules."),
    "tariff-hole": N_("{plan} has no price for {destination} on week days {days} (1 is Monday) from {at}{more}."),
    "tariff-price-zero": N_("{rate} towards {destination} costs nothing: price and connect fee are 0."),
    "tariff-activation-order": N_("The activations of {subject} are not in order of time."),
    "tariff-activation-twice": N_("{subject} is activated twice at the same moment; the last row counts."),
    "tariff-activation-future": N_("The activation of {plan} for {subject} is still to come."),
    "tariff-plan-unused": N_("No rating profile uses the plan {plan}."),
    "tariff-price-jump": N_(
        "{prefix} ({destination}) in {plan} for {timing} goes from {before} to {after} ({percent} %)."
    ),
    "tariff-price-from-zero": N_("{prefix} ({destination}) in {plan} for {timing} was free and now costs {after}."),
    "tariff-lost-parent": N_(
        "{prefix} in {plan} stood under {parent}, which is gone: other numbers of {parent} have no price."
    ),
    "tariff-lost-service": N_("The export leaves out the S part of {where}."),
    "tariff-lost-minimum": N_("The export leaves out the minimum of {where}."),
    "tariff-lost-validity": N_("The export leaves out the validity of {where}."),
    "tariff-lost-call": N_("The export leaves out the price per call of {where}."),
    "tariff-lost-activations": N_("The export leaves out the earlier activations of {where}."),
    "tariff-lost-fallbacks": N_("The export leaves out the fallbacks of {where}."),
    "tariff-lost-hours": N_("The export leaves out the hours of {where}."),
    "tariff-lost-slots": N_("The export leaves out the slots of {where}."),
    "tariff-lost-limit": N_("The export leaves out the highest cost of {where}."),
}

declare(SENTENCES)


class Faults:
    """Collects issues, bounded: a file of a million faults must not become a million rows."""

    def __init__(self) -> None:
        self._issues: list[Issue] = []
        self._count: Counter[tuple[str, str]] = Counter()
        self.told = 0  # how many so far, of any severity
        self.errors = 0  # how many of severity ERROR so far

    def add(
        self,
        code: str,
        file: str = "",
        line: int = 0,
        column: int = 0,
        field: str = "",
        severity: Severity = Severity.ERROR,
        **params: Any,
    ) -> None:
        """Note one fault; beyond the limit of its kind it is only counted."""
        self._count[code, file] += 1
        self.told += 1
        self.errors += severity is Severity.ERROR
        if self._count[code, file] <= MOST_OF_ONE_KIND:
            self._issues.append(Issue(code, severity, file, line, column, field, {"field": field, **params}))

    def warn(self, code: str, file: str = "", line: int = 0, column: int = 0, field: str = "", **params: Any) -> None:
        self.add(code, file, line, column, field, Severity.WARNING, **params)

    def done(self) -> list[Issue]:
        """All issues, sorted by file, line and column, with one line for each kind that was cut short."""
        more = [
            Issue("tariff-more", Severity.INFO, file, params={"count": count - MOST_OF_ONE_KIND, "code": code})
            for (code, file), count in self._count.items()
            if count > MOST_OF_ONE_KIND
        ]
        return in_order([*self._issues, *more])


def in_order(issues: Iterable[Issue]) -> list[Issue]:
    """Sorted as a reader meets them: by file, line, column; whole-file issues first."""
    return sorted(issues, key=lambda issue: (issue.file, issue.line, issue.column, issue.code, str(issue.params)))
