"""The few machine operations that the compiled passes are built of: how they are compiled, moving bytes, eight at a time.

Callers answer for the bounds: a block has PADDING spare bytes behind it, and so has every output.
"""

# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, disallow-untyped-calls=False
# mypy: disallow-untyped-decorators=False

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

PADDING = 32

#: No counting of references: the arrays belong to the caller for as long as a pass runs, and no pass makes any.
#: For what is called from Python, and for the helpers within it (arrays are handed over without a call)
_OPTIONS: Any = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
compiled_once: Any = njit(**_OPTIONS)
inlined: Any = njit(**_OPTIONS, forceinline=True)
_machine: Any = intrinsic


@_machine
def move(typingctx, out, o, source, lo, count):
    """Copy ``count`` bytes from ``source[lo:]`` to ``out[o:]``; the two do not overlap."""
    signature = types.void(out, types.int64, source, types.int64, types.int64)

    def generate(context, builder, sig, args):
        target = context.make_array(sig.args[0])(context, builder, args[0])
        origin = context.make_array(sig.args[2])(context, builder, args[2])
        to, where = builder.gep(target.data, [args[1]]), builder.gep(origin.data, [args[3]])
        cgutils.raw_memcpy(builder, to, where, args[4], 1)
        return context.get_dummy_value()

    return signature, generate


@_machine
def move_16(typingctx, out, o, source, lo):
    """Copy sixteen bytes, as one instruction."""
    signature = types.void(out, types.int64, source, types.int64)

    def generate(context, builder, sig, args):
        target = context.make_array(sig.args[0])(context, builder, args[0])
        origin = context.make_array(sig.args[2])(context, builder, args[2])
        wide = ir.IntType(128).as_pointer()
        to = builder.bitcast(builder.gep(target.data, [args[1]]), wide)
        where = builder.bitcast(builder.gep(origin.data, [args[3]]), wide)
        builder.store(builder.load(where, align=1), to, align=1)
        return context.get_dummy_value()

    return signature, generate


@_machine
def eight(typingctx, source, lo):
    """``source[lo:lo + 8]`` as one little-endian number."""
    signature = types.uint64(source, types.int64)

    def generate(context, builder, sig, args):
        origin = context.make_array(sig.args[0])(context, builder, args[0])
        wide = ir.IntType(64).as_pointer()
        return builder.load(builder.bitcast(builder.gep(origin.data, [args[1]]), wide), align=1)

    return signature, generate


@_machine
def trailing_zeros(typingctx, value):
    """Number of zero bits below the lowest one of a 64-bit number that is not 0."""
    signature = types.int64(types.uint64)

    def generate(context, builder, sig, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return signature, generate


@_machine
def at(typingctx, source, i):
    """``source[i]`` without looking whether i is negative."""
    signature = types.int64(source, types.int64)

    def generate(context, builder, sig, args):
        origin = context.make_array(sig.args[0])(context, builder, args[0])
        return builder.zext(builder.load(builder.gep(origin.data, [args[1]])), ir.IntType(64))

    return signature, generate


ONES = np.uint64(0x0101010101010101)
HIGHS = np.uint64(0x8080808080808080)
