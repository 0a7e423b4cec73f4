"""The table of settings told to people: as a reference page, in the terminal, on a screen. Secrets never."""

from dataclasses import dataclass
from typing import Any

from chappe.core.base.lang import N_, translate
from chappe.kit.ops.config import SETTINGS, Setting, origin, value

ROOM = "kit/ops"
MASK = "••••••"

ORIGINS = {
    "environment": N_("environment"),
    "secret-file": N_("secret file"),
    "chappe.toml": N_("chappe.toml"),
    "default": N_("default"),
}
KINDS = {
    "str": N_("text"),
    "int": N_("whole number"),
    "bool": N_("yes or no"),
    "list": N_("list, by commas"),
    "path": N_("path"),
}


@dataclass(frozen=True)
class Row:
    """One setting as it stands now. ``shown`` is masked when it is a secret; ``fault`` a sentence or ""."""

    name: str
    shown: str
    origin: str
    origin_label: str
    purpose: str
    fault: str = ""


def shown(setting: Setting, given: Any) -> str:
    """The value as text; of a secret, only whether there is one."""
    if given in ("", None, []):
        return ""
    if setting.secret:
        return MASK
    if isinstance(given, bool):
        return "true" if given else "false"
    return ", ".join(map(str, given)) if isinstance(given, list) else str(given)


def rows(language: str = "en") -> list[Row]:
    """Every setting with its value, where it comes from and what it is for, in ``language``."""
    found = []
    for setting in SETTINGS:
        text, fault, source = "", "", "default"
        try:
            source = origin(setting.name)
            text = shown(setting, value(setting.name))
        except (ValueError, OSError) as error:
            # the error of a secret could quote it
            fault = translate(N_("cannot be read"), language, ROOM) if setting.secret else str(error)
        found.append(
            Row(
                name=f"CHAPPE_{setting.name}",
                shown=text,
                origin=source,
                origin_label=translate(ORIGINS[source], language, ROOM),
                purpose=translate(setting.purpose, language, ROOM),
                fault=fault,
            )
        )
    return found


def settings_markdown(language: str = "en") -> str:
    """``docs/reference/settings.md``: the whole table, made from the code, so that it cannot lie."""

    def say(text: str) -> str:
        return translate(text, language, ROOM)

    lines = [
        f"# {say(N_('Settings'))}",
        "",
        say(
            N_(
                "A setting is read from the environment, else from chappe.toml in the data folder (name in small letters, "
                "without CHAPPE_), else it has the default below. A secret may stand in a file: CHAPPE_…_FILE holds its path."
            )
        ),
        "",
        f"| {say(N_('Setting'))} | {say(N_('Kind'))} | {say(N_('Default'))} | {say(N_('What it is for'))} |",
        "| --- | --- | --- | --- |",
    ]
    for setting in SETTINGS:
        default = shown(Setting(setting.name, setting.kind, None, ""), setting.default)
        kind = say(KINDS[setting.kind]) + (f" · {say(N_('secret'))}" if setting.secret else "")
        purpose = say(setting.purpose).replace("|", "\\|")
        lines.append(f"| `CHAPPE_{setting.name}` | {kind} | {f'`{default}`' if default else ''} | {purpose} |")
    return "\n".join(lines) + "\n"
