"""What the commands of the installed house share: Django on demand, sentences, refusals, tables.

Imported only by commands that need the database; ``chappe rate`` and its like must never come here.
"""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import cleandoc
from typing import Any

import typer

from chappe.cli import manners
from chappe.core.base.lang import N_, reader_language

DATABASE_REFUSED = N_("The database refused: {error}\nIf the tables are missing or old, run: chappe migrate")


def say(text: str, **holes: Any) -> str:
    """The sentence in the language of the terminal, its ``{named}`` holes filled."""
    found = manners.say(text)
    return found.format(**holes) if holes else found


def single(function: Callable[..., Any]) -> typer.Typer:
    """A command that stands alone, for the table of commands."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command(help=say(cleandoc(function.__doc__ or "")))(function)
    return app


def group(help_text: str) -> typer.Typer:
    """Several commands under one word."""
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        no_args_is_help=True,
        help=say(help_text),
    )


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``@command(app, "list")``: the docstring is the help, in the reader's language."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        app.command(name, help=say(cleandoc(function.__doc__ or "")))(function)
        return function

    return add


def refuse(sentence: str) -> typer.Exit:
    """``raise refuse("…")``: the sentence on standard error, and the exit code "could not run"."""
    manners.tell(say(N_("chappe: {problem}"), problem=sentence))
    return typer.Exit(manners.NOT_RUN)


def out(text: str) -> None:
    """A line of the result, seen at once also when piped."""
    manners.put(text)
    sys.stdout.flush()


def as_json(value: Any) -> None:
    """One JSON document; moments as ISO 8601 text."""
    manners.put(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def table(rows: Sequence[Sequence[Any]], heads: Sequence[str]) -> None:
    """Columns on a terminal, tabs when piped."""
    manners.put_table(heads, [[str(cell) for cell in row] for row in rows])


@contextmanager
def _quiet(least: int) -> Iterator[None]:
    ours = logging.getLogger("chappe")
    before = ours.level
    ours.setLevel(least or before)
    try:
        yield
    finally:
        ours.setLevel(before)


@contextmanager
def house(*, least: int = logging.NOTSET) -> Iterator[None]:
    """Django set up, logs to standard error, sentences in the reader's language, refusals as exit codes.

    ``least``: the level below which our own logs are kept quiet while the command runs, where its answer says enough.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
    try:
        import django

        django.setup()
    except ValueError as error:  # a setting of the wrong type names itself
        raise refuse(str(error)) from error
    from django.core.exceptions import PermissionDenied, ValidationError
    from django.db import DatabaseError
    from django.utils import translation

    from chappe.kit.ops import logs

    logs.configure()
    with translation.override(reader_language()), _quiet(least):
        try:
            yield
        except ValidationError as error:
            raise refuse("\n".join(error.messages)) from error
        except PermissionDenied as error:
            raise refuse(str(error)) from error
        except DatabaseError as error:
            raise refuse(say(DATABASE_REFUSED, error=str(error).strip())) from error
