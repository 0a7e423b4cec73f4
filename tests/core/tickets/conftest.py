"""Records and a clock for the tests of tickets."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from chappe.core.tickets.contract import Decoded, Segment
from chappe.core.tickets.registry import builtin_profiles, make_decoder

NOW = dt.datetime(2024, 3, 11, 8, 20, tzinfo=dt.UTC)

#: Ticket lines of Avaya's own documentation.
IP_OFFICE = """\
2008/06/28 09:28:41,00:00:00,9,8004206,I,4324,4324,,0,1000014155,0,E4324,Joe Bloggs,T9161,LINE 5.1,0,0
2008/10/20 06:43:58,00:00:10,21,215,O,211,211,,I,28,0,E215,Extn215,V9051,VM Channel 1,0,0
2008/06/28 09:30:57,00:00:13,7,01707392200,I,299999,299999,,0,1000014160,1,E4750,John Smith,T9002,LINE 1.2,11,0
2008/06/28 09:30:57,00:00:21,0,01707392200,I,299999,299999,,0,1000014160,0,V9502,VM Channel 2,T9002,LINE 1.2,0,0
2008/08/01 15:14:19,00:00:05,7,01707299900,I,403,390664,,0,1000013,0,E403,Extn403,T9001,Line 1.2,0,0,,,,,,,,,,,,,,
2008/06/26 10:27:44,00:00:44,4,4688,O,4207,4207,,1,1000013898,0,E4688,Joe Bloggs,E4207,John Smith,0,0
2008/07/09 18:00,00:00:00,8,2122,O,2124,2124,,1,1000038,1,E2122,Extn2122,E2124,Extn2124,0,0
2008/07/09 18:00,00:00:38,1,2122,O,2124,2124,,1,1000038,0,E2122,Extn2122,E2121,Extn2121,0,0
2008/07/09 16:25:26,00:00:03,7,207,O,203,203,,1,1000037,0,E207,Extn207,E203,Extn203,0,0
2008/07/09 16:39:11,00:00:00,2,207,O,203,203,,1,1000052,1,E207,Extn207,E203,Extn203,0,4
2008/07/09 16:39:11,00:00:02,0,207,O,203,203,,1,1000052,0,E207,Extn207,E201,Extn201,0,0
2008/07/09 17:55,00:00:03,3,2101,O,8262623#,8262623#,,0,1000024,1,E2101,Extn2101,T9002,Line 2.1,8,0
2008/07/09 17:54,00:00:29,7,2101,O,2121,2121,,1,1000023,1,E2101,Extn2101,E2121,Extn2121,23,0
2008/07/09 17:55,00:00:46,0,2101,O,*47,*47,,1,1000026,0,E2101,Extn2101,V11001,CO Channel 100.1,0,0
2008/07/09 17:54,00:00:49,0,,O,71234567890,71234567890,,1,1000023,0,E2121,Extn2121,V11003,CO Channel 100.3,0,0
2008/07/09 17:55,00:00:49,0,,O,8262623#,8262623#,,0,1000024,0,V11002,CO Channel 100.2,T9002,Line 2.1,0,0
2008/07/09 16:33:19,00:00:05,3,203,O,9416,9416,,0,1000044,1,E203,Extn203,T9005,Line 5.1,0,0,,,,,,,,,,,U XfP,Extn207,,
2008/07/09 16:33:09,00:00:02,2,207,O,203,203,,1,1000043,0,E207,Extn207,E203,Extn203,11,0
2008/07/09 16:33:19,00:00:04,0,207,O,9416,9416,,0,1000044,0,E207,Extn207,T9005,Line 5.1,0,0,,,Extn207,,,,,,,,U Xfd,Extn203,,
2008/07/09 16:17:59,00:00:00,7,,O,9416,9416,,0,1000028,0,E203,Extn203,T9005,Line 5.1,0,0,,,,,,,,,,,U MT,Extn203,9416,
2024/03/11 09:14:02,00:02:31,4,201,O,00612345678,00612345678,,0,1004512,0,E201,Alice Martin,T9001,Line 1.1,0,0,,n/a,,,,,,,,,,,,192.168.42.1,4417,,,2024/03/11 09:16:38,0,N/A
""".splitlines()
R11 = IP_OFFICE[-1]


def decode(slug: str, *records: str | bytes, received: dt.datetime = NOW, **options: object) -> list[Decoded]:
    """Each record by one decoder of a packaged profile, with other options if given."""
    profile = builtin_profiles()[slug]
    zone = str(options.pop("timezone", profile.timezone))
    columns = options.pop("columns", profile.columns)
    profile = replace(profile, timezone=zone, columns=columns, options={**profile.options, **options})
    decoder = make_decoder(profile)
    return [
        decoder.decode(record.encode() if isinstance(record, str) else record, received=received) for record in records
    ]


def segment(slug: str, record: str | bytes, **options: object) -> Segment:
    """The one segment of a record that has no remark."""
    (decoded,) = decode(slug, record, **options)  # type: ignore[arg-type]
    assert decoded.issues == (), [issue.sentence() for issue in decoded.issues]
    (found,) = decoded.segments
    return found


def codes(decoded: Decoded) -> list[str]:
    return [issue.code.removeprefix("tickets.") for issue in decoded.issues]


@pytest.fixture
def ip_office() -> Callable[[str], Segment]:
    return lambda line: segment("avaya-ip-office", line)
