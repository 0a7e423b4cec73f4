"""How far applying is, seen from outside of its transaction; values of a plan as people read them."""

from types import SimpleNamespace

import pytest
from django.utils import translation

from chappe.apps.exchange import progress, words


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA = tmp_path


def test_what_is_told_is_seen_until_the_end_and_never_for_another_job(tmp_path):
    job = SimpleNamespace(pk=7, progress_done=1, progress_total=9)
    file = SimpleNamespace(pk=3, job=job)
    told = []
    progress.tell(1, 2)  # nobody listens
    assert progress.seen(file) == (1, 9)
    with progress.telling(3, 7, lambda done, total: told.append((done, total))):
        progress.tell(4, 10)
        assert progress.seen(file) == (4, 10)
        assert progress.seen(SimpleNamespace(pk=3, job=SimpleNamespace(pk=8, progress_done=0, progress_total=0))) == (
            0,
            0,
        )
        progress.tell(10, 10)
        assert progress.seen(file) == (10, 10)
        (tmp_path / "run" / "exchange-3.json").write_text("{")
        assert progress.seen(file) == (1, 9)
    assert told == [(4, 10), (10, 10)]
    assert progress.seen(file) == (1, 9)
    assert progress.seen(SimpleNamespace(pk=3, job=None)) == (0, 0)
    assert list((tmp_path / "run").iterdir()) == []


def test_a_stop_goes_through_and_leaves_nothing(tmp_path):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), progress.telling(3, 7, stop):
        progress.tell(1, 2)
    assert list((tmp_path / "run").iterdir()) == []


def test_dates_are_written_as_the_reader_does_and_long_values_are_cut():
    with translation.override("fr"):
        assert words.shown("2026-02-03") == "03/02/2026"
        assert words.shown("2026-02-30") == "2026-02-30"
        assert (words.shown(None), words.shown(True), words.shown(12)) == ("∅", "oui", "12")
    assert len(words.shown("x" * 5000)) == words.LONGEST
