"""How the reference is written: Markdown tables, words of rights, one command, one language beside the other.

Knows no page of it; ``tools/reference.py`` does. Django must be set up before anything here is called.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any


def cell(value: Any) -> str:
    """One line of Markdown that cannot break a table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A Markdown table; nothing at all when there is no row."""
    listed = [[cell(value) for value in row] for row in rows]
    if listed:
        yield "| " + " | ".join(heads) + " |"
        yield "|" + " --- |" * len(heads)
        for row in listed:
            yield "| " + " | ".join(row) + " |"
        yield ""


def code(value: Any) -> str:
    """``value`` as code; empty stays empty."""
    return f"`{value}`" if value not in ("", None) else ""


def codes(values: Iterable[Any]) -> str:
    return ", ".join(code(value) for value in values)


def french(text: Any, *, room: str = "core") -> str:
    """The French of a lazy text, or of an English sentence of core or of an app."""
    from django.utils import translation
    from django.utils.translation import gettext

    from chappe.core.base.lang import translate

    with translation.override("fr"):
        if not isinstance(text, str):
            return str(text)
        told = translate(text, "fr", room)
        return told if told != text else gettext(text)


def english(text: Any) -> str:
    from django.utils import translation

    with translation.override("en"):
        return str(text)


def right_of(entry: Any) -> str:
    if getattr(entry, "public", False):
        return "public"
    return f"{code(entry.area)} {level_word(entry.level)}" if entry.area else "signed in"


def level_word(level: int) -> str:
    return {1: "read", 2: "write", 3: "administrator"}[int(level)]


def rows_rule(owner: str) -> str:
    """Who sees which rows, from the constant or the path of ``Access.owner``."""
    from chappe.kit.access.door import EVERYONE, HOUSE, SELF

    told = {
        EVERYONE: "everyone who may read the area",
        HOUSE: "the house only: partners never see them",
        SELF: "the reader's own organisation (the house: all)",
    }
    return told.get(owner, f"the reader's own organisation, by `{owner}` (the house: all)")


def as_prose(line: str) -> str:
    """A line of help; an example becomes code."""
    before, found, after = line.strip().partition("Example: ")
    if found:
        return f"{before}Example: `{after}`"
    return f"- `{line.strip()}`" if line.strip().startswith(("chappe ", "cat ", "CHAPPE_")) else line.strip()


def argument_word(parameter: Any) -> str:
    word = parameter.name.upper()
    return word if parameter.required else f"[{word}]"


def parameter_row(parameter: Any) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        return (
            code(parameter.name.upper()),
            getattr(parameter, "help", "") or "",
            "required" if parameter.required else "",
        )
    default = parameter.default
    plain = "" if callable(default) or default in (None, False, "", (), []) else code(default)
    names = [*parameter.opts, *parameter.secondary_opts]
    return codes(names), parameter.help or "", "required" if parameter.required else plain


def command(path: str, found: Any) -> Iterator[str]:
    """A command with its parameters, and its subcommands under it."""
    inner = getattr(found, "commands", None)
    if inner:
        for name, one in inner.items():
            yield f"### {path.removeprefix('chappe ')} {name}"
            yield ""
            yield from command(f"{path} {name}", one)
        return
    names = [parameter for parameter in found.params if parameter.name != "help"]
    usage = [argument_word(one) for one in names if one.param_type_name == "argument"]
    yield f"`{' '.join([path, *(['[OPTIONS]'] if len(usage) < len(names) else []), *usage])}`"
    yield ""
    for line in (found.help or "").splitlines():
        yield as_prose(line)
    yield ""
    yield from table(("Parameter", "What it is", "Default"), [parameter_row(one) for one in names])
