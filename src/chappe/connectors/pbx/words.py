"""What the collector says of a source, as sentences for people; the French stands in ``fr.po`` beside this file."""

import errno
import os

from chappe.connectors.pbx.source import Problem
from chappe.connectors.reasons import said
from chappe.core.base.lang import N_, translate

#: Problem.code → sentence
SENTENCES = {
    "bad-spec": N_("The settings of the source cannot be used: {what}."),
    "cannot-listen": N_("Port {port} cannot be opened: {reason}. Tried again by itself."),
    "cannot-connect": N_("{host}:{port} does not answer ({reason}). Tried again by itself."),
    "connection-lost": N_("The connection was lost ({reason}). Tried again by itself."),
    "closed-by-peer": N_("The PBX closed the connection. Tried again by itself."),
    "silent": N_("The PBX went silent: the connection was closed and is made again."),
    "login-refused": N_("The PBX refuses the login or the password. Correct them; tried again once a minute."),
    "no-prompt": N_("What answers does not ask for a login: is it the right port?"),
    "not-oxe": N_("What answers does not speak like an OmniPCX Enterprise: is it the right address and port?"),
    "oxe-not-main": N_("This call server is not the main one at present; the other address is tried."),
    "internal": N_("The collector failed on this connection ({reason}). Tried again by itself."),
    "stopped": N_("The collector is stopped."),
    "spool-full": N_(
        "The disk is full ({reason}): nothing is taken, the PBX keeps its tickets. Make room; it goes on by itself."
    ),
    "spool-error": N_("The disk refuses to write ({reason}): nothing is taken, the PBX keeps its tickets."),
    "spool-locked": N_("Another collector writes to this folder."),
}
#: Of a port, "not permitted" has a usual cause.
LOW_PORT = N_("it is not permitted; ports below 1024 need a right of their own")


def sentence(problem: Problem | None, language: str = "en") -> str:
    """The sentence in ``language``, "" for no problem."""
    if problem is None:
        return ""
    params = dict(problem.params)
    if "reason" in params:
        low = problem.code == "cannot-listen" and params["reason"] == os.strerror(errno.EACCES)
        params["reason"] = translate(LOW_PORT, language, "connectors") if low else said(str(params["reason"]), language)
    return translate(SENTENCES[problem.code], language, "connectors").format_map(params)
