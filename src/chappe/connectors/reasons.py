"""Why the machine or the other end refused something, in words of people: the usual faults of sockets, disks and TLS. Never raises."""

import errno
import os
import re
import socket
import ssl

from chappe.core.base.lang import N_, translate

_FAULTS = {
    errno.EADDRINUSE: N_("it is in use already"),
    errno.EADDRNOTAVAIL: N_("this machine does not have that address"),
    errno.EACCES: N_("it is not permitted"),
    errno.EPERM: N_("it is not permitted"),
    errno.ECONNREFUSED: N_("nothing listens there"),
    errno.ECONNRESET: N_("the other end broke it off"),
    errno.EPIPE: N_("the other end is gone"),
    errno.EHOSTUNREACH: N_("no way leads there"),
    errno.ENETUNREACH: N_("no way leads there"),
    errno.ETIMEDOUT: N_("no answer in time"),
    errno.ENOSPC: N_("no room left"),
    errno.EDQUOT: N_("no room left of its share"),
    errno.EFBIG: N_("a file would be too large"),
    errno.EROFS: N_("it can only be read"),
    errno.EIO: N_("it fails"),
    errno.EMFILE: N_("too many files and connections are open"),
    errno.ENOENT: N_("it does not exist"),
    errno.ENOTDIR: N_("it is no folder"),
    errno.EISDIR: N_("it is a folder"),
    errno.ELOOP: N_("it is a link, and links are not followed"),
}
_NAMES = {socket.EAI_NONAME: N_("this name is not known"), socket.EAI_AGAIN: N_("names cannot be looked up at present")}
_NO_TLS, _CLOSED = "no TLS", "closed"
#: What libraries and servers say, in small letters and without the last full stop.
_WORDS = {
    _NO_TLS: N_("what answers does not speak TLS"),
    _CLOSED: N_("it is closed"),
    "no such file": N_("it does not exist"),
    "no such path": N_("it does not exist"),
    "file not found": N_("it does not exist"),
    "permission denied": N_("it is not permitted"),
    "connection lost": N_("the other end broke it off"),
    "connection closed": N_("the other end broke it off"),
    "self-signed certificate": N_("it signs for itself"),
    "self-signed certificate in certificate chain": N_("it is signed by an authority that this machine does not know"),
    "unable to get local issuer certificate": N_("it is signed by an authority that this machine does not know"),
    "certificate has expired": N_("it has expired"),
    "certificate is not yet valid": N_("it is not valid yet"),
    "hostname mismatch": N_("it is made for another name"),
    "ip address mismatch": N_("it is made for another address"),
    "another certificate": N_("it is not the one expected"),
}
#: The system's own word → ours.
REASONS = (
    {os.strerror(code).lower(): said for code, said in _FAULTS.items()}
    | {str(code): said for code, said in _NAMES.items()}
    | {word.lower(): said for word, said in _WORDS.items()}
)
_NUMBERED = re.compile(r"\[Errno (\d+)\]")


def reason_of(error: BaseException) -> str:
    """The system's word for a fault, without addresses and numbers that a library put around it."""
    if isinstance(error, socket.gaierror):
        return str(error.errno)
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.partition(",")[0].rstrip(".")
    if isinstance(error, ssl.SSLError):  # its number is that of another list
        return _CLOSED if isinstance(error, ssl.SSLEOFError) else _NO_TLS
    if isinstance(error, OSError) and error.errno in errno.errorcode:
        return os.strerror(error.errno)
    if isinstance(error, TimeoutError):
        return os.strerror(errno.ETIMEDOUT)
    if isinstance(error, EOFError):
        return os.strerror(errno.ECONNRESET)
    if isinstance(error, OSError) and (numbers := _NUMBERED.findall(str(error))):  # several addresses were tried
        return os.strerror(int(numbers[-1]))
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def said(reason: str, language: str = "en") -> str:
    """The same for people in ``language``; a word that is not ours stays as it is."""
    known = REASONS.get(reason.strip().rstrip(".").lower())
    return translate(known, language, "connectors") if known else reason
