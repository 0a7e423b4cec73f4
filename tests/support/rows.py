"""A row of every scoped model, for any owner: what the contract tests show to its owner and hide from strangers.

``make(model, owner)`` answers a saved row that belongs to ``owner`` (None: the house) and carries ``mark`` in a text
that lists and exports show. A scoped model without a factory here fails ``tests/contracts/test_rows.py``.
"""

import datetime as dt
import importlib
import io
import itertools
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
from django.utils import timezone

from chappe.apps.exchange.models import FileIssue, PlannedChange, ReceivedFile
from chappe.apps.parties.models import Commune, Contact, Operator, OperatorProtocol
from chappe.apps.tariffs.models import TariffFault, TariffPlan, TariffRow, TariffVersion
from chappe.apps.tariffs.services import load_version
from chappe.apps.usage import lake
from chappe.apps.usage.models import Call, Simulation, SimulationRow, UsageBatch, UsageDay
from chappe.kit.access.actor import Actor
from chappe.kit.access.areas import Level
from chappe.kit.access.models import LoginAttempt, OpenSession, RecoveryCode, Role, RoleRight, SignInCounter, User
from chappe.kit.api.models import ApiKey, KeyMeter
from chappe.kit.audit import services as audit
from chappe.kit.audit.models import AuditEntry, PersonalValue
from chappe.kit.documents.models import StoredFile
from chappe.kit.documents.services import store
from chappe.kit.jobs.models import Job, JobFile, JobLog, Schedule, ScheduleSlot, Worker
from tests.support import people

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "tariffs"
SYSTEM = Actor.system("test")
_serial = itertools.count(1)

Factory = Callable[[Any, str], Any]


def new_mark() -> str:
    """A word that stands nowhere else: lower case because user names are, eight letters because some columns are short."""
    return f"zq{uuid4().hex[:6]}"


def make(model: type, owner: Operator | None, mark: str = "") -> Any:
    """A saved row of ``model`` that belongs to ``owner``. Raises KeyError for a model without a factory."""
    return FACTORIES[model](owner, mark or new_mark())


# -- accounts ------------------------------------------------------------------------------------------------------
def user(owner: Any, mark: str) -> User:
    return people.UserFactory(username=mark, organisation=owner)


def role(_owner: Any, mark: str) -> Role:
    return Role.objects.create(name=mark)


def role_right(owner: Any, mark: str) -> RoleRight:
    return RoleRight.objects.create(role=role(owner, mark), area="lexique", level=int(Level.READ))


def recovery_code(owner: Any, mark: str) -> RecoveryCode:
    return RecoveryCode.objects.create(user=user(owner, new_mark()), fingerprint=mark)


def open_session(owner: Any, mark: str) -> OpenSession:
    return OpenSession.objects.create(user=user(owner, new_mark()), session_key=mark, agent=mark)


def login_attempt(owner: Any, mark: str) -> LoginAttempt:
    who = user(owner, new_mark())
    return LoginAttempt.objects.create(login=mark, user=who, outcome=LoginAttempt.Outcome.BAD_PASSWORD)


def counter(_owner: Any, mark: str) -> SignInCounter:
    return SignInCounter.objects.create(kind=SignInCounter.Kind.ACCOUNT, key=mark, failures=1)


def api_key(owner: Any, mark: str) -> ApiKey:
    who = user(owner, new_mark())
    return ApiKey.objects.create(
        name=mark, prefix=uuid4().hex[:8], digest=uuid4().hex * 2, user=who, organisation=owner
    )


def key_meter(owner: Any, mark: str) -> KeyMeter:
    return KeyMeter.objects.create(key=api_key(owner, mark), total=3)


# -- journal, files, jobs --------------------------------------------------------------------------------------------
def audit_entry(owner: Any, mark: str) -> AuditEntry:
    about = protocol(owner, mark)  # not a person's: their names stand apart from the journal
    audit.created(SYSTEM, about)
    return AuditEntry.objects.latest("pk")


def personal_value(owner: Any, mark: str) -> PersonalValue:
    entry = audit_entry(owner, new_mark())
    return PersonalValue.objects.create(entry=entry, field="notes", after=mark)


def stored_file(owner: Any, mark: str) -> StoredFile:
    return store(io.BytesIO(mark.encode()), name=f"{mark}.csv", actor=SYSTEM, owner=owner)


def job(owner: Any, mark: str) -> Job:
    return Job.objects.create(name="documents.sweep", label=mark, owner=owner)


def job_log(owner: Any, mark: str) -> JobLog:
    return JobLog.objects.create(job=job(owner, new_mark()), message=mark)


def job_file(owner: Any, mark: str) -> JobFile:
    return JobFile.objects.create(job=job(owner, new_mark()), stored=stored_file(owner, mark), role="out")


def schedule(_owner: Any, mark: str) -> Schedule:
    return Schedule.objects.create(name=mark, label=mark, job="documents.sweep", cron="0 3 * * *")


def schedule_slot(owner: Any, mark: str) -> ScheduleSlot:
    return ScheduleSlot.objects.create(schedule=schedule(owner, mark), due=timezone.now())


def worker(_owner: Any, mark: str) -> Worker:
    return Worker.objects.create(name=mark, queues="quick")


# -- parties -------------------------------------------------------------------------------------------------------
def operator(owner: Any, mark: str) -> Operator:
    """The operator is its own owner: the owner itself, marked."""
    row = owner or people.OperatorFactory()
    row.erp_id = mark
    row.save()
    return row


def contact(owner: Any, mark: str) -> Contact:
    return people.ContactFactory(operator=owner or people.OperatorFactory(), last_name=mark, email=f"{mark}@a.example")


def protocol(owner: Any, mark: str) -> OperatorProtocol:
    taken = OperatorProtocol.objects.filter(operator=owner).values_list("flow", flat=True)
    flow = next(flow for flow in OperatorProtocol.Flow.values if flow not in taken)
    # A version is digits only, so the row carries its mark in a text that the form would refuse.
    return OperatorProtocol.objects.create(operator=owner or people.OperatorFactory(), flow=flow, version=mark)


def commune(_owner: Any, mark: str) -> Commune:
    return Commune.objects.create(insee=f"39{next(_serial) % 1000:03d}", name=mark, postal_codes="39100")


# -- received files --------------------------------------------------------------------------------------------------
def received_file(owner: Any, mark: str) -> ReceivedFile:
    stored = stored_file(owner, mark)
    return ReceivedFile.objects.create(stored=stored, name=stored.name, sha256=stored.sha256, owner=owner)


def file_issue(owner: Any, mark: str) -> FileIssue:
    return FileIssue.objects.create(file=received_file(owner, new_mark()), line=2, code="short-row", excerpt=mark)


def planned_change(owner: Any, mark: str) -> PlannedChange:
    return PlannedChange.objects.create(file=received_file(owner, new_mark()), kind="create", key=mark, label=mark)


# -- tariffs -------------------------------------------------------------------------------------------------------
@cache
def zipped(name: str = "v0.9.1") -> bytes:
    """The tables of an example of ``examples/tariffs`` as one archive, always the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted((EXAMPLES / name).glob("*.csv")):
            if path.name != "calls.csv":
                archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes())
    return out.getvalue()


def plan(owner: Any, mark: str) -> TariffPlan:
    return TariffPlan.objects.create(code=mark, name=mark, owner=owner)


def version(owner: Any, mark: str, *, example: str = "v0.9.1") -> TariffVersion:
    """A checked version of a plan of its own, with the tables of an example: it can price calls."""
    stored = store(io.BytesIO(zipped(example)), name=f"{example}.zip", actor=SYSTEM, owner=owner)
    return load_version(actor=SYSTEM, plan=plan(owner, mark), stored=stored)


def tariff_fault(owner: Any, mark: str) -> TariffFault:
    of = version(owner, new_mark())
    return TariffFault.objects.create(version=of, file=mark, line=3, severity="warning", code="short-row")


def tariff_row(owner: Any, mark: str) -> TariffRow:
    return TariffRow.objects.create(
        version=version(owner, new_mark()), plan_tag="RP", destination=mark, timing="ALWAYS", connect_fee="0",
        price="0.1", price_nano=100_000_000, unit=60_000_000, increment=1_000_000, kind="time", rounding="*up 4",
    )  # fmt: skip


# -- usage ---------------------------------------------------------------------------------------------------------
def batch(owner: Any, mark: str, *, priced_by: TariffVersion | None = None) -> UsageBatch:
    """A file of calls that stands, with no call in the lake yet."""
    calls = (EXAMPLES / "v0.9.1" / "calls.csv").read_bytes()
    source = store(io.BytesIO(calls + b"\n"), name=f"{mark}.csv", actor=SYSTEM, owner=owner)
    return UsageBatch.objects.create(
        name=f"{mark}.csv", source=source, replay_key=f"{mark}:0:1", owner=owner,
        version=priced_by or version(owner, new_mark()), state=UsageBatch.State.READY,
        calls=1, rated=1, total=160_000_000, months=["2015-03"],
    )  # fmt: skip


def usage_day(owner: Any, mark: str) -> UsageDay:
    of = batch(owner, mark)
    return UsageDay.objects.create(
        batch=of, day=dt.date(2015, 3, 4), status="RATED", calls=1, usage=25_000_000, total=160_000_000
    )


def lake_row(batch_pk: int, line: int, **fields: Any) -> dict[str, Any]:
    """One row of the lake's schema; what is not given is an ordinary call of 25 s at 0.16."""
    usual: dict[str, Any] = {
        "batch": batch_pk, "line": line, "call_id": f"c{line}", "tenant": "acme", "tor": "0", "category": "call",
        "direction": "OUT", "subject": "bob", "account": "bob", "destination": "33145678901",
        "start": dt.datetime(2015, 3, 4, 10, tzinfo=dt.UTC), "utc_offset": 0, "usage": 25_000_000, "status": "RATED",
        "reason": "", "cost": 160_000_000, "connect_fee": 0, "service": 0, "total": 160_000_000, "billed": 60_000_000,
        "pieces": 1, "rate": "R", "matched_prefix": "33", "matched_destination": "FRANCE", "plan_version": "v",
        "month": "2015-03",
    }  # fmt: skip
    unknown = set(fields) - set(usual)
    assert not unknown, f"the lake has no field {unknown}"
    return usual | fields


def into_lake(uid: str, rows: list[dict[str, Any]]) -> bool:
    """Commit rows as one batch; False when that uid is there already."""
    return lake.commit(uid, [pa.RecordBatch.from_pylist(rows, schema=lake.SCHEMA)])


def call(owner: Any, mark: str) -> Call:
    of = batch(owner, new_mark())
    into_lake(str(of.uid), [lake_row(of.pk, 2, call_id=mark)])
    return Call.objects.get(pk=f"{of.pk}-2")


def simulation(owner: Any, mark: str) -> Simulation:
    return Simulation.objects.create(
        name=mark, owner=owner, first=version(owner, new_mark()), second=version(owner, new_mark()), month="2015-03",
        state=Simulation.State.READY,
    )  # fmt: skip


def simulation_row(owner: Any, mark: str) -> SimulationRow:
    return SimulationRow.objects.create(
        simulation=simulation(owner, new_mark()), subject=mark, destination="FRANCE", calls=1, usage=25_000_000,
        first_total=160_000_000, second_total=170_000_000, difference=10_000_000,
    )  # fmt: skip


FACTORIES: dict[type, Factory] = {
    Role: role,
    RoleRight: role_right,
    User: user,
    RecoveryCode: recovery_code,
    OpenSession: open_session,
    LoginAttempt: login_attempt,
    SignInCounter: counter,
    ApiKey: api_key,
    KeyMeter: key_meter,
    AuditEntry: audit_entry,
    PersonalValue: personal_value,
    StoredFile: stored_file,
    Job: job,
    JobLog: job_log,
    JobFile: job_file,
    Schedule: schedule,
    ScheduleSlot: schedule_slot,
    Worker: worker,
    Operator: operator,
    OperatorProtocol: protocol,
    Contact: contact,
    Commune: commune,
    ReceivedFile: received_file,
    FileIssue: file_issue,
    PlannedChange: planned_change,
    TariffPlan: plan,
    TariffVersion: version,
    TariffFault: tariff_fault,
    TariffRow: tariff_row,
    UsageBatch: batch,
    UsageDay: usage_day,
    Call: call,
    Simulation: simulation,
    SimulationRow: simulation_row,
}


def _of_the_apps() -> None:
    """Each app keeps its own factories in ``rows_<app>.py``, with the same dictionary."""
    for path in sorted(Path(__file__).parent.glob("rows_*.py")):
        FACTORIES.update(importlib.import_module(f"tests.support.{path.stem}").FACTORIES)


_of_the_apps()
