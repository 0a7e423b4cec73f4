"""Profiles: data that is checked, written and read back; every packaged one has its French."""

from dataclasses import replace

import pytest

from chappe.core.base.lang import translate
from chappe.core.tickets.contract import Profile
from chappe.core.tickets.registry import (
    DECODERS,
    ProfileFault,
    builtin_profiles,
    check_profile,
    make_decoder,
    profile_from_toml,
    profile_to_toml,
)

GOOD = """\
slug = "my-3cx"
label = "Notre 3CX"
decoder = "3cx"
timezone = "Europe/Paris"
columns = ["callid", "time-start", "duration", "from-no", "to-no"]

[options]
utc = false
delimiter = ";"
"""


def faults(text: str) -> list[str]:
    with pytest.raises(ProfileFault) as caught:
        profile_from_toml(text)
    return [issue.sentence() for issue in caught.value.issues]


@pytest.mark.parametrize("slug", sorted(builtin_profiles()))
def test_a_packaged_profile_is_whole(slug):
    profile = builtin_profiles()[slug]
    assert profile.slug == slug
    assert check_profile(profile) == []
    assert profile_from_toml(profile_to_toml(profile)) == profile
    assert profile.help
    assert profile.transport["way"] in profile.transport["ways"]
    assert make_decoder(profile) is not make_decoder(profile)
    for text in (profile.label, profile.help):
        french = translate(text, "fr")
        assert french != text or text.replace(" ", "").isascii(), text
    assert translate(profile.help, "fr") != profile.help
    assert not profile.variant_of or profile.variant_of in builtin_profiles()


def test_every_decoder_has_a_profile_but_the_mapping():
    assert {profile.decoder for profile in builtin_profiles().values()} == DECODERS.keys() - {"mapped"}


def test_a_profile_of_ones_own():
    profile = profile_from_toml(GOOD)
    assert profile == Profile(
        "my-3cx",
        "Notre 3CX",
        "3cx",
        options={"utc": False, "delimiter": ";"},
        columns=("callid", "time-start", "duration", "from-no", "to-no"),
    )
    assert profile_from_toml(profile_to_toml(profile)) == profile


def test_odd_texts_survive_toml():
    profile = replace(
        builtin_profiles()["freeswitch"],
        label='« A » "b" \\ \n\t\x01\x7f é 😀',
        options={"template": '"${uuid}","${start_stamp}"'},
        transport={"way": "file", "ways": ["file"], "nested": {"a b": 1, "c": True}},
    )
    assert profile_from_toml(profile_to_toml(profile)) == profile


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('slug = "my-3cx"', 'slug = "My 3CX"', "The profile’s short name “My 3CX” may hold small letters, digits and hyphens only."),
        ("Europe/Paris", "Europe/Lyon", "“Europe/Lyon” is not a time zone; expected one such as Europe/Paris."),
        ('decoder = "3cx"', "", "The profile lacks “decoder”."),
        ('"duration", ', '"durations", ', "The decoder 3cx has no column “durations”. Known: " + ", ".join(DECODERS["3cx"].columns) + "."),
        ('"duration", ', '"callid", ', "The column “callid” stands twice."),
        ("utc = false", 'utc = "no"', "“utc” of the profile has a value of the wrong kind; expected bool."),
        ("utc = false", "gmt = false", "The decoder 3cx has no option “gmt”. Known: delimiter, widths, utc, extensions, most_digits, own_numbers."),
        ('delimiter = ";"', 'delimiter = "::"', "“delimiter” of the profile has a value of the wrong kind; expected char."),
        ('label = "Notre 3CX"', 'label = "x"\nencoding = "hex"', "“hex” is not an encoding; expected one such as utf-8 or cp1252."),
        ('label = "Notre 3CX"', "label = 3", "“label” of the profile has a value of the wrong kind; expected text."),
        ("[options]", "[transport]\nport = 99999\n[options]", "“port” of the profile has a value of the wrong kind; expected 1–65535."),
        ("[options]", '[transport]\nway = "pigeon"\n[options]', "“pigeon” is not possible for way. Possible: listen, connect, http, file, pull."),
    ],
)  # fmt: skip
def test_each_fault_is_a_sentence(old, new, sentence):
    assert old in GOOD
    assert faults(GOOD.replace(old, new)) == [sentence]


def test_all_faults_are_told_at_once():
    assert len(faults(GOOD.replace("Paris", "Lyon").replace("my-3cx", "é").replace("utc", "gmt"))) == 3


def test_other_faults():
    assert faults("slug = ") != []
    assert faults(GOOD + 'color = "red"\n')[0].startswith("The decoder 3cx has no option “color”")
    assert faults('color = "red"\n' + GOOD)[0].startswith("The profile has no setting “color”. Known: slug, label")
    assert faults(GOOD.replace('"3cx"', '"5cx"'))[0].startswith("There is no decoder “5cx”. Known: 3cx, alcatel-oxe")
    assert faults('slug = "x"\nlabel = "x"\ndecoder = "avaya-ip-office"\ncolumns = ["a"]') == [
        "The decoder avaya-ip-office takes no order of columns."
    ]
    with pytest.raises(ProfileFault, match="There is no decoder"):
        make_decoder(Profile("x", "x", "nothing"))


def test_a_sentence_in_french():
    with pytest.raises(ProfileFault) as caught:
        profile_from_toml(GOOD.replace("Paris", "Lyon"))
    assert caught.value.issues[0].sentence("fr") == (
        "« Europe/Lyon » n’est pas un fuseau horaire ; attendu, par exemple : Europe/Paris."
    )


@pytest.mark.parametrize(
    ("decoder", "options", "code"),
    [
        ("asterisk", {"extensions": ["200-299", "3999"]}, ""),
        ("asterisk", {"extensions": ["2xx"]}, "tickets.profile-type"),
        ("asterisk", {"delimiter": "\n"}, "tickets.profile-type"),
        ("3cx", {"widths": ["12", "0"]}, "tickets.profile-type"),
        ("mitel-3300", {"layout": {"account": [70, 12]}}, ""),
        ("mitel-3300", {"layout": {"account": [-1, 12]}}, "tickets.profile-type"),
        ("mitel-3300", {"length": "99"}, "tickets.profile-choice"),
        ("alcatel-oxo", {"types": {"9": "out"}}, ""),
        ("alcatel-oxo", {"types": {"9": "sideways"}}, "tickets.profile-choice"),
        ("mapped", {"fields": {"start": "#1"}, "outcomes": {"fini": "answered"}}, ""),
        ("mapped", {"fields": {"start": "#1"}, "outcomes": {"fini": "done"}}, "tickets.profile-choice"),
    ],
)
def test_options_are_checked_in_depth(decoder, options, code):
    issues = check_profile(Profile("x", "x", decoder, options=options))
    assert [issue.code for issue in issues] == ([code] if code else [])


@pytest.mark.parametrize("encoding", ["utf-16", "idna", "punycode", "unicode_escape", "base64", "nothing", ""])
def test_an_encoding_of_lines_is_needed(encoding):
    issues = check_profile(Profile("x", "x", "asterisk", encoding=encoding))
    assert [issue.code for issue in issues] == ["tickets.profile-encoding"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1", "cp850", "iso8859-15"])
def test_encodings_of_files(encoding):
    assert check_profile(Profile("x", "x", "asterisk", encoding=encoding)) == []


@pytest.mark.parametrize("slug", sorted(builtin_profiles()))
def test_a_state_that_makes_no_sense_is_left_out(slug):
    for state in ({}, {"header": 3}, {"header": [1]}, {"places": {"a": 1}}, {"open": [[1], ["INVITE", "k", 3, "x"]]}):
        decoder = make_decoder(builtin_profiles()[slug])
        decoder.restore(state)
        assert decoder.state() in ({}, {"places": {}})
