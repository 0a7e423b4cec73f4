"""Background work of usage: thin, safe to run twice."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from chappe.apps.usage import lake, restream, retention, services, simulations
from chappe.apps.usage.access import AREA
from chappe.apps.usage.models import RetentionRule, Simulation, UsageBatch
from chappe.kit.jobs.registry import BULK, job, schedule


@job("usage.rate", label=_("Rate a file of calls"), area=AREA, queue=BULK)
def rate(ctx: Any, *, batch: int) -> None:
    """Rate one batch; a failure is told on the batch as well as on the job."""
    row = UsageBatch.objects.select_related("version", "source", "owner", "replaces").get(pk=batch)
    try:
        services.run_rating(actor=ctx.actor, batch=row, progress=ctx.progress)
    except Exception as error:
        services.fail(batch=row, problem=str(error))
        raise
    ctx.result(calls=row.calls, rated=row.rated, unrated=row.unrated, rejected=row.rejected, total=row.total)


@job("usage.simulate", label=_("Compare two tariffs over stored calls"), area=AREA, queue=BULK)
def simulate(ctx: Any, *, simulation: int) -> None:
    """Run one simulation from its beginning."""
    row = Simulation.objects.select_related("first", "second", "owner").get(pk=simulation)
    try:
        simulations.run(simulation=row, progress=ctx.progress)
    except Exception as error:
        simulations.fail(simulation=row, problem=str(error))
        raise


@schedule("40 3 * * *")
@schedule("12 * * * *", "hourly", params={"hourly": True})
@job("usage.compact", label=_("Join the small files of the lake"), area=AREA, queue=BULK)
def compact(ctx: Any, *, hourly: bool = False) -> None:
    """Many small files make pages slow: by the hour they are joined, at night into large ones; each large one gets its copy and sums."""
    ctx.log(f"{lake.compact(lake.JOINED if hourly else lake.LARGEST)} files joined")


@job("usage.rate-stream", label=_("Rate the calls of a source again"), area=AREA, queue=BULK)
def rate_stream(ctx: Any, *, batch: int) -> None:
    """Rate one stream again; a failure is told on the batch as well as on the job."""
    row = UsageBatch.objects.select_related("owner", "replaces").get(pk=batch)
    try:
        restream.run(actor=ctx.actor, batch=row, progress=ctx.progress)
    except Exception as error:
        services.fail(batch=row, problem=str(error))
        raise
    ctx.result(calls=row.calls, rated=row.rated, unrated=row.unrated, rejected=row.rejected, total=row.total)


@schedule("20 2 * * *")
@job("usage.purge", label=_("Purge old calls"), area=AREA, queue=BULK)
def purge(ctx: Any, *, everything: bool = False) -> None:
    """At night the rules that are applied every night; when a person asks, all of them."""
    rules = RetentionRule.objects.all() if everything else RetentionRule.objects.filter(is_active=True)
    steps = retention.purge(actor=ctx.actor, rules=rules, progress=ctx.progress)
    for step in steps:
        ctx.log(f"{step.month}: {step.rule.kind}, {step.calls}")
    ctx.result(months=len({step.month for step in steps}), calls=sum(step.calls for step in steps))
