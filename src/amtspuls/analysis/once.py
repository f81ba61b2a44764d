"""What is worked out once for a portal, here or by whoever shares the work."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from amtspuls.analysis.grouping import Watched

T = TypeVar("T")


class Once(Generic[T]):
    """A function of one portal that keeps its answer for as long as the portal is asked about.

    Attributes:
        name: Module and name, under which other processes find it.
    """

    def __init__(self, work: Callable[[Watched], T]) -> None:
        update_wrapper(self, work)
        self.name = f"{work.__module__}:{work.__qualname__}"
        self._work = work
        self._kept: WeakKeyDictionary[Watched, T] = WeakKeyDictionary()

    def __call__(self, one: Watched) -> T:
        """The answer: kept, found by others, or worked out now."""
        if one not in self._kept:
            theirs: T | None = one.found_by_others(self.name)
            self._kept[one] = self._work(one) if theirs is None else theirs
        return self._kept[one]


def once(work: Callable[[Watched], T]) -> Once[T]:
    """Make a function of one portal one that is worked out once; others may do it (``sharing.begin``)."""
    return Once(work)


def find_once(name: str) -> Once[Any]:
    """The function of such a name, in whatever process."""
    module, _, function = name.partition(":")
    found: Once[Any] = getattr(import_module(module), function)
    return found
