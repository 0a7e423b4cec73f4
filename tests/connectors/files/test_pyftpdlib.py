"""The same FTPS connector against a server that others wrote. Needs pyOpenSSL, which that server's TLS is made of."""

import threading

import pytest

from chappe.connectors.files import Place, Refused, open_fetcher

pytest.importorskip("OpenSSL")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture
def server(folder, certificate, tmp_path):
    """An explicit-TLS server of pyftpdlib that refuses plain text on both channels."""
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import TLS_FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

    both = tmp_path / "both.pem"
    both.write_bytes(certificate[1].read_bytes() + certificate[0].read_bytes())
    accounts = DummyAuthorizer()
    accounts.add_user("partner", "right", str(folder), perm="elr")

    class Handler(TLS_FTPHandler):
        certfile = str(both)
        authorizer = accounts
        tls_control_required = tls_data_required = True

    loop = IOLoop()
    running = FTPServer(("127.0.0.1", 0), Handler, ioloop=loop)
    stop = threading.Event()

    def serve():
        while not stop.is_set():
            running.serve_forever(timeout=0.05, blocking=False, handle_exit=False)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield running.address[1]
    stop.set()
    thread.join(60)
    running.close_all()


def test_files_come_whole(server, folder, certificate, tmp_path):
    place = Place(
        folder="out", pattern="cdr_*.csv", host="127.0.0.1", port=server, login="partner", password="right",
        host_key=certificate[0].read_text(), timeout=60.0,
    )  # fmt: skip
    with open_fetcher("ftps", place) as fetcher:
        found = fetcher.list()
        assert [(remote.name, remote.size) for remote in found] == [("cdr_1.csv", 400_000), ("cdr_2.csv", 4)]
        for remote in found:
            assert fetcher.fetch(remote, tmp_path).read_bytes() == (folder / "out" / remote.name).read_bytes()


def test_an_unknown_certificate_and_a_wrong_password(server, certificate):
    place = Place(host="127.0.0.1", port=server, login="partner", password="wrong", timeout=60.0)
    with pytest.raises(Refused) as caught, open_fetcher("ftps", place):
        pass
    assert caught.value.code == "unknown-certificate"
    place = Place(host="127.0.0.1", port=server, login="partner", password="wrong", timeout=60.0,
                  host_key=certificate[0].read_text())  # fmt: skip
    with pytest.raises(Refused) as caught, open_fetcher("ftps", place):
        pass
    assert caught.value.code == "login-refused"
