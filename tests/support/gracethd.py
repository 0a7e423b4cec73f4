"""The example set of GraceTHD as an archive, whole or with some of its tables changed."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

SET = Path(__file__).resolve().parents[2] / "examples" / "gracethd"


def tables() -> dict[str, str]:
    """Table → its text."""
    return {path.stem: path.read_text("utf-8") for path in sorted(SET.glob("*.csv"))}


def archive(
    changed: Mapping[str, str | bytes | Callable[[str], str] | None] | None = None, folder: str = "set/"
) -> io.BytesIO:
    """A ZIP of the example: ``changed`` replaces a table's text, edits it (a function), or leaves it out (None)."""
    content: dict[str, str | bytes] = dict(tables())
    for name, change in (changed or {}).items():
        if change is None:
            del content[name]
        else:
            content[name] = change(content[name]) if callable(change) else change
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in content.items():
            target.writestr(f"{folder}{name}.csv", text)
    data.seek(0)
    return data


def edit(old: str, new: str) -> Callable[[str], str]:
    """A change of a table's text; fails when ``old`` is not there."""

    def edited(text: str) -> str:
        assert old in text, old
        return text.replace(old, new)

    return edited
