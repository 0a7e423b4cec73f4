"""How to set the other side up, said for each way and maker: what an installer types where. Texts only."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from chappe.apps.collect import profiles
from chappe.apps.collect.models import Source, Way

LISTEN, CONNECT, HTTP = frozenset({Way.LISTEN}), frozenset({Way.CONNECT}), frozenset({Way.HTTP})
LIVE = LISTEN | CONNECT
FETCHED = frozenset({Way.FOLDER, Way.SFTP, Way.FTPS})
FILES = FETCHED | {Way.UPLOAD}
ANY = LIVE | HTTP | FILES

_CISCO: tuple[tuple[frozenset[str], Any], ...] = (
    (
        ANY,
        _(
            "In Service Parameters, Cisco CallManager: CDR Enabled Flag and CDR Log Calls with Zero Duration Flag at True."
        ),
    ),
    (
        FETCHED,
        _("In Serviceability, Tools, CDR Management: add a billing server (SFTP) whose folder this source reads."),
    ),
)
_UCM: tuple[tuple[frozenset[str], Any], ...] = (
    (
        LISTEN,
        _("In the UCM: CDR, API configuration, CDR Real-time Output: enable it, address of this machine, port {port}."),
    ),
    (CONNECT, _("A UCM connects to us: choose “The PBX connects to us” here.")),
    (FILES, _("In the UCM: CDR, download the records as CSV, or have them sent to a folder by schedule.")),
)
_OXE: tuple[tuple[frozenset[str], Any], ...] = (
    (
        LIVE,
        _(
            "Ethernet tickets need their licence; in mgr: Applications, Accounting, Real time ticket: enable the IP output."
        ),
    ),
    (CONNECT, _("The PBX waits on TCP port 2533 and takes one client only: stop any other call accounting first.")),
    (LISTEN, _("An OXE waits for us: choose “We connect to the PBX” here.")),
)
#: What is asked of the PBX, by the beginning of the decoder's name (the first that fits): for which ways, and what.
MAKERS: tuple[tuple[str, tuple[tuple[frozenset[str], Any], ...]], ...] = (
    (
        "avaya",
        (
            (LIVE, _("In IP Office Manager, open the system, then the tab System, SMDR.")),
            (LISTEN, _("Output: “SMDR Only”. Address: that of this machine. TCP port: {port}. Records to buffer: 3000.")),
            (LISTEN, _("Save and merge the configuration. The PBX connects at the next call; it keeps its last records meanwhile.")),
            (CONNECT, _("Output: “SMDR Only”. Address: 0.0.0.0: the PBX then waits for us. TCP port: {port}. Records to buffer: 3000.")),
            (CONNECT, _("Save and merge the configuration. The PBX keeps its last records until we connect.")),
        ),
    ),
    (
        "asterisk",
        (
            (ANY, _("In cdr.conf: enable=yes; in cdr_csv.conf: loguniqueid=yes, loguserfield=yes, usegmtime=no.")),
            (ANY, _("The file is /var/log/asterisk/cdr-csv/Master.csv.")),
            (FETCHED, _("It is never closed: say on this source that its files grow.")),
        ),
    ),
    (
        "freeswitch",
        (
            (HTTP, _("Load mod_json_cdr or mod_xml_cdr: they post each call to us.")),
            (HTTP, _("To post: url = http://this-machine:{port}/{slug}, with the login and password of this page.")),
            (FILES, _("Load mod_cdr_csv: its files are in /var/log/freeswitch/cdr-csv.")),
        ),
    ),
    ("cisco", _CISCO),
    ("cucm", _CISCO),
    (
        "3cx",
        (
            (LISTEN, _("In the 3CX console, Settings, CDR: choose “Active socket”, address of this machine and port {port}.")),
            (CONNECT, _("In the 3CX console, Settings, CDR: choose “Passive socket” and port {port}: 3CX then waits for us.")),
            (FILES, _("In the 3CX console, Settings, CDR: choose a file as the output.")),
            (ANY, _("Keep the order of the columns: the profile must have the same.")),
        ),
    ),
    ("grandstream", _UCM),
    ("ucm", _UCM),
    (
        "mitel",
        (
            (ANY, _("In SMDR Options: network format yes, account codes yes, internal calls no, 24-hour clock yes, standardized OLI and call ID yes.")),
            (CONNECT, _("The PBX waits for us on TCP port 1752.")),
            (LISTEN, _("A Mitel waits for us: choose “We connect to the PBX” here.")),
            (ANY, _("Give each set a class of service that records its calls.")),
        ),
    ),
    ("alcatel-oxe", _OXE),
    ("oxe", _OXE),
    (
        "oxo",
        (
            (ANY, _("In OMC: Hotel or Metering, Printout: LISTING or TICKET.")),
            (LISTEN, _("A serial to TCP converter must connect to this machine, port {port}.")),
            (CONNECT, _("A serial to TCP converter gives the address and the port that we connect to.")),
        ),
    ),
    (
        "panasonic",
        (
            (CONNECT, _("System, Main, SMDR: format type of 80 or 120 columns, LAN (Telnet) output; the port is 2300 unless it was changed.")),
            (CONNECT, _("The login is SMDR and the password PCCSMDR unless they were changed: change them.")),
            (LISTEN, _("A Panasonic waits for us: choose “We connect to the PBX” here.")),
            (FILES, _("System, Main, SMDR: format type of 80 or 120 columns.")),
        ),
    ),
    (
        "kamailio",
        ((ANY, _("Load the module acc with the extra columns src_user and dst_user, and export the table acc as CSV.")),),
    ),
    ("teams", ((ANY, _("Export the PSTN and direct routing records of the admin centre as CSV or JSON.")),)),
)  # fmt: skip
WAYS: Mapping[str, tuple[Any, ...]] = {
    Way.LISTEN: (
        _("Open the TCP port {port} of the firewall of this machine for the address of the PBX, and only for it."),
        _("Write that address in “accepted addresses”: anybody else is turned away."),
    ),
    Way.CONNECT: (_("This machine must reach {host} on port {port}: open the firewall of the site for it."),),
    Way.HTTP: (_("The PBX must reach this machine on port {port}; the address is http://this-machine:{port}/{slug}."),),
    Way.FOLDER: (_("Files must appear in {folder} whole, or stop growing: one that still grows is left alone."),),
    Way.SFTP: (
        _("Make an account that may only read {folder} on {host}; copy the key of the server from known_hosts."),
    ),
    Way.FTPS: (_("Make an account that may only read {folder} on {host}; plain FTP is refused."),),
    Way.UPLOAD: (
        _("Nothing to set up: send files from the page of the source. What they are is detected and shown first."),
    ),
}
CHECK = _("Make a short call: its ticket appears on the live page within seconds of the end of the call.")


def steps(source: Source) -> list[str]:
    """What to do on the other side, in order, with the values of this source."""
    profile = profiles.find(source.profile)
    values = {
        "port": source.port or "?", "host": source.host or "?", "folder": source.folder or "?", "slug": source.slug,
    }  # fmt: skip
    said: list[str] = [str(text).format_map(values) for text in WAYS.get(source.way, ())]
    maker = _maker(profile.decoder, profile.slug) if profile else ()
    said += [str(text).format_map(values) for ways, text in maker if source.way in ways]
    if profile is not None and not maker and profile.help:
        said.append(profiles.said(profile.help))
    if source.is_live:
        said.append(str(CHECK))
    return said


def _maker(*names: str) -> tuple[tuple[frozenset[str], Any], ...]:
    return next((texts for start, texts in MAKERS if any(start in name for name in names)), ())
