"""Sources and what they sent, in two rooms: what people decide and are told; what came in. Data only, the verbs write."""

from chappe.apps.collect.models.batches import (
    Chunk,
    FetchedFile,
    OpenGroup,
    SeenTickets,
    SourceAlarm,
    SourceHour,
    TicketIssue,
)
from chappe.apps.collect.models.sources import (
    FETCH_WAYS,
    LIVE_WAYS,
    Pays,
    Source,
    SourceState,
    TicketProfile,
    Way,
)

__all__ = [
    "FETCH_WAYS", "LIVE_WAYS", "Chunk", "FetchedFile", "OpenGroup", "Pays", "SeenTickets", "Source", "SourceAlarm", "SourceHour",
    "SourceState", "TicketIssue", "TicketProfile", "Way",
]  # fmt: skip
