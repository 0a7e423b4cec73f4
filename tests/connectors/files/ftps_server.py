"""A small FTPS server on loopback, of the standard library: explicit TLS, passive transfers, one folder, faults on demand."""

import contextlib
import datetime as dt
import socket
import ssl
import threading
from pathlib import Path


class FtpsServer:
    """``faults``: "no-mlsd", "no-tls", "cut" (half a file)."""

    def __init__(self, folder: Path, certificate: Path, key: Path, *, faults: frozenset[str] = frozenset()) -> None:
        self.folder, self.faults = folder, faults
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.commands: list[str] = []
        self.reused: list[bool] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def stop(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(60)

    def _accept(self) -> None:
        while True:
            try:
                sock, _address = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(5)
        with contextlib.suppress(OSError, ValueError):
            _Talk(self, sock).run()


class _Talk:
    def __init__(self, server: FtpsServer, sock: socket.socket) -> None:
        self.server, self.sock, self.folder = server, sock, server.folder
        self.rest = b""
        self.passive: socket.socket | None = None

    def say(self, text: str) -> None:
        self.sock.sendall(text.encode() + b"\r\n")

    def line(self) -> str:
        while b"\r\n" not in self.rest:
            data = self.sock.recv(4096)
            if not data:
                raise OSError("gone")
            self.rest += data
        line, _, self.rest = self.rest.partition(b"\r\n")
        return line.decode()

    def run(self) -> None:
        self.say("220 ready")
        try:
            while True:
                word, _, rest = self.line().partition(" ")
                self.server.commands.append(word if word != "PASS" else "PASS")
                if word == "QUIT":
                    self.say("221 bye")
                    return
                getattr(self, f"do_{word.lower()}", self.unknown)(rest)
        finally:
            if self.passive:
                self.passive.close()
            self.sock.close()

    def unknown(self, _rest: str) -> None:
        self.say("502 no")

    def do_auth(self, rest: str) -> None:
        if "no-tls" in self.server.faults:
            self.unknown(rest)
            return
        self.say("234 go")
        self.sock = self.server.context.wrap_socket(self.sock, server_side=True)

    def do_user(self, _rest: str) -> None:
        self.say("331 password")

    def do_pass(self, rest: str) -> None:
        if not isinstance(self.sock, ssl.SSLSocket) or rest != "right":
            self.say("530 no")
        else:
            self.say("230 in")

    def do_pbsz(self, _rest: str) -> None:
        self.say("200 ok")

    do_prot = do_type = do_pbsz

    def do_cwd(self, rest: str) -> None:
        wanted = self.server.folder / rest.strip("/")
        if wanted.is_dir():
            self.folder = wanted
            self.say("250 ok")
        else:
            self.say("550 no such folder")

    def do_pasv(self, _rest: str) -> None:
        if self.passive:
            self.passive.close()
        self.passive = socket.create_server(("127.0.0.1", 0))
        high, low = divmod(self.passive.getsockname()[1], 256)
        self.say(f"227 here (127,0,0,1,{high},{low})")

    def do_epsv(self, _rest: str) -> None:
        self.unknown("")

    def data(self, content: bytes, *, cut: bool = False) -> None:
        assert self.passive is not None
        self.say("150 coming")
        plain, _address = self.passive.accept()
        self.passive.close()
        plain.settimeout(5)
        with self.server.context.wrap_socket(plain, server_side=True) as sock:
            self.server.reused.append(bool(sock.session_reused))
            sock.sendall(content[: len(content) // 2] if cut else content)
            if not cut:
                with contextlib.suppress(OSError):
                    sock.unwrap()
        self.say("226 done")

    def do_mlsd(self, _rest: str) -> None:
        if "no-mlsd" in self.server.faults:
            self.unknown("")
            return
        rows = []
        for path in sorted(self.folder.iterdir()):
            told = path.stat()
            modified = dt.datetime.fromtimestamp(told.st_mtime, dt.UTC)
            kind = "dir" if path.is_dir() else "file"
            rows.append(f"type={kind};size={told.st_size};modify={modified:%Y%m%d%H%M%S}; {path.name}\r\n")
        self.data("".join(rows).encode())

    def do_opts(self, _rest: str) -> None:
        self.say("200 ok")

    def do_nlst(self, _rest: str) -> None:
        self.data("".join(f"{path.name}\r\n" for path in sorted(self.folder.iterdir())).encode())

    def do_size(self, rest: str) -> None:
        path = self.folder / rest
        self.say(f"213 {path.stat().st_size}" if path.is_file() else "550 no file")

    def do_mdtm(self, rest: str) -> None:
        modified = dt.datetime.fromtimestamp((self.folder / rest).stat().st_mtime, dt.UTC)
        self.say(f"213 {modified:%Y%m%d%H%M%S}")

    def do_retr(self, rest: str) -> None:
        path = self.folder / rest
        if path.stat().st_mode & 0o444 == 0:
            self.say("550 permission denied")
        else:
            self.data(path.read_bytes(), cut="cut" in self.server.faults)
