"""The decoders by name, and profiles as data: packaged TOML files, checked, read and written.

Filled at import from one tuple of modules, then only read. A profile that is wrong is told, never half used.
"""

import datetime as dt
import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from chappe.core.base.issue import Issue
from chappe.core.tickets.base import DecoderInfo
from chappe.core.tickets.contract import Decoder, Profile
from chappe.core.tickets.decoders import (
    asterisk,
    cucm,
    freeswitch,
    grandstream,
    ip_office,
    kamailio,
    mapped,
    mitel,
    oxe,
    oxo,
    panasonic,
    teams,
    threecx,
)
from chappe.core.tickets.profile_check import check_values

_ALL: tuple[DecoderInfo, ...] = (
    ip_office.DECODER,
    asterisk.DECODER,
    *freeswitch.DECODERS,
    cucm.DECODER,
    threecx.DECODER,
    grandstream.DECODER,
    mitel.DECODER,
    oxe.DECODER,
    oxo.DECODER,
    panasonic.DECODER,
    kamailio.DECODER,
    teams.DECODER,
    mapped.DECODER,
)
DECODERS: Mapping[str, DecoderInfo] = MappingProxyType({info.name: info for info in _ALL})


class ProfileFault(ValueError):  # noqa: N818 - a fault of the profile, not of the program
    """A profile that cannot be used; ``issues`` say why, in sentences."""

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__("; ".join(issue.sentence() for issue in issues))
        self.issues = issues


def make_decoder(profile: Profile) -> Decoder:
    """A fresh decoder, one for each source and stream. Raises ProfileFault when the profile is wrong."""
    faults = check_profile(profile)
    if faults:
        raise ProfileFault(faults)
    return DECODERS[profile.decoder].make(profile)


def check_profile(profile: Profile) -> list[Issue]:
    """Everything wrong with a profile: decoder, zone, encoding, options, columns. Empty when it may be used."""
    values = {field.name: getattr(profile, field.name) for field in fields(profile)}
    return check_values(values, DECODERS)


@cache
def builtin_profiles() -> Mapping[str, Profile]:
    """Slug → packaged profile, by slug. Read once."""
    found = {}
    folder = resources.files("chappe.core.tickets") / "profiles"
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".toml"):
            profile = profile_from_toml(entry.read_text("utf-8"))
            found[profile.slug] = profile
    return MappingProxyType(found)


def profile_from_toml(text: str) -> Profile:
    """A profile from its TOML text. Raises ProfileFault with every fault at once."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ProfileFault([Issue("tickets.profile-not-toml", params={"why": str(fault)})]) from None
    faults = check_values(values, DECODERS)
    if faults:
        raise ProfileFault(faults)
    values["columns"] = tuple(values.get("columns", ()))
    return Profile(**values)


def profile_to_toml(profile: Profile) -> str:
    """The TOML text of a profile; ``profile_from_toml`` gives the same profile back."""
    plain: list[str] = []
    tables: list[str] = []
    for field in fields(profile):
        value = getattr(profile, field.name)
        if isinstance(value, Mapping):
            if value:
                tables.append(f"\n[{field.name}]")
                tables.extend(f"{_key(name)} = {_toml(each)}" for name, each in value.items())
        elif value or field.name in {"slug", "label", "decoder"}:
            plain.append(f"{field.name} = {_toml(value)}")
    return "\n".join([*plain, *tables]) + "\n"


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else _toml(name)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, int | dt.date):
        return str(value)
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
