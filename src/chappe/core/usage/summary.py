"""What a run over a file of calls came to: counts, totals, issues."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chappe.core.base.issue import Issue
from chappe.core.base.money import NANO, plain
from chappe.core.rating.contract import I64, Reason, Status
from chappe.core.usage.faults import reason_word

EXIT_FINE, EXIT_SOME_REJECTED, EXIT_NOT_RUN = 0, 1, 2


@dataclass(slots=True)
class Summary:
    """Counts by status and reason, exact totals in nano, and the issues (of each code the first hundred).

    ``ran`` is False when nothing could be read at all: then nothing was written either, and ``issues`` says why.
    """

    ran: bool = True
    rows: int = 0
    blank: int = 0
    rated: int = 0
    unrated: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    currency: str = ""
    cost: int = 0
    connect_fee: int = 0
    service: int = 0
    total: int = 0
    seconds: float = 0.0
    plan_version: str = ""
    issues: list[Issue] = field(default_factory=list)
    issue_count: int = 0

    @property
    def exit_code(self) -> int:
        """0 all fine, 1 some rows rejected, 2 could not run."""
        if not self.ran:
            return EXIT_NOT_RUN
        return EXIT_SOME_REJECTED if self.rejected else EXIT_FINE

    def add(self, counts: I64, totals: I64) -> None:
        """Take the tally of one batch (format.tally) into account."""
        by_status = counts.sum(axis=1).tolist()
        self.rows += sum(by_status)
        self.rated += by_status[Status.RATED]
        self.unrated += by_status[Status.UNRATED]
        self.rejected += by_status[Status.REJECTED]
        for code in np.flatnonzero(counts.sum(axis=0)).tolist():
            if code != Reason.NONE:
                word = reason_word(code)
                self.reasons[word] = self.reasons.get(word, 0) + int(counts[:, code].sum())
        cost, fee, service, total = (int(high) * NANO + int(low) for high, low in totals.tolist())
        self.cost += cost
        self.connect_fee += fee
        self.service += service
        self.total += total

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """For ``--json`` and for the API: amounts are plain decimals, never floats."""
        return {
            "ran": self.ran,
            "calls": self.rows,
            "rated": self.rated,
            "unrated": self.unrated,
            "rejected": self.rejected,
            "blank_lines": self.blank,
            "reasons": dict(sorted(self.reasons.items())),
            "currency": self.currency,
            "cost": plain(self.cost),
            "connect_fee": plain(self.connect_fee),
            "service_cost": plain(self.service),
            "total": plain(self.total),
            "plan_version": self.plan_version,
            "seconds": round(self.seconds, 3),
            "issue_count": self.issue_count,
            "issues": [issue.as_dict(language) for issue in self.issues],
        }
