"""Files fetched from real servers: those that are ready, whole, from the server that was meant, and nothing else."""

import hashlib
import os
import ssl

import asyncssh
import pytest

from chappe.connectors.files import FilesError, Passing, Place, Refused, open_fetcher, sentence, settled
from chappe.connectors.files.base import Remote
from chappe.connectors.files.sftp import expected_keys
from chappe.connectors.reasons import reason_of, said

WANTED = ["cdr_1.csv", "cdr_2.csv"]


def places(kind, there, sftp=None, ftps=None, certificate=None, **values) -> Place:
    common = {"pattern": "cdr_*.csv", "login": "partner", "password": "right", "host": "127.0.0.1", "timeout": 5.0}
    if kind == "sftp":
        common |= {"folder": "/out", "port": sftp.port, "host_key": sftp.known_host}
    elif kind == "ftps":
        common |= {"folder": "out", "port": ftps.port, "host_key": certificate[0].read_text()}
    else:
        common |= {"folder": str(there / "out")}
    return Place(**{**common, **values})


@pytest.fixture(params=["folder", "sftp", "ftps"])
def place(request, folder, certificate):
    """Makes the Place of a running server of each kind."""
    kind = request.param
    sftp = request.getfixturevalue("sftp") if kind == "sftp" else None
    ftps = request.getfixturevalue("ftps")() if kind == "ftps" else None

    def make(**values) -> tuple[str, Place]:
        return kind, places(kind, folder, sftp, ftps, certificate, **values)

    return make


def test_lists_what_is_wanted_and_brings_it_whole(place, folder, tmp_path):
    kind, where = place()
    into = tmp_path / "here"
    into.mkdir()
    os.utime(folder / "out" / "cdr_2.csv", (1_772_000_000, 1_772_000_000))
    with open_fetcher(kind, where) as fetcher:
        found = fetcher.list()
        assert [remote.name for remote in found] == WANTED
        assert found[1] == Remote("cdr_2.csv", 4, 1_772_000_000.0)
        for remote in found:
            path = fetcher.fetch(remote, into)
            assert path == into / remote.name
            assert path.read_bytes() == (folder / "out" / remote.name).read_bytes()
        assert fetcher.fetch(found[1], into).stat().st_mtime == 1_772_000_000
    assert sorted(p.name for p in into.iterdir()) == WANTED  # no draft is left
    assert (folder / "out" / "cdr_1.csv").stat().st_size == 400_000  # nothing changed over there


def test_a_file_that_grew_since_is_not_taken(place, folder, tmp_path):
    kind, where = place()
    with open_fetcher(kind, where) as fetcher:
        (remote,) = (remote for remote in fetcher.list() if remote.name == "cdr_2.csv")
        (folder / "out" / "cdr_2.csv").write_bytes(b"two\nand more\n")
        with pytest.raises(Passing) as caught:
            fetcher.fetch(remote, tmp_path)
    assert caught.value.code == "changed"
    assert not (tmp_path / "cdr_2.csv").exists()


def test_a_file_that_vanished_is_told(place, folder, tmp_path):
    kind, where = place()
    with open_fetcher(kind, where) as fetcher:
        remote = fetcher.list()[1]
        (folder / "out" / "cdr_2.csv").rename(folder / "elsewhere")
        with pytest.raises(FilesError):
            fetcher.fetch(remote, tmp_path)
    assert list(tmp_path.glob("*cdr_2*")) == []


def test_a_folder_that_does_not_exist_needs_a_person(place):
    kind, where = place(folder="/nowhere")
    with pytest.raises(Refused) as caught, open_fetcher(kind, where) as fetcher:
        fetcher.list()
    assert caught.value.code == "no-folder"
    assert "/nowhere" in sentence(caught.value)
    assert sentence(caught.value, "fr").startswith("Le dossier /nowhere n’existe pas ou n’est pas lisible (")
    if kind != "ftps":  # there, the words are those of the server
        assert sentence(caught.value, "fr").endswith("(introuvable).")


def test_too_large_and_names_that_lead_elsewhere(place, tmp_path):
    kind, where = place(max_size=1000)
    with open_fetcher(kind, where) as fetcher:
        with pytest.raises(Refused, match="more than is accepted"):
            fetcher.fetch(fetcher.list()[0], tmp_path)
        for name in ("../cdr_x.csv", "/etc/passwd", "cdr_1.csv.part"):
            with pytest.raises(Refused):
                fetcher.fetch(Remote(name, 1, 0.0), tmp_path)


@pytest.mark.parametrize("place", ["sftp", "ftps"], indirect=True)
def test_a_wrong_password_needs_a_person(place):
    kind, where = place(password="wrong")
    with pytest.raises(Refused) as caught, open_fetcher(kind, where):
        pass
    assert (caught.value.code, caught.value.params) == ("login-refused", {"login": "partner"})


@pytest.mark.parametrize("kind", ["sftp", "ftps"])
def test_a_server_that_is_away_may_come_back(kind, folder, sftp):
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    place = places("sftp", folder, sftp, port=port) if kind == "sftp" else Place(host="127.0.0.1", port=port)
    with pytest.raises(Passing) as caught, open_fetcher(kind, place):
        pass
    assert caught.value.code == "cannot-connect"
    assert sentence(caught.value, "fr") == f"127.0.0.1:{port} ne répond pas (rien n’y écoute)."


# -- who the server is


def test_sftp_knows_its_server_by_line_key_or_fingerprint(sftp, folder):
    public = sftp.key.export_public_key().decode()
    for host_key in (sftp.known_host, public, sftp.key.get_fingerprint(), f"# ours\n\n{sftp.key.get_fingerprint()}\n"):
        with open_fetcher("sftp", places("sftp", folder, sftp, host_key=host_key)) as fetcher:
            assert [remote.name for remote in fetcher.list()] == WANTED


def test_sftp_sends_nothing_to_another_server(sftp, folder, monkeypatch):
    other = asyncssh.generate_private_key("ssh-ed25519")
    place = places("sftp", folder, sftp, host_key=other.export_public_key().decode())
    with pytest.raises(Refused) as caught, open_fetcher("sftp", place):
        pass
    assert (caught.value.code, caught.value.params) == ("unknown-key", {"shown": sftp.key.get_fingerprint()})


def test_sftp_with_a_server_that_has_no_key_of_that_kind(sftp, folder):
    rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048).export_public_key().decode()
    with pytest.raises(Refused) as caught, open_fetcher("sftp", places("sftp", folder, sftp, host_key=rsa)):
        pass
    assert (caught.value.code, caught.value.params) == ("no-such-key", {"kinds": "rsa-sha2-512, rsa-sha2-256"})


def test_sftp_asks_again_when_a_server_hangs_up_before_it_shows_a_key(sftp, folder, monkeypatch):
    async def hung_up(*_args, **_options):
        raise asyncssh.ConnectionLost("Connection lost")

    rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048).export_public_key().decode()
    monkeypatch.setattr(asyncssh, "connect", hung_up)
    with pytest.raises(Refused) as caught, open_fetcher("sftp", places("sftp", folder, sftp, host_key=rsa)):
        pass
    assert caught.value.code == "no-such-key"  # it has an ed25519 key alone: to try again would change nothing
    with pytest.raises(Passing) as passing, open_fetcher("sftp", places("sftp", folder, sftp)):
        pass
    assert passing.value.code == "cannot-connect"  # it has the key we expect: it may let us in another time


def test_sftp_trusts_nobody_without_a_key(sftp, folder):
    for host_key, code in (
        ("", "no-key"),
        ("ssh-ed25519", "bad-key"),
        ("ssh-ed25519 AAAA", "bad-key"),
        ("x", "bad-key"),
    ):
        with pytest.raises(Refused) as caught:
            open_fetcher("sftp", places("sftp", folder, sftp, host_key=host_key))
        assert caught.value.code == code


def test_an_rsa_key_is_proved_with_sha2():
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    fingerprints, algorithms = expected_keys("host " + key.export_public_key().decode())
    assert (fingerprints, algorithms) == ({key.get_fingerprint()}, ["rsa-sha2-512", "rsa-sha2-256"])


def test_sftp_signs_in_with_a_key(folder, tmp_path):
    from tests.connectors.files.conftest import SftpServer

    mine = asyncssh.generate_private_key("ssh-ed25519")
    (tmp_path / "authorized").write_bytes(mine.export_public_key())
    server = SftpServer(folder, users=str(tmp_path / "authorized"))
    try:
        place = places("sftp", folder, server, password="", private_key=mine.export_private_key().decode())
        with open_fetcher("sftp", place) as fetcher:
            assert [remote.name for remote in fetcher.list()] == WANTED
        with pytest.raises(Refused) as caught, open_fetcher("sftp", places("sftp", folder, server, private_key="none")):
            pass
        assert caught.value.code == "bad-private-key"
    finally:
        server.stop()


def test_ftps_takes_the_one_certificate_it_was_given(ftps, folder, certificate):
    server = ftps()
    der = ssl.PEM_cert_to_DER_cert(certificate[0].read_text())
    digest = hashlib.sha256(der).hexdigest()
    colons = ":".join(digest[at : at + 2] for at in range(0, 64, 2)).upper()
    for host_key in (f"SHA256:{digest}", colons):
        with open_fetcher("ftps", places("ftps", folder, ftps=server, certificate=certificate, host_key=host_key)) as f:
            assert [remote.name for remote in f.list()] == WANTED
    assert True in server.reused or ssl.HAS_TLSv1_3  # the data channel offers the session it has


@pytest.mark.parametrize(
    ("host_key", "reason"), [("SHA256:" + "0" * 64, "another certificate"), ("", "self-signed certificate")]
)
def test_ftps_tells_no_password_to_another_server(ftps, folder, certificate, host_key, reason):
    server = ftps()
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate[0].read_text())).hexdigest().upper()
    place = places("ftps", folder, ftps=server, certificate=certificate, host_key=host_key)
    with pytest.raises(Refused) as caught, open_fetcher("ftps", place):
        pass
    assert caught.value.code == "unknown-certificate"
    assert caught.value.params == {"reason": reason, "shown": f"SHA256:{digest}"}
    assert not {"USER", "PASS"} & set(server.commands)


def test_ftps_with_a_server_that_cannot_list_by_facts(ftps, folder, certificate):
    place = places("ftps", folder, ftps=ftps("no-mlsd"), certificate=certificate)
    with open_fetcher("ftps", place) as fetcher:
        assert [(remote.name, remote.size) for remote in fetcher.list()] == [("cdr_1.csv", 400_000), ("cdr_2.csv", 4)]


def test_ftps_cut_in_the_middle_leaves_nothing(ftps, folder, certificate, tmp_path):
    place = places("ftps", folder, ftps=ftps("cut"), certificate=certificate)
    with pytest.raises(Passing), open_fetcher("ftps", place) as fetcher:
        fetcher.fetch(Remote("cdr_1.csv", 400_000, 0.0), tmp_path)
    assert list(tmp_path.glob("*cdr*")) == []


def test_ftps_key_that_cannot_be_read():
    with pytest.raises(Refused, match="cannot be read"):
        open_fetcher("ftps", Place(host_key="not a fingerprint"))


def test_ftps_tells_nothing_to_a_server_without_encryption(ftps):
    server = ftps("no-tls")
    with pytest.raises(Refused) as caught, open_fetcher("ftps", Place(host="127.0.0.1", port=server.port, timeout=5.0)):
        pass
    assert (caught.value.code, "USER" in server.commands) == ("no-tls", False)


@pytest.mark.parametrize(
    ("error", "french"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "rien n’y écoute"),
        (
            OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 111] Connect call failed"),
            "rien n’y écoute",
        ),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "ce qui répond ne parle pas TLS"),
        (EOFError(), "l’autre bout l’a rompue"),
        (TimeoutError(), "pas de réponse à temps"),
        (PermissionError(13, "Permission denied", "/x"), "ce n’est pas permis"),
        (ValueError("their own words"), "their own words"),
    ],
)
def test_the_words_of_the_machine_are_said_in_french(error, french):
    assert said(reason_of(error), "fr") == french


# -- what is ready


class Changing:
    """Two looks that differ."""

    def __init__(self, *looks):
        self.looks = list(looks)

    def list(self):
        return self.looks.pop(0)


def test_settled_wants_two_looks_that_agree():
    a, b, c, old = Remote("a", 1, 1.0), Remote("b", 1, 1.0), Remote("c", 1, 1.0), Remote("old", 1, 1.0)
    slept = []
    fetcher = Changing([a, b, c, old], [a, Remote("b", 2, 1.0), Remote("c", 1, 2.0), old, Remote("new", 1, 1.0)])
    assert settled(fetcher, lambda remote: remote == old, wait=3.0, sleep=slept.append) == [a]
    assert slept == [3.0]


def test_settled_does_not_wait_for_nothing():
    old = Remote("old", 1, 1.0)
    assert settled(Changing([old]), lambda remote: True, sleep=lambda _seconds: pytest.fail("waited")) == []


def test_a_link_in_a_folder_is_not_followed(folder, tmp_path):
    (tmp_path / "secret").write_text("x")
    (folder / "out" / "cdr_9.csv").symlink_to(tmp_path / "secret")
    with open_fetcher("folder", places("folder", folder)) as fetcher:
        assert [remote.name for remote in fetcher.list()] == WANTED
        with pytest.raises(Refused):
            fetcher.fetch(Remote("cdr_9.csv", 1, 0.0), tmp_path)


def test_secrets_are_not_printed():
    assert "hush" not in repr(Place(password="hush", private_key="hush"))
