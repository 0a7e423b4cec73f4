"""One worker process: ``python -m chappe.kit.jobs.process quick,bulk``. Claims, runs, sleeps; nothing else.

SIGTERM: takes no new job, hands back at its next check the one it holds. Ends by itself when its parent is
gone, so that a killed supervisor leaves nobody behind. Must never hold a truth of its own: kill -9 at any
instruction loses nothing.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

POLL_SECONDS = 0.25
RECYCLE_AFTER = 2000  # jobs; memory that some library leaked goes with the process


class Stop:
    """Whether to stop: told by a signal, or by the death of the parent."""

    def __init__(self) -> None:
        self.told = False
        self.parent = os.getppid()
        signal.signal(signal.SIGTERM, self._hear)
        signal.signal(signal.SIGINT, self._hear)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self.told = True

    def __call__(self) -> bool:
        return self.told or os.getppid() != self.parent


def work(queues: Sequence[str], stop: Stop) -> int:
    """Run jobs until told to stop; answer how many were run."""
    import structlog
    from django.db import DatabaseError, InterfaceError, close_old_connections

    from chappe.kit.jobs import queue, runner, scheduler
    from chappe.kit.jobs.models import Worker

    log = structlog.get_logger("chappe.jobs")
    name = queue.worker_name()
    pulse = runner.Pulse(name, queues)
    ran, wait = 0, POLL_SECONDS
    runner.persist(lambda: scheduler.sync() is None)
    pulse.start()
    log.info("worker_started", worker=name, queues=list(queues))
    while not stop() and ran < RECYCLE_AFTER:
        try:
            job = queue.claim(name, queues) if queue.anything() else None
            wait = POLL_SECONDS
            if job is not None:
                ran += 1
                runner.execute(job, pulse, stopping=stop)
                continue
        except (DatabaseError, InterfaceError) as error:
            log.warning("database_away", error=str(error))
            wait = min(wait * 2, 10)
        close_old_connections()
        time.sleep(wait)
    pulse.ended.set()
    pulse.join(5)
    Worker.objects.filter(name=name).delete()
    log.info("worker_stopped", worker=name, ran=ran)
    return ran


def main(arguments: Sequence[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
    stop = Stop()
    import django

    django.setup()
    from chappe.kit.ops import logs

    logs.configure()
    work([name for name in (arguments[0] if arguments else "quick,bulk").split(",") if name], stop)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
