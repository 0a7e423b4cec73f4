"""What loading a file would do, told before anything is kept."""

from dataclasses import dataclass, field
from typing import Any

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from chappe.apps.parties.models import Operator
from chappe.apps.tariffs import comparing, services, words
from chappe.apps.tariffs.models import TariffPlan, TariffVersion
from chappe.apps.tariffs.queries import version_at
from chappe.core.base.issue import Issue
from chappe.core.rating.model import Tariff
from chappe.core.tariff.door import Change, FileRead
from chappe.kit.access.door import visible_to
from chappe.kit.documents.models import StoredFile

SALT = "chappe.tariffs.load"
HOURS = 24
LARGE = 2_000_000  # bytes: from here on, keeping runs as a job
MOST_SHOWN = 100


@dataclass(frozen=True)
class Draft:
    """A file that waits for a decision, with what was typed beside it."""

    stored: StoredFile
    plan: TariffPlan | None = None
    code: str = ""
    name: str = ""
    owner: Operator | None = None
    form: str = ""
    zone: str = ""

    def token(self, user: Any) -> str:
        """The draft as a signed text for the address: it holds no content and serves its author only."""
        data = {
            "user": user.pk, "stored": self.stored.pk, "plan": self.plan.pk if self.plan else None, "code": self.code,
            "name": self.name, "owner": self.owner.pk if self.owner else None, "form": self.form, "zone": self.zone,
        }  # fmt: skip
        return signing.dumps(data, salt=SALT)

    @property
    def large(self) -> bool:
        return self.stored.size > LARGE


def draft_of(token: str, user: Any) -> Draft | None:
    """The draft of a token; None when it is too old or not ours. Raises PermissionDenied for another's."""
    try:
        data = signing.loads(token, salt=SALT, max_age=HOURS * 3600)
    except signing.BadSignature:
        return None
    if data["user"] != user.pk:
        raise PermissionDenied
    stored = StoredFile.objects.filter(pk=data["stored"]).first()
    plan = visible_to(user, TariffPlan).filter(pk=data["plan"]).first() if data["plan"] else None
    owner = visible_to(user, Operator).filter(pk=data["owner"]).first() if data["owner"] else None
    if stored is None or (data["plan"] and plan is None) or (data["owner"] and owner is None):
        return None
    return Draft(stored, plan, data["code"], data["name"], owner, data["form"], data["zone"])


@dataclass
class Preview:
    """Faults, figures, and what would change against ``previous``."""

    tariff: Tariff | None
    format: str
    files: list[FileRead]
    issues: list[Issue]
    known: TariffVersion | None = None
    previous: TariffVersion | None = None
    changes: tuple[Change, ...] = field(default=())

    def count(self, severity: str) -> int:
        return sum(issue.severity == severity for issue in self.issues)

    @property
    def errors(self) -> int:
        return self.count("error")

    @property
    def warnings(self) -> int:
        return self.count("warning")

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The first faults, errors before the rest."""
        order = {"error": 0, "warning": 1, "info": 2}
        worst = sorted(self.issues, key=lambda issue: order[str(issue.severity)])
        return [words.of_issue(issue) for issue in worst[:MOST_SHOWN]]

    @property
    def summary(self) -> comparing.Summary | None:
        return comparing.summary(self.changes) if self.previous else None

    @property
    def figures(self) -> dict[str, int]:
        """What the file holds."""
        if self.tariff is None:
            return {}
        return {
            "profiles": len(self.tariff.profiles),
            "destinations": len(self.tariff.destinations),
            "prefixes": sum(map(len, self.tariff.destinations.values())),
            "prices": sum(map(len, self.tariff.plans.values())),
        }


def preview(draft: Draft) -> Preview:
    """Read and check the file as loading would, without keeping anything."""
    result = services.read_content(draft.stored, form=draft.form, zone=draft.zone or None)
    previous = reference(draft.plan) if draft.plan else None
    found = Preview(result.tariff, result.format, result.files, services.faults_of(result, previous), None, previous)
    if result.tariff is None or draft.plan is None:
        return found
    standing = draft.plan.versions.exclude(state=TariffVersion.State.WITHDRAWN)
    found.known = standing.filter(fingerprint=result.tariff.version).first()
    if previous is not None and found.known is None:
        found.changes = comparing.changes_of(services.load_tariff(previous), result.tariff)
    return found


def reference(plan: TariffPlan) -> TariffVersion | None:
    """What a new version is compared with: the one in force, else the last that stands."""
    standing = plan.versions.exclude(state=TariffVersion.State.WITHDRAWN)
    return version_at(plan, timezone.now()) or standing.order_by("-number").first()


def jumps(found: Preview) -> list[dict[str, Any]]:
    """The largest moves of price, in words."""
    if not found.previous or found.tariff is None:
        return []
    first = [one for one in found.changes if one.subject == "price" and one.kind == "changed"][: comparing.MOST_JUMPS]
    return list(comparing.told(first, services.load_tariff(found.previous), found.tariff))
