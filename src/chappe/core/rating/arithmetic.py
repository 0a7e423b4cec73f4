"""Exact arithmetic of the compiled kernel: products of 128 bits, fractions, rounding. Integers only, no float.

Amounts are whole nano and a fraction below one nano (num/den). Every function is exact or says that a result is
too large; none wraps around.
"""

# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, check-untyped-defs=False
# mypy: disallow-untyped-decorators=False

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from chappe.core.base.machine import compiled, inlined
from chappe.core.rating import tables as tb
from chappe.core.rating.tables import FAR

POWERS = np.array([10**n for n in range(19)], np.int64)
ONE = np.uint64(1)
NOTHING = np.uint64(0)


@intrinsic
def product(typingctx, a, b):
    """Both halves (high, low) of a × b, each at least 0, as unsigned 64-bit numbers."""
    pair = types.UniTuple(types.uint64, 2)

    def generate(context, builder, sig, args):
        wide, word = ir.IntType(128), ir.IntType(64)
        both = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        high = builder.trunc(builder.lshr(both, ir.Constant(wide, 64)), word)
        return context.make_tuple(builder, sig.return_type, [high, builder.trunc(both, word)])

    return pair(types.int64, types.int64), generate


@intrinsic
def bits_set(typingctx, value):
    """Number of ones in a 64-bit number."""

    def generate(context, builder, sig, args):
        return builder.ctpop(args[0])

    return types.int64(types.uint64), generate


@compiled
def mul_div_wide(a, b, c):
    """``mul_div`` for products beyond 62 bits: 128-bit product, then division bit by bit."""
    rest, low = product(a, b)
    divisor, quotient = np.uint64(c), NOTHING
    if rest >= divisor:
        return -1, 0
    for bit in range(63, -1, -1):
        rest = (rest << ONE) | ((low >> np.uint64(bit)) & ONE)
        quotient = quotient << ONE
        if rest >= divisor:
            rest = rest - divisor
            quotient = quotient | ONE
    if quotient >= np.uint64(FAR):
        return -1, 0
    return np.int64(quotient), np.int64(rest)


@inlined
def mul_div(a, b, c):
    """Quotient and remainder of a × b / c, exactly; a, b ≥ 0, c > 0, all below 2^62. Quotient -1: too large."""
    high, low = product(a, b)
    if high == NOTHING and low < np.uint64(FAR):
        quotient = low // np.uint64(c)
        return np.int64(quotient), np.int64(low - quotient * np.uint64(c))
    return mul_div_wide(a, b, c)


@inlined
def steps_in(amount, step):
    """amount / step rounded up; amount ≥ 0, step > 0, both below 2^62."""
    return np.int64((np.uint64(amount) + np.uint64(step) - ONE) // np.uint64(step))


@compiled
def gcd(a, b):
    """Greatest common divisor."""
    while b:
        a, b = b, a % b
    return a


@compiled
def add_unlike(num, den, more, of):
    """``add_fractions`` of different denominators."""
    shared = gcd(num, den)
    num, den = num // shared, den // shared
    shared = gcd(more, of)
    more, of = more // shared, of // shared
    shared = gcd(den, of)
    factor = of // shared
    if den > FAR // factor:
        return 0, 0, 0
    total = num * factor + more * (den // shared)
    common = den * factor
    carry = total // common
    return carry, total - carry * common, common


@inlined
def add_fractions(num, den, more, of):
    """num/den + more/of, both below one: (carry, num, den). Denominator 0: it does not fit."""
    if more == 0:
        return 0, num, den
    if num == 0:
        return 0, more, of
    if den == of:
        total = num + more
        return (1, total - den, den) if total >= den else (0, total, den)
    return add_unlike(num, den, more, of)


@compiled
def round_fine(whole, num, den, method, decimals):
    """``round_piece`` to more than nine decimals: a fraction of a nano may stay."""
    parts = POWERS[decimals - 9]
    count, rest = mul_div(num, parts, den)
    if (method == tb.ROUND_UP and rest > 0) or (method == tb.ROUND_MIDDLE and 2 * rest >= den):
        count += 1
    if count == parts:
        return whole + 1, 0, 1
    return whole, count, parts


@inlined
def round_piece(whole, num, den, method, decimals):
    """whole + num/den nano rounded once, by the method and decimals of its rate (§4.8)."""
    if decimals > 9:
        return round_fine(whole, num, den, method, decimals)
    quantum = POWERS[9 - decimals]
    count = np.int64(np.uint64(whole) // np.uint64(quantum))
    rest = whole - count * quantum
    goes_up = False
    if method == tb.ROUND_UP:
        goes_up = rest > 0 or num > 0
    elif method == tb.ROUND_MIDDLE:
        goes_up = 2 * rest >= quantum if quantum > 1 else 2 * num >= den
    if goes_up:
        count += 1
    return count * quantum, 0, 1
