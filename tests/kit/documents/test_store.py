"""The store of files: whole or not at all, once by fingerprint, given back to whoever may see it."""

import hashlib
import io
import os
import time

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from chappe.kit.access.actor import Actor
from chappe.kit.documents import blobs, services
from chappe.kit.documents.models import StoredFile
from chappe.kit.documents.views import download_response
from chappe.kit.jobs.models import Job, JobFile
from tests.support import people

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
TEXT = b"prefix,price\n33,0.01\n"
SHA = hashlib.sha256(TEXT).hexdigest()


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA = tmp_path
    return tmp_path


def keep(content: bytes = TEXT, name: str = "tarif.csv", **given) -> StoredFile:
    return services.store(io.BytesIO(content), name=name, actor=SYSTEM, **given)


def on_disk(folder) -> list[str]:
    return sorted(
        str(p.relative_to(folder / "files")) for p in (folder / "files").rglob("*") if p.is_file() and p.name != ".lock"
    )


def test_a_file_is_kept_whole_under_its_fingerprint(own_folder):
    stored = keep()
    assert (stored.sha256, stored.size, stored.name, stored.content_type) == (SHA, len(TEXT), "tarif.csv", "text/csv")
    assert stored.path == own_folder / "files" / SHA[:2] / SHA[2:]
    with stored.open() as stream:
        assert stream.read() == TEXT
    assert stored.path.stat().st_mode & 0o222 == 0


def test_the_same_bytes_take_their_place_once(own_folder):
    first, second = keep(name="a.csv"), keep(name="b.csv")
    assert first.pk != second.pk
    assert on_disk(own_folder) == [f"{SHA[:2]}/{SHA[2:]}"]


def test_from_a_path_and_empty(own_folder, tmp_path):
    (tmp_path / "in.bin").write_bytes(b"")
    stored = services.store(tmp_path / "in.bin", name="in.bin", actor=SYSTEM)
    assert (stored.size, stored.sha256) == (0, hashlib.sha256(b"").hexdigest())


def test_too_large_keeps_nothing(own_folder, monkeypatch):
    monkeypatch.setenv("CHAPPE_MAX_UPLOAD_MB", "1")
    with pytest.raises(ValidationError) as refused:
        keep(b"x" * 1_000_001, name="gros.csv")
    assert refused.value.code == "too_large"
    assert "gros.csv" in refused.value.messages[0]
    assert StoredFile.objects.count() == 0
    assert on_disk(own_folder) == []
    assert keep(b"x" * 1_000_000).size == 1_000_000


def test_a_stream_that_breaks_leaves_nothing(own_folder):
    class Broken(io.BytesIO):
        def read(self, _size=-1):
            raise OSError("cut")

    with pytest.raises(OSError, match="cut"):
        services.store(Broken(), name="x", actor=SYSTEM)
    assert on_disk(own_folder) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("tarif.csv", "tarif.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\tarif été.csv", "tarif été.csv"),
        ("a\x00b\r\nc.csv", "abc.csv"),
        ("gnp.\u202etxt.exe", "gnp.txt.exe"),
        (".htaccess", "htaccess"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        ("é" * 300 + ".csv", "é" * 98 + ".csv"),
        ("x." + "y" * 300, "x." + "y" * 198),
    ],
)
def test_safe_names(given, expected):
    assert blobs.safe_name(given) == expected
    assert len(expected.encode()) <= 200


def age(path, seconds: float = 90_000) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def test_sweep_takes_old_orphans_only(own_folder):
    kept, old, young = keep(b"kept"), keep(b"old"), keep(b"young")
    for stored in (kept, old):
        age(stored.path)
    left = own_folder / "files" / "tmp" / "left"
    left.write_bytes(b"half")
    age(left)
    StoredFile.objects.filter(pk__in=[old.pk, young.pk]).delete()
    assert services.sweep() == 2
    assert (kept.path.exists(), old.path.exists(), young.path.exists(), left.exists()) == (True, False, True, False)


def test_found_again_it_is_young_again(own_folder):
    stored = keep()
    age(stored.path)
    assert time.time() - keep().path.stat().st_mtime < 60


def test_check_names_each_fault(own_folder):
    good, missing, altered, short = keep(b"good"), keep(b"missing"), keep(b"altered"), keep(b"short")
    missing.path.unlink()
    for stored, content in ((altered, b"ALTERED"), (short, b"s")):
        stored.path.chmod(0o640)
        stored.path.write_bytes(content)
    assert {(fault.kind, fault.sha256) for fault in services.check()} == {
        ("missing", missing.sha256),
        ("altered", altered.sha256),
        ("size", short.sha256),
    }
    assert good.path.exists()


def test_download_to_whom_it_belongs(client):
    bruno, chloe = people.make_bruno(), people.make_chloe()
    stored = keep(owner=bruno.organisation, name='été "x".csv')
    client.force_login(bruno)
    answer = client.get(stored.download_url())
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == TEXT
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client.get(stored.download_url(), HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304
    client.force_login(chloe)
    assert client.get(stored.download_url()).status_code == 404
    client.logout()
    assert client.get(stored.download_url()).status_code in {302, 404}
    with pytest.raises(PermissionDenied):
        download_response(chloe, stored)


def test_through_an_object_that_names_it():
    bruno, chloe = people.make_bruno(), people.make_chloe()
    stored = keep()  # the house's own: Bruno may not have it by itself
    job = Job.objects.create(name="x", owner=bruno.organisation)
    linked = JobFile.objects.create(job=job, stored=stored)
    with pytest.raises(PermissionDenied):
        download_response(bruno, stored)
    answer = download_response(bruno, stored, through=linked)
    assert answer.getvalue() == TEXT
    answer.file_to_stream.close()  # close() would end the test's own database connection
    with pytest.raises(PermissionDenied):
        download_response(chloe, stored, through=linked)
    with pytest.raises(PermissionDenied):
        download_response(bruno, keep(b"other"), through=linked)
