"""``chappe ipe|cpn export``: files in a folder, whole or not at all, and sentences for what cannot be."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from chappe.apps.publication import exporting
from chappe.apps.publication.models import PublishedFile
from chappe.apps.publication.sheets import period

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 10, 12)


def test_both_zones_in_a_folder_and_nothing_in_the_archive(net, tmp_path):
    made = exporting.export(flow="ipe", of=period("full", DAY), version="3.0", folder=tmp_path / "new", place="39")
    assert [(file.path.name, file.rows) for file in made] == [
        ("FIBJ_39_PM_IPE_V30_20261012_01.csv", 2),
        ("FIBJ_39_PM_IPEZMD_V30_20261012_01.csv", 2),
    ]
    assert sorted((tmp_path / "new").iterdir()) == sorted(file.path for file in made)
    assert [file.path.stat().st_size for file in made] == [file.size for file in made]
    assert not PublishedFile.objects.exists()


def test_stopped_half_way_the_folder_is_as_it_was(net, tmp_path):
    def stop(rows: int, what: str) -> None:
        raise KeyboardInterrupt

    (tmp_path / "FIBJ_PM_IPE_V31_20261012_01.csv").write_text("before")
    with pytest.raises(KeyboardInterrupt):
        exporting.export(flow="ipe", of=period("full", DAY), version="3.1", folder=tmp_path, progress=stop)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [
        ("FIBJ_PM_IPE_V31_20261012_01.csv", "before")
    ]


@pytest.mark.parametrize(("version", "day", "words"), [("9.9", DAY, "9.9"), ("3.1", dt.date(2999, 1, 1), "venu")])
def test_what_cannot_be_is_said(net, tmp_path, version, day, words):
    with pytest.raises(ValidationError, match=words):
        exporting.export(flow="cpn", of=period("full", day), version=version, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
