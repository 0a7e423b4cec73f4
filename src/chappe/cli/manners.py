"""What all commands share: the reader's language, errors that say what to do, plain text when piped, JSON.

Results go to standard output, everything else to standard error. Prices nothing, reads no tariff.
"""

import contextlib
import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from chappe.core.base.issue import Issue, Severity
from chappe.core.base.lang import reader_language, translate

if TYPE_CHECKING:
    from chappe.core.rating.model import Tariff

FINE, SOME_REJECTED, NOT_RUN = 0, 1, 2
INTERRUPTED = 130  # what a shell reports for Ctrl-C
_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, marks of direction, halves of pairs, breaks of lines


@cache
def language() -> str:
    """ "fr" or "en", from the locale."""
    return reader_language()


def say(text: str) -> str:
    """``text`` in the reader's language."""
    return translate(text, language(), room="cli")


_ = say


def tell(text: str) -> None:
    """A line for the person, on standard error."""
    sys.stderr.write(text + "\n")


def put(text: str) -> None:
    """A line of the result, on standard output."""
    sys.stdout.write(text + "\n")


def fail(problem: str, advice: str = "") -> NoReturn:
    """Say what went wrong and what to do next, and end with "could not run"."""
    tell(_("chappe: {problem}").format(problem=problem))
    if advice:
        tell("        " + advice)
    raise SystemExit(NOT_RUN)


def plain(text: str) -> str:
    """``text`` on one line, what a terminal would obey written out: a file says what it likes, it does not paint the screen."""
    if text.isprintable():
        return text
    return "".join(ascii(sign)[1:-1] if unicodedata.category(sign) in _UNSAFE else sign for sign in text)


def put_json(value: Any) -> None:
    """One JSON document on standard output."""
    put(json.dumps(value, ensure_ascii=False, indent=2))


def put_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table: drawn on a terminal, separated by tabs when piped."""
    if not sys.stdout.isatty():
        put("\t".join(headers))
        for row in rows:
            put("\t".join(map(plain, row)))
        return
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*headers, box=box.SIMPLE, header_style="bold")
    for row in rows:
        table.add_row(*(escape(plain(cell)) for cell in row))
    Console().print(table)


def put_issues(issues: Iterable[Issue], *, stream: Any = None) -> None:
    """One line an issue, the severity in colour on a terminal."""
    stream = stream or sys.stdout
    colours = {Severity.ERROR: "\x1b[31m", Severity.WARNING: "\x1b[33m", Severity.INFO: "\x1b[36m"}
    painted = stream.isatty() and "NO_COLOR" not in os.environ
    for issue in issues:
        line = plain(issue.as_line(language()))
        stream.write(f"{colours[issue.severity]}{line}\x1b[0m\n" if painted else line + "\n")


@contextlib.contextmanager
def polite() -> Iterator[None]:
    """Ctrl-C and a closed pipe end quietly; a refusal of the machine is a sentence, not a trace."""
    try:
        yield
    except KeyboardInterrupt:
        tell(_("Stopped. Nothing was written."))
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(FINE) from None
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        fail(what, _("Check the path, the rights and the room left on the disk, then run the command again."))


def read_tariff(folder: Path, timezone: str = "", *, quiet: bool = False) -> "Tariff":
    """The tariff in ``folder``, its faults told on standard error in short; fails when nothing can be priced."""
    from chappe.core.tariff.door import read_folder

    if not folder.exists():
        fail(
            _("there is no tariff at {path}").format(path=folder),
            _("Give the folder (or the file) of a tariff plan with --tariff."),
        )
    result = read_folder(folder, timezone=timezone or None)
    errors = [issue for issue in result.issues if issue.severity is Severity.ERROR]
    advice = _("See them all with: chappe tariff check {path}").format(path=folder)
    if result.tariff is None:
        put_issues(errors[:10], stream=sys.stderr)
        fail(_("{path} holds no tariff that can be read").format(path=folder), advice)
    if result.issues and not quiet:
        warnings = len(result.issues) - len(errors)
        text = _("The tariff has {errors} errors and {warnings} remarks; rows with an error are left out.")
        tell(text.format(errors=len(errors), warnings=warnings) + " " + advice)
    return result.tariff
