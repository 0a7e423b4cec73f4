"""Backup and restore: equal to the last byte, refused when anything is wrong, and then nothing has changed."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chappe.kit.ops import backup as room
from chappe.kit.ops.backup import BackupError, backup, restore, running_lock

FILES = {
    "secret_key": b"k" * 64,
    "chappe.toml": b'language = "fr"\n',
    "files/ab/cdef": b"\x00\x01" * 700_000,
    "lake/usage/_delta_log/00000.json": b"{}",
    "lake/usage/month=2026-01/part-0.parquet": os.urandom(5000),
}


@pytest.fixture
def house(tmp_path, monkeypatch) -> Path:
    monkeypatch.delenv("CHAPPE_DATABASE_URL", raising=False)
    folder = tmp_path / "house"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for name in ("static/x.css", "run/lock", "files/tmp/half", "files/.lock"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"left out")
    with closing(sqlite3.connect(folder / "chappe.sqlite3")) as base:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("CREATE TABLE t (n INTEGER)")
        base.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(1000)])
        base.commit()
    monkeypatch.setenv("CHAPPE_DATA", str(folder))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("chappe.sqlite3") and "run" not in path.parts
    }


def numbers(folder: Path) -> list[int]:
    with closing(sqlite3.connect(folder / "chappe.sqlite3")) as base:
        return [n for (n,) in base.execute("SELECT n FROM t ORDER BY n")]


@pytest.mark.parametrize("ending", [".tar.zst", ".tar.gz"])
def test_there_and_back_is_equal(house, tmp_path, monkeypatch, ending):
    file = tmp_path / f"b{ending}"
    done = backup(file)
    assert (done.files, done.database) == (len(FILES) + 1, "sqlite")
    assert file.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("CHAPPE_DATA", str(tmp_path / "new"))
    again = restore(file)
    assert (again.files, again.kept) == (len(FILES) + 1, None)
    assert contents(tmp_path / "new") == FILES
    assert numbers(tmp_path / "new") == list(range(1000))
    assert [p.name for p in tmp_path.iterdir() if "restoring" in p.name or "before" in p.name] == []


def test_while_somebody_writes_the_copy_is_of_one_moment(house, tmp_path, monkeypatch):
    with closing(sqlite3.connect(house / "chappe.sqlite3", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM t WHERE n < 500")
        backup(tmp_path / "b.tar.zst")
        writer.execute("COMMIT")
    monkeypatch.setenv("CHAPPE_DATA", str(tmp_path / "new"))
    restore(tmp_path / "b.tar.zst")
    assert numbers(tmp_path / "new") == list(range(1000))


def test_an_installation_is_replaced_only_by_force_and_kept_beside(house, tmp_path):
    backup(tmp_path / "b.tar.gz")
    (house / "files/ab/later").write_bytes(b"later")
    before = contents(house)
    with pytest.raises(BackupError) as refused:
        restore(tmp_path / "b.tar.gz")
    assert refused.value.code == "not-empty"
    assert contents(house) == before
    kept = restore(tmp_path / "b.tar.gz", force=True).kept
    assert contents(house) == FILES
    assert kept is not None
    assert contents(kept) == before


def test_a_running_house_is_not_replaced(house, tmp_path):
    backup(tmp_path / "b.tar.gz")
    before = contents(house)
    with running_lock(), pytest.raises(BackupError) as refused:
        restore(tmp_path / "b.tar.gz", force=True)
    assert refused.value.code == "running"
    assert contents(house) == before


@pytest.mark.parametrize("ending", [".tar.zst", ".tar.gz"])
@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "not-an-archive"])
def test_a_damaged_archive_changes_nothing(house, tmp_path, monkeypatch, ending, harm):
    file = tmp_path / f"b{ending}"
    backup(file)
    whole = file.read_bytes()
    middle = len(whole) // 2
    harmed = {
        "cut": whole[:middle],
        "flip": whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :],
        "empty": b"",
        "not-an-archive": b"hello" * 100,
    }[harm]
    file.write_bytes(harmed)
    target = tmp_path / "new"
    monkeypatch.setenv("CHAPPE_DATA", str(target))
    with pytest.raises(BackupError) as refused:
        restore(file)
    assert refused.value.code in {"damaged", "cut", "altered"}
    assert not (target / "secret_key").exists()
    assert not list(tmp_path.glob("*restoring*"))


def test_an_archive_that_reaches_outside_is_refused(house, tmp_path, monkeypatch):
    import io
    import tarfile

    file = tmp_path / "evil.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        info = tarfile.TarInfo("../evil")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    monkeypatch.setenv("CHAPPE_DATA", str(tmp_path / "deep" / "new"))
    with pytest.raises(BackupError) as refused:
        restore(file)
    assert refused.value.code == "unsafe"
    assert not list(tmp_path.rglob("evil"))


def test_an_existing_file_is_not_overwritten(house, tmp_path):
    file = tmp_path / "b.tar.gz"
    file.write_bytes(b"precious")
    with pytest.raises(BackupError) as refused:
        backup(file)
    assert (refused.value.code, file.read_bytes()) == ("exists", b"precious")
    with pytest.raises(BackupError) as refused:
        backup(tmp_path / "b.zip")
    assert refused.value.code == "ending"
    assert not (tmp_path / "b.zip").exists()


def test_another_kind_of_database_is_refused(house, tmp_path, monkeypatch):
    backup(tmp_path / "b.tar.gz")
    before = contents(house)
    monkeypatch.setenv("CHAPPE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(BackupError) as refused:
        restore(tmp_path / "b.tar.gz", force=True)
    assert refused.value.code == "other-database"
    assert contents(house) == before


def test_every_refusal_has_its_sentence():
    for code, sentence in room.SENTENCES.items():
        assert str(BackupError(code, "X")) == sentence.format(name="X")


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_postgresql_there_and_back(tmp_path, monkeypatch):
    """The test database itself is backed up, emptied of a row, and put back."""
    from django.db import connection

    from chappe.kit.access.actor import Actor
    from chappe.kit.jobs.models import Job
    from chappe.kit.jobs.services import enqueue

    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    named = connection.settings_dict
    host, port = named["HOST"], named["PORT"]
    monkeypatch.setenv(
        "CHAPPE_DATABASE_URL", f"postgresql://{named['USER']}:{named['PASSWORD']}@{host}:{port}/{named['NAME']}"
    )
    monkeypatch.setenv("CHAPPE_DATA", str(tmp_path / "house"))
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "secret_key").write_text("k")
    job = enqueue("jobs.purge", actor=Actor.system("test"))
    assert backup(tmp_path / "b.tar.zst").database == "postgresql"
    Job.objects.all().delete()
    with pytest.raises(BackupError) as refused:
        restore(tmp_path / "b.tar.zst")
    assert refused.value.code == "not-empty"
    assert Job.objects.count() == 0
    connection.close()
    restore(tmp_path / "b.tar.zst", force=True)
    assert list(Job.objects.values_list("pk", flat=True)) == [job.pk]
