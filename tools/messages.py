"""Catalogues of translations: compile them, and find what French lacks.

``compile`` writes the ``.mo`` files (never committed); ``check`` fails when a text that a person can read has
no French; ``missing`` prints those texts as empty catalogue entries to fill in. Needs no gettext tools.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "chappe"
KEYWORDS = {
    "_": None,
    "_g": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "N_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def rooms() -> Iterator[tuple[Path, list[Path]]]:
    """Each catalogue's folder with the ``.po`` sources that make it."""
    yield SOURCE / "core", sorted((SOURCE / "core").rglob("fr.po"))
    yield SOURCE / "cli", sorted((SOURCE / "cli").rglob("fr.po"))
    yield SOURCE / "connectors", sorted((SOURCE / "connectors").rglob("fr.po"))
    for group in ("kit", "apps"):
        for room in sorted((SOURCE / group).iterdir()):
            po = room / "locale" / "fr" / "LC_MESSAGES" / "django.po"
            if room.is_dir() and po.exists():
                yield room, [po]


def merged(sources: list[Path]) -> Catalog:
    catalog = Catalog(locale="fr", fuzzy=False)
    for source in sources:
        with source.open("rb") as file:
            for message in pofile.read_po(file, locale="fr"):
                if message.id and message.string and not message.fuzzy:
                    catalog.add(message.id, message.string, context=message.context, flags=message.flags)
    return catalog


def compile_all() -> None:
    for room, sources in rooms():
        target = room / "locale" / "fr" / "LC_MESSAGES" / "django.mo"
        target.parent.mkdir(parents=True, exist_ok=True)
        newest = max((source.stat().st_mtime for source in sources), default=0)
        if target.exists() and target.stat().st_mtime >= newest:
            continue
        with target.open("wb") as file:
            mofile.write_mo(file, merged(sources))


def texts() -> Iterator[tuple[Path, int, str, str | None]]:
    """Every text marked for translation: file, line, text, context."""
    import django
    from django.conf import settings
    from django.utils.translation.template import templatize

    settings.configure()
    django.setup()
    for path in sorted(SOURCE.rglob("*")):
        if "node_modules" in path.parts or "vendor" in path.parts or "migrations" in path.parts:
            continue
        if path.suffix == ".py":
            code = path.read_text("utf-8")
        elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
            code = "\n".join(
                line.lstrip() for line in templatize(path.read_text("utf-8")).splitlines()
            )  # its indents are no Python
        else:
            continue
        found = extract("python", io.BytesIO(code.encode()), keywords=KEYWORDS)
        for line, message, _comments, context in found:
            for text in [message] if isinstance(message, str) else message[:1]:
                if text:
                    yield path, line, text, context


Known = set[tuple[str, str | None]]


def missing() -> list[tuple[Path, int, str, str | None]]:
    """Texts without French where they are read: commands look in ``cli``, core and connectors in theirs, pages elsewhere."""
    found: dict[str, Known] = {"cli": set(), "core": set(), "connectors": set(), "pages": _django_itself()}
    for room, sources in rooms():
        place = room.name if room.parent == SOURCE else "pages"
        for message in merged(sources):
            if message.id:
                first = message.id if isinstance(message.id, str) else message.id[0]
                found[place].add((first, message.context))
    found["pages"] |= found["core"]  # settings.LOCALE_PATHS
    return [row for row in texts() if (row[2], row[3]) not in found[_read_in(row[0])]]


def _read_in(path: Path) -> str:
    """Which catalogues speak for a file. The demonstration is a command although it stands in ``web``."""
    top = path.relative_to(SOURCE).parts[0]
    if top == "web":
        return "cli"
    return top if top in {"cli", "core", "connectors"} else "pages"


def _django_itself() -> Known:
    """Texts that Django translates already (Yes, No, Delete…)."""
    import django

    mo = Path(django.__file__).parent / "conf" / "locale" / "fr" / "LC_MESSAGES" / "django.mo"
    with mo.open("rb") as file:
        return {
            (message.id if isinstance(message.id, str) else message.id[0], message.context)
            for message in mofile.read_mo(file)
            if message.id and message.string
        }


def main(argv: list[str]) -> int:
    match argv[1:]:
        case ["compile"]:
            compile_all()
            return 0
        case ["check"]:
            lacking = missing()
            for path, line, text, _context in lacking:
                print(f"{path.relative_to(ROOT)}:{line}: no French for {text!r}")
            return 1 if lacking else 0
        case ["missing", prefix]:
            seen = set()
            for path, line, text, context in missing():
                if str(path.relative_to(ROOT)).startswith(prefix) and (text, context) not in seen:
                    seen.add((text, context))
                    catalog = Catalog()
                    catalog.add(text, "", context=context, locations=[(str(path.relative_to(ROOT)), line)])
                    buffer = io.BytesIO()
                    pofile.write_po(buffer, catalog, omit_header=True)
                    print(buffer.getvalue().decode())
            return 0
    print("usage: messages.py compile | check | missing PREFIX", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
