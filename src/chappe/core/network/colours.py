"""Colours of fibres and tubes: one table a scheme, chosen per cable, since makers and operators do not share one.

Twelve colours, then the same twelve with one to five black rings (tubes 13 to 72). The Orange order is the one of the
France Télécom code (GraceTHD, list “Standard Orange”); TIA-598 is the order of the international standard of that name.
"""

import re
import unicodedata
from dataclasses import dataclass

ORANGE, TIA = "orange", "tia-598"
MAX_RINGS = 5

#: name → (abbreviation, drawn as). Names are those of the trade in France; other spellings follow in _OTHERS.
PALETTE: dict[str, tuple[str, str]] = {
    "rouge": ("R", "#d81e2c"),
    "bleu": ("BL", "#0063b1"),
    "vert": ("VE", "#2e9d48"),
    "jaune": ("J", "#f5cf1d"),
    "violet": ("V", "#7638a3"),
    "blanc": ("B", "#ffffff"),
    "orange": ("OR", "#f28c1c"),
    "gris": ("GR", "#9aa0a6"),
    "marron": ("BR", "#7b4a21"),
    "noir": ("N", "#1b1b1b"),
    "turquoise": ("TU", "#22b8cf"),
    "rose": ("RS", "#f48fb1"),
}
SCHEMES: dict[str, tuple[str, ...]] = {
    ORANGE: ("rouge", "bleu", "vert", "jaune", "violet", "blanc", "orange", "gris", "marron", "noir", "turquoise", "rose"),
    TIA: ("bleu", "orange", "vert", "marron", "gris", "blanc", "rouge", "noir", "jaune", "violet", "rose", "turquoise"),
}  # fmt: skip
_OTHERS = {"brun": "marron", "aqua": "turquoise", "ardoise": "gris", "slate": "gris", "red": "rouge", "blue": "bleu", "green": "vert", "yellow": "jaune", "white": "blanc", "grey": "gris", "gray": "gris", "brown": "marron", "black": "noir", "pink": "rose"}  # fmt: skip
_RINGS = re.compile(r"(\d|une|un|deux|trois|quatre|cinq)\s*(?:bagues?|anneaux?|rings?)")
_WORDS = {"une": 1, "un": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5}


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour with its black rings (0 to 5)."""

    name: str
    rings: int = 0

    @property
    def hex(self) -> str:
        """What it is drawn with."""
        return PALETTE[self.name][1]

    @property
    def label(self) -> str:
        """``vert``, ``vert 1 bague``, ``vert 3 bagues``: as written on the plans."""
        return self.name if not self.rings else f"{self.name} {self.rings} bague{'s' if self.rings > 1 else ''}"

    @property
    def abbreviation(self) -> str:
        """``VE``, ``VE3``."""
        return PALETTE[self.name][0] + (str(self.rings) if self.rings else "")


def colour_of(number: int, scheme: str = ORANGE) -> Colour:
    """Colour of the tube or fibre of that number, from 1. Raises ValueError outside 1…72, KeyError for an unknown scheme."""
    if not 1 <= number <= 12 * (MAX_RINGS + 1):
        raise ValueError(f"no colour for number {number}")
    rings, place = divmod(number - 1, 12)
    return Colour(SCHEMES[scheme][place], rings)


def number_of(colour: Colour, scheme: str = ORANGE) -> int:
    """The number that wears this colour in a scheme."""
    return SCHEMES[scheme].index(colour.name) + 1 + 12 * colour.rings


def parse(text: str, scheme: str = ORANGE) -> int | None:
    """``"3"``, ``"VE"``, ``"Vert"``, ``"Vert 1 bague"``, ``"VE-1"`` → the number in this scheme; None for anything else."""
    plain = unicodedata.normalize("NFKD", text.strip().lower()).encode("ascii", "ignore").decode()
    if plain.isdecimal():
        number = int(plain)
        return number if 1 <= number <= 72 else None
    rings = 0
    if found := _RINGS.search(plain):
        rings = _WORDS.get(found[1]) or int(found[1])
        plain = plain.replace(found[0], "")
    elif found := re.search(r"[\s\-_.]*([1-5])\s*\Z", plain):
        rings, plain = int(found[1]), plain[: found.start()]
    word = plain.strip(" -_.")
    name = _OTHERS.get(word, word)
    if name not in PALETTE:
        short = {abbreviation.lower(): full for full, (abbreviation, _hex) in PALETTE.items()}
        name = short.get(word, "")
    return number_of(Colour(name, rings), scheme) if name and rings <= MAX_RINGS else None


def in_cable(number: int, per_tube: int) -> tuple[int, int]:
    """Fibre number in the cable → (tube, fibre in the tube): tube = ⌈n / modulo⌉. Raises ValueError below 1."""
    if number < 1 or per_tube < 1:
        raise ValueError(f"fibre {number} of a cable with {per_tube} fibres a tube")
    tube, place = divmod(number - 1, per_tube)
    return tube + 1, place + 1
