"""Errors as values: what is wrong, where, and in a sentence.

Reading a file never raises for what the file contains: it yields :class:`Issue` rows, which pages, CSV
exports, the API and the terminal all show. A code is stable (programs may match on it); a sentence is for
people and may be reworded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as of
from enum import StrEnum
from typing import Any

from chappe.core.base.lang import translate


class Severity(StrEnum):
    """How bad: an ERROR costs the row, a WARNING keeps it, an INFO only tells."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


#: code → English sentence with ``{named}`` holes. Filled by :func:`declare`, one call a module.
SENTENCES: dict[str, str] = {}


def declare(sentences: Mapping[str, str]) -> None:
    """Register the sentences of a module. A code may be declared once only.

    Raises ValueError on a code that another module has already taken with other words.
    """
    for code, sentence in sentences.items():
        if SENTENCES.get(code, sentence) != sentence:
            raise ValueError(f"issue code declared twice: {code}")
        SENTENCES[code] = sentence


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault of a file: ``line`` and ``column`` count from 1, 0 means "the whole file" or "the whole line"."""

    code: str
    severity: Severity = Severity.ERROR
    file: str = ""
    line: int = 0
    column: int = 0
    field: str = ""
    params: Mapping[str, Any] = of(default_factory=dict)

    def sentence(self, language: str = "en") -> str:
        """The sentence a person would say, in ``language``."""
        text = translate(SENTENCES.get(self.code, self.code), language)
        return text.format_map(_Holes(self.params))

    def as_line(self, language: str = "en") -> str:
        """``file:line:column severity code sentence``, the form every ``chappe … check`` command prints."""
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where} {self.severity} {self.code} {self.sentence(language)}"

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """The same for programs (``--json``, API)."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "field": self.field,
            "severity": str(self.severity),
            "code": self.code,
            "sentence": self.sentence(language),
        }


class _Holes(dict):
    """A sentence with a hole nobody filled is still better than a crash while reporting a fault."""

    def __missing__(self, key: str) -> str:
        return "?"
