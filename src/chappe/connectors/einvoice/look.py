"""How a brand's documents look: colours made readable, logo, texts around, and where the fonts stand."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import chappe

COLOUR, ACCENT = "#1d4ed8", "#0f766e"
CONTRAST = 4.5  # WCAG AA for text
PALE = 0.92  # how far the ground of the head is moved to white
_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")
#: The face of the pages, brought by `make assets`; without it typst's own serif, always there, is used.
FONTS = Path(chappe.__file__).parent / "web" / "static" / "vendor" / "inter" / "ttf"
FACE, FALLBACK = "Inter", "Libertinus Serif"
#: first bytes of a picture that typst can embed → extension
PICTURES = ((b"\x89PNG\r\n", "png"), (b"\xff\xd8\xff", "jpg"), (b"<svg", "svg"), (b"<?xml", "svg"))


@dataclass(frozen=True, slots=True)
class Look:
    """Layout of one brand. ``logo``: bytes of a PNG, JPEG or SVG picture, b"" to write the name instead."""

    name: str = ""
    colour: str = COLOUR
    accent: str = ACCENT
    logo: bytes = b""
    header: str = ""
    footer: str = ""
    code: bool = True  # the transfer code that a banking application reads

    def extension(self) -> str:
        """Of the logo's file. Raises ValueError for a picture that cannot be embedded."""
        head = self.logo[:200].lstrip()
        for start, name in PICTURES:
            if head.startswith(start):
                return name
        raise ValueError("logo")

    def as_data(self) -> dict[str, Any]:
        """What the drawing reads."""
        colour = self.colour if _HEX.match(self.colour) else COLOUR
        accent = self.accent if _HEX.match(self.accent) else ACCENT
        return {
            "name": self.name,
            "colour": colour,
            "ink": readable(colour),
            "accent": accent,
            "pale": mixed(colour, PALE),
            "header": self.header,
            "footer": self.footer,
            "logo": f"/logo.{self.extension()}" if self.logo else "",
            "fonts": list(faces()),
        }


@cache
def faces() -> tuple[str, ...]:
    """Families to write with, best first; only those that are there, so that typst warns of none."""
    return (FACE, FALLBACK) if any(FONTS.glob("*.ttf")) else (FALLBACK,)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mixed(colour: str, share: float) -> str:
    """``colour`` moved towards white by ``share`` (0 to 1)."""
    return "#" + "".join(f"{round(part + (255 - part) * share):02x}" for part in _parts(colour))


def luminance(colour: str) -> float:
    """Relative luminance, 0 black to 1 white (WCAG 2)."""
    linear = [p / 255 / 12.92 if p <= 10 else ((p / 255 + 0.055) / 1.055) ** 2.4 for p in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def readable(colour: str) -> str:
    """``colour``, darkened until it can be read on white and on its own pale ground."""
    parts = _parts(colour)
    for step in range(21):
        tried = "#" + "".join(f"{round(part * (20 - step) / 20):02x}" for part in parts)
        if (luminance(mixed(colour, PALE)) + 0.05) / (luminance(tried) + 0.05) >= CONTRAST:
            return tried
    return "#000000"
