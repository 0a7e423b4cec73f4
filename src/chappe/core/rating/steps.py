"""The steps of a priced call as sentences: what was asked, what was found, what each piece cost, the sum."""

from fractions import Fraction

from chappe.core.base.lang import N_
from chappe.core.rating import tables as tb
from chappe.core.rating.contract import MILLION, Reason
from chappe.core.rating.explain import Explanation, Piece, Visit
from chappe.core.rating.model import MaxCostStrategy, Rate, Rounding, UnitKind
from chappe.core.rating.narrate import REASONS, Phrase, money, reason_code

_ALWAYS = N_("Level {level}: plan {plan} of {subject}, in force all along, has a price for this number.")
_OUTCOMES = {
    tb.FOUND: N_("Level {level}: plan {plan} of {subject}, in force since {since}, has a price for this number."),
    tb.NOT_IN_PLAN: N_("Level {level}: plan {plan} of {subject} has no price for this number."),
    tb.NO_VALID_ROW: N_("Level {level}: plan {plan} of {subject} has prices for this number, of other dates only."),
    tb.NO_PLAN: N_("Level {level}: plan {plan} of {subject} does not exist or is empty."),
    tb.NOT_ACTIVE: N_("Level {level}: the profile of {subject} is not yet active at that moment."),
    tb.NO_SUCH_PROFILE: N_("Level {level}: fallback {subject} has no rating profile."),
    tb.TOO_DEEP: N_("Level {level}: fallback {subject} is not asked, the tariff stops at level {limit}."),
}
_ROUNDED = {
    Rounding.UP: N_("rounded up to {decimals} decimals: {cost}"),
    Rounding.DOWN: N_("rounded down to {decimals} decimals: {cost}"),
    Rounding.MIDDLE: N_("rounded to the nearest at {decimals} decimals: {cost}"),
    Rounding.NONE: N_("not rounded"),
}


def steps_of(e: Explanation) -> list[Phrase]:
    """All steps, in the order in which the price comes about."""
    steps = [_asked(e)]
    if e.start is not None and e.reason in {Reason.NONE, Reason.NO_PROFILE} | _AFTER_PROFILE:
        steps.append(_profile(e))
    steps += _visits(e)
    steps += [_piece(e, number, piece) for number, piece in enumerate(e.pieces, 1)]
    if e.cut_short:
        text = N_("The pieces that follow are not shown: there are {count} in all.")
        steps.append(Phrase(text, {"count": e.piece_count}))
    if e.reason is not Reason.NONE:
        text = N_("No price ({code}): {sentence}")
        return [*steps, Phrase(text, {"code": reason_code(e.reason), "sentence": Phrase(REASONS[e.reason])})]
    return steps + _sums(e)


_AFTER_PROFILE = {
    Reason.NOT_YET_ACTIVE,
    Reason.NO_DESTINATION,
    Reason.NO_RATE_NOW,
    Reason.PLAN_MISSING,
    Reason.TOO_EXPENSIVE,
    Reason.TOO_MANY_PIECES,
}


def _quantity(e: Explanation, millionths: int) -> Phrase:
    text = N_("{n} s") if e.timed else N_("{n} units")
    return Phrase(text, {"n": Fraction(millionths, MILLION)})


def _asked(e: Explanation) -> Phrase:
    params = {"subject": e.subject, "tenant": e.tenant, "destination": e.destination or "—"}
    if e.start is None:
        return Phrase(N_("Call of {subject} (tenant {tenant}) to {destination}."), params)
    text = N_("Call of {subject} (tenant {tenant}) to {destination}, on {start}, usage {usage}.")
    return Phrase(text, {**params, "start": e.start, "usage": _quantity(e, e.usage)})


def _profile(e: Explanation) -> Phrase:
    if e.own_profile:
        return Phrase(N_("{subject} has its own rating profile."), {"subject": e.subject})
    if e.has_profile:
        return Phrase(N_("{subject} has no rating profile of its own: that of *any is used."), {"subject": e.subject})
    return Phrase(N_("{subject} has no rating profile, and there is none for *any."), {"subject": e.subject})


def _visits(e: Explanation) -> list[Phrase]:
    """At the start, and again later only where another way was taken."""
    steps: list[Phrase] = []
    shown: list[tuple[int, str, str, int]] = []
    for position in sorted({v.position for v in e.visits}):
        here = [v for v in e.visits if v.position == position]
        way = [(v.level, v.subject, v.plan, v.outcome) for v in here]
        if way == shown:
            continue
        if position:
            steps.append(Phrase(N_("After {usage}, the plan is looked for again:"), {"usage": _quantity(e, position)}))
        steps += [_visit(v) for v in here]
        shown = way
    return steps


def _visit(v: Visit) -> Phrase:
    params = {"level": v.level, "subject": v.subject, "plan": v.plan, "since": v.since, "limit": v.level - 1}
    # A plan without a date of activation is written as active since 1970 or before (tables: at <= 0).
    ageless = v.outcome == tb.FOUND and v.since is not None and v.since.year <= 1970
    return Phrase(_ALWAYS if ageless else _OUTCOMES[v.outcome], params)


def _piece(e: Explanation, number: int, p: Piece) -> Phrase:
    params = {
        "number": number,
        "begin": p.begin,
        "end": p.end,
        "billed": _quantity(e, p.billed),
        "where": _where(p),
        "rate": _rate(p.rate, p),
        "price": _price(e, p),
        "exact": money(p.exact),
        "currency": e.currency,
        "rounded": _rounded(p),
    }
    what = (
        N_("Piece {number}, {begin} to {end}, {billed} billed.") if e.timed else N_("Piece {number}, {billed} billed.")
    )
    params["what"] = Phrase(what, params.copy())
    phrase = Phrase(N_("{what} {where} {rate} {price} Cost {exact} {currency}, {rounded}."), params)
    if p.capped:
        cut = N_("{piece} The maximum cost of the rate cuts the sum to {sum} {currency}.")
        return Phrase(cut, {"piece": phrase, "sum": money(p.sum), "currency": e.currency})
    return phrase


def _where(p: Piece) -> Phrase:
    if p.prefix:
        text = N_("Plan {plan}, prefix {prefix} of destination {destination}, timing {timing}.")
    else:
        text = N_("Plan {plan}, destination {destination}, timing {timing}.")
    return Phrase(text, {"plan": p.plan, "prefix": p.prefix, "destination": p.destination, "timing": p.timing})


def _rate(rate: Rate, p: Piece) -> Phrase:
    if not p.origin.file:
        return Phrase(N_("Rate {rate}."), {"rate": rate.tag})
    text = N_("Rate {rate} ({file}, line {line}).")
    return Phrase(text, {"rate": rate.tag, "file": p.origin.file, "line": p.origin.line})


def _price(e: Explanation, p: Piece) -> Phrase:
    params: dict[str, object] = {
        "price": Fraction(p.price.price.digits, 10**p.price.price.scale),
        "currency": e.currency,
        "unit": _quantity(e, p.price.unit),
        "step": _quantity(e, p.price.increment),
        "start": _quantity(e, p.price.start),
    }
    if p.price.kind is UnitKind.CALL:
        text = N_("{price} {currency} for the call, paid once.")
    elif p.price.start:
        text = N_("From {start} on: {price} {currency} per {unit}, in steps of {step}.")
    else:
        text = N_("{price} {currency} per {unit}, in steps of {step}.")
    return Phrase(text, params)


def _rounded(p: Piece) -> Phrase:
    return Phrase(_ROUNDED[p.rate.rounding], {"decimals": p.rate.decimals, "cost": money(p.cost)})


def _sums(e: Explanation) -> list[Phrase]:
    """Cost of usage, minimum, connect fee, service part, total."""
    amount = {"currency": e.currency}
    if e.usage == 0:
        return [Phrase(N_("Nothing was used: the call costs 0 {currency}."), amount)]
    steps = []
    usage_cost = _final_sum(e)
    if len(e.pieces) > 1 or usage_cost != e.pieces[-1].cost:
        text = N_("Sum of the pieces: {cost} {currency}.")
        steps.append(Phrase(text, {**amount, "cost": money(usage_cost)}))
    if e.cost > usage_cost and e.rate is not None:
        text = N_("The minimum of a call under this rate raises the usage cost to {cost} {currency}.")
        steps.append(Phrase(text, {**amount, "cost": money(e.cost)}))
    if e.connect_fee:
        text = N_("Connect fee of the rate in force at the start: {fee} {currency}.")
        steps.append(Phrase(text, {**amount, "fee": money(e.connect_fee)}))
    if e.service and e.rate is not None and e.rate.service is not None:
        text = N_("Service part (S) of the number, set by its editor: {service} {currency}.")
        steps.append(Phrase(text, {**amount, "service": money(e.service)}))
    if e.rate is not None and e.rate.max_cost_strategy is MaxCostStrategy.DISCONNECT:
        steps.append(Phrase(N_("The maximum cost of this rate limits the allowed duration, not this price.")))
    text = N_("Total: {total} {currency} ({billed} billed).")
    steps.append(Phrase(text, {**amount, "total": money(e.total), "billed": _quantity(e, e.billed)}))
    return steps


def _final_sum(e: Explanation) -> int:
    """What the pieces come to, read from the trace: sums so far are whole nano, the fraction is of the last."""
    if e.cut_short or not e.pieces:
        return e.cost
    exact_sum = Fraction(0)
    before = 0
    for piece in e.pieces:
        exact_sum = Fraction(max(piece.sum, before)) if piece.capped else exact_sum + piece.cost
        before = piece.sum
    return int(exact_sum + Fraction(1, 2))


__all__ = ["steps_of"]
