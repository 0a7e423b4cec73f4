"""Which profile fits a sample of records? Scores every candidate; proposes one only when it stands out.

It advises when a source is made. It never changes the format of a source that is live.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chappe.core.base.issue import Severity
from chappe.core.tickets.contract import Profile
from chappe.core.tickets.registry import builtin_profiles, make_decoder

SAMPLE = 20  # non-empty records looked at
ENOUGH = 0.9  # share of records that must decode


@dataclass(frozen=True, slots=True)
class Score:
    """How a profile did: ``decoded`` of ``total`` records gave a segment; headers and the like are not counted.
    ``issues`` counts remarks and errors; ``variants`` are other settings of the same format that did as well."""

    slug: str
    share: float
    decoded: int
    total: int
    issues: int
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Detection:
    """``best`` is the slug to propose, or None when a person must choose; ``scores`` are best first."""

    best: str | None
    scores: tuple[Score, ...]


def detect(
    lines: Sequence[bytes], *, received: dt.datetime, profiles: Mapping[str, Profile] | None = None
) -> Detection:
    """Score the profiles (default: the packaged ones) over the first records of a sample.

    ``best`` decodes at least 90 % of them and more than any other format; settings of one format (another clock,
    another order) never compete: they are told as ``variants`` of their family.
    """
    sample = [line for line in lines if line.strip()][:SAMPLE]
    candidates = builtin_profiles() if profiles is None else profiles
    families: dict[str, list[Score]] = {}
    for slug, profile in candidates.items():
        families.setdefault(profile.variant_of or slug, []).append(_score(profile, sample, received))
    scores = sorted((_family(name, members) for name, members in families.items()), key=_rank)
    best = None
    if scores and scores[0].share >= ENOUGH and (len(scores) == 1 or scores[1].share < scores[0].share):
        best = scores[0].slug
    return Detection(best, tuple(scores))


def _rank(score: Score) -> tuple[float, int, str]:
    return (-score.share, score.issues, score.slug)


def _family(name: str, members: list[Score]) -> Score:
    """The best of a family; the one that names the family wins a tie."""
    members.sort(key=lambda score: (_rank(score)[:2], score.slug != name, score.slug))
    first = members[0]
    equal = tuple(score.slug for score in members[1:] if score.share == first.share and score.share > 0)
    return Score(first.slug, first.share, first.decoded, first.total, first.issues, equal)


def _score(profile: Profile, sample: Sequence[bytes], received: dt.datetime) -> Score:
    decoder = make_decoder(profile)
    decoded = total = issues = 0
    for record in sample:
        result = decoder.decode(record, received=received)
        issues += len(result.issues)
        if result.skipped and not result.issues:
            continue
        total += 1
        failed = any(issue.severity is Severity.ERROR for issue in result.issues)
        decoded += bool(result.segments) and not failed
    return Score(profile.slug, decoded / total if total else 0.0, decoded, total, issues)
