"""No record makes a decoder raise, and each ends as a segment, an issue or a reason to skip it."""

import datetime as dt
import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chappe.core.tickets.contract import Decoded, Profile, Segment
from chappe.core.tickets.detect import detect
from chappe.core.tickets.mapping import propose
from chappe.core.tickets.records import split
from chappe.core.tickets.registry import builtin_profiles, make_decoder
from tests.core.tickets.conftest import IP_OFFICE, NOW
from tests.core.tickets.test_examples import FILES, FOLDER

MAPPED = Profile("mapped", "Mapped", "mapped", options={"header": False, "fields": {
    "start": "#1", "end": "#2", "duration": "#3", "ring": "#4", "charge": "#5", "way": "#6", "outcome": "#7"}})  # fmt: skip
PROFILES = {**builtin_profiles(), "mapped": MAPPED, "mapped-minutes": replace(MAPPED, options={**MAPPED.options, "duration_form": "minutes"}),
            "mapped-epoch": replace(MAPPED, options={**MAPPED.options, "time_form": "epoch-us"})}  # fmt: skip
ODD = [b"", b"0", b"-1", b"99999999999", b"9" * 5000, b"\xff\xfe", "١٢".encode(), b"2024-10-27 02:30:00", b"0001-01-01 00:00:00",
       b"9999-12-31 23:59:59", b"9999-12-31 23:59:59+14:00", b"00:00:60", b"1e5", b"NaN", b"Infinity", b'"', b"'", b",", b";", b"\t",
       b"\0", b"\r", b"\n", b"{", b"}", b"[", b"<cdr>", b"\\", b"%", b"%zz", b"\xc2\xa0", b"Ext.", b"T9001", b"<I>", b"=", b"00:00'00"]  # fmt: skip


def check(decoded: Decoded) -> None:
    assert isinstance(decoded, Decoded)
    assert decoded.segments or decoded.issues or decoded.skipped
    for segment in decoded.segments:
        assert isinstance(segment, Segment)
        assert isinstance(segment.start, dt.datetime)
        assert segment.start.utcoffset() is not None
        assert min(segment.ring, segment.talk, segment.hold, segment.park) >= 0
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in segment.extra.items())
        assert segment.pbx_charge is None or isinstance(segment.pbx_charge, int)
    for issue in decoded.issues:
        for language in ("en", "fr"):
            assert issue.sentence(language) != issue.code


@cache
def samples(slug: str) -> tuple[bytes, ...]:
    """Records of a profile's format to start from."""
    if slug.startswith("mapped"):
        return (b"2024-03-11 09:14:02,2024-03-11 09:15:02,60,1,0.5,out,answered", b"1710144842000000,,1.5,,,in,")
    found: list[bytes] = [line.encode() for line in IP_OFFICE] if slug == "avaya-ip-office" else []
    family = PROFILES[slug].variant_of or slug
    for name, (profile, *_rest) in FILES.items():
        if profile in {slug, family}:
            found += [record for _, record in split(PROFILES[slug], [(FOLDER / name).read_bytes()])]
    return tuple(found)


@pytest.mark.parametrize("slug", sorted(PROFILES))
@given(data=st.data())
@settings(max_examples=int(os.environ.get("CHAPPE_FUZZ", "60")), deadline=None)
def test_no_record_makes_a_decoder_raise(slug, data):
    decoder = make_decoder(PROFILES[slug])
    lines = [line for line in samples(slug) if len(line) < 5000]
    for line in lines[:2]:  # a header may come first
        check(decoder.decode(line, received=NOW))
    for _ in range(3):
        check(decoder.decode(_spoilt(data, lines), received=NOW))
    twin = make_decoder(PROFILES[slug])
    if hasattr(twin, "restore"):
        twin.restore(decoder.state())  # type: ignore[attr-defined]


def _spoilt(data: st.DataObject, lines: list[bytes]) -> bytes:
    """A record of the format with a piece cut out, doubled, or replaced by something odd."""
    kind = data.draw(st.sampled_from(["bytes", "cut", "replace", "field"]))
    if kind == "bytes":
        return data.draw(st.binary(max_size=200))
    line = data.draw(st.sampled_from(lines))
    if kind == "field":
        separator = data.draw(st.sampled_from([b",", b"\t", b";", b" ", b'"', b">"]))
        cells = line.split(separator)
        cells[data.draw(st.integers(0, len(cells) - 1))] = data.draw(st.sampled_from(ODD))
        return separator.join(cells)
    first = data.draw(st.integers(0, len(line)))
    last = data.draw(st.integers(first, len(line)))
    return line[:first] + (b"" if kind == "cut" else data.draw(st.sampled_from(ODD))) + line[last:]


@given(st.lists(st.binary(max_size=80), max_size=6))
@settings(max_examples=60, deadline=None)
def test_detection_and_the_guess_of_columns_never_raise(lines):
    found = detect(lines, received=NOW)
    assert found.best is None or found.scores[0].share >= 0.9
    propose(lines).check()


@given(
    st.lists(st.sampled_from([*ODD, b"date", b"caller", b"03/11/2024", b"09:14", b"201", b"0612345678"]), max_size=30)
)
@settings(max_examples=100, deadline=None)
def test_the_guess_of_odd_columns_never_raises(cells):
    lines = [b",".join(cells[at : at + 5]) for at in range(0, len(cells), 5)]
    mapping = propose(lines)
    if not mapping.check():
        decoder = make_decoder(mapping.to_profile("x", "x"))
        for line in lines:
            check(decoder.decode(line, received=NOW))


def test_a_very_long_record_is_refused_at_once():
    for profile in PROFILES.values():
        (issue,) = make_decoder(profile).decode(b"9" * (1 << 25), received=NOW).issues
        assert issue.code == "tickets.line-too-long"


def test_the_samples_exist():
    assert Path(FOLDER).is_dir()
    assert all(samples(slug) for slug in PROFILES)
