"""The sentences that the law wants on an invoice, from a dated table. Sources stand in data/mentions.csv.

``notes`` (PMT, PMD, AAB) are compulsory in BR-FR-05 between companies; the others are printed as sentences.
"""

import datetime as dt
from collections.abc import Collection, Mapping

from chappe.core.billing.law import in_force


def situations(
    *, is_company: bool, is_on_debits: bool, frame: str, has_calls: bool, has_third_party: bool
) -> frozenset[str]:
    """The words of column ``when`` that hold for a document."""
    words = {"always", f"frame_{frame[:1]}"}
    words |= {"business"} if is_company else {"private"}
    words |= {"debits"} if is_on_debits else set()
    words |= {"calls"} if has_calls else set()
    words |= {"third_party"} if has_third_party else set()
    return frozenset(words)


def mentions(
    day: dt.date, language: str, when: Collection[str], instead: Mapping[str, str] | None = None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """``(notes by code, sentences)`` of a document issued on ``day``. ``instead``: texts of the seller, by code of mention."""
    notes: dict[str, str] = {}
    sentences = []
    for row in in_force("mentions", day):
        if row["when"] not in when:
            continue
        text = (instead or {}).get(row["code"]) or row["text_en" if language == "en" else "text_fr"]
        if row["note"]:
            notes[row["note"]] = text
        else:
            sentences.append(text)
    return notes, tuple(sentences)
