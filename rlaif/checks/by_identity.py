"""What is worked out once for a check: most samples meet the very same one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

_C = TypeVar("_C")
_T = TypeVar("_T")

_MOST = 64


class ByIdentity(Generic[_C, _T]):
    """Values by the identity of what they were made of, which is frozen and is kept with them.

    Not by equality: to compare two checks, or to hash one, costs as much as what is spared. Not on
    the check itself: a changed copy would carry what is no longer true.
    """

    def __init__(self, make: Callable[[_C], _T]) -> None:
        """Values are made by `make`."""
        self._make = make
        self._kept: OrderedDict[int, tuple[_C, _T]] = OrderedDict()
        self._lock = Lock()

    def __call__(self, of: _C) -> _T:
        """The value for `of`."""
        with self._lock:
            kept = self._kept.get(id(of))
        if kept is not None and kept[0] is of:
            return kept[1]
        made = self._make(of)
        with self._lock:
            self._kept[id(of)] = of, made
            self._kept.move_to_end(id(of))
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return made
