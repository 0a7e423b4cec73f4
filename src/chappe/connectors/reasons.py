"""Why the machine refused something, in words of people: the usual faults of sockets and disks. Never raises."""

import errno
import os
import socket

from chappe.core.base.lang import N_, translate

_FAULTS = {
    errno.EADDRINUSE: N_("it is in use already"),
    errno.EADDRNOTAVAIL: N_("this machine does not have that address"),
    errno.EACCES: N_("it is not permitted; ports below 1024 need a right of their own"),
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
}
_NAMES = {socket.EAI_NONAME: N_("this name is not known"), socket.EAI_AGAIN: N_("names cannot be looked up at present")}
#: The system's own word → ours.
REASONS = {os.strerror(code): said for code, said in _FAULTS.items()} | {
    str(code): said for code, said in _NAMES.items()
}


def reason_of(error: BaseException) -> str:
    """The system's word for a fault, without addresses and numbers that a library put around it."""
    if isinstance(error, socket.gaierror):
        return str(error.errno)
    if isinstance(error, OSError) and error.errno in errno.errorcode:
        return os.strerror(error.errno)
    if isinstance(error, TimeoutError):
        return os.strerror(errno.ETIMEDOUT)
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def said(reason: str, language: str = "en") -> str:
    """The same for people in ``language``; a word that is not ours stays as it is."""
    known = REASONS.get(reason)
    return translate(known, language, "connectors") if known else reason
