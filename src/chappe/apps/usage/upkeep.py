"""When the lake is put in order before its hour: after a large load, or many small ones. Queues the job, does nothing itself."""

from chappe.apps.usage import lake, shelf
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.services import enqueue


def after(rows: int, month: str) -> None:
    """Ask for compaction when what was added is large, or when a month has many files that are read one by one."""
    if rows >= shelf.LARGE or lake.small_files(month) >= lake.MANY:
        enqueue("usage.compact", actor=Actor.system("lake"), unique="usage.compact", hourly=True)
