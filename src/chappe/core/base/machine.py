"""How functions are compiled to machine code, and kept on disk so that only the first start pays for it.

Three decorators. ``entry``: called from Python; its machine code is kept. ``compiled``: called by others, once in
memory however often it is called. ``inlined``: as if written where it is called. Only entries are kept, because
an entry contains all that it calls. numba would notice changes of an entry's own file only; here the digest of
every source file of the named packages decides, so that stale machine code is never run.

The code is kept beside the source (``__pycache__``), or where that cannot be written in the user's cache folder, or
in ``NUMBA_CACHE_DIR``; without any of these it is compiled at each start. Several processes may start at once: files
are written aside and moved into place. Importing this module imports numba. Never price or parse here.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from numba import njit

#: no reference counting: the arrays belong to the caller for as long as a call runs, and nothing here makes any
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}

compiled: Any = njit(**OPTIONS)
inlined: Any = njit(**OPTIONS, forceinline=True)


@cache
def digest(*packages: str) -> str:
    """One text for the whole source of these packages (their own modules, not packages inside them)."""
    total = hashlib.sha256()
    for package in packages:
        spec = find_spec(package)
        for folder in spec.submodule_search_locations or () if spec else ():
            for path in sorted(Path(folder).glob("*.py")):
                total.update(f"{package}/{path.name}\0".encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def entry(*packages: str, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorator for a compiled function that Python calls.

    ``packages``: all whose source, when it changes, makes the kept machine code worthless: that of the function
    and of every compiled function and constant it uses. ``options`` go to ``numba.njit`` over ``OPTIONS``.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**{**OPTIONS, **options})(function)
        try:
            dispatcher.enable_caching()
        except RuntimeError:  # no folder can be written: compile at each start
            return dispatcher
        # what numba compares before it uses a file: its own idea is time and size of the one source file
        dispatcher._cache._cache_file._source_stamp = digest(*packages)
        return dispatcher

    return decorate
