"""The lowest of many intervals that hold a place, for all places at once: the ground of the wait.

A tree whose leaves are the places: each interval is put into the few nodes that make it up, each node keeps its lowest
ones, and hands them down to its halves. No interval is in two nodes on the way to a leaf, so none is counted twice.
"""

from __future__ import annotations

import numpy as np

from amtspuls.analysis.localtime import Ints
from amtspuls.analysis.ordering import starts_of_runs

_ROUND = 1024
"""Intervals of the first round; each round takes twice as many as the one before."""
_ROUNDS = 16


def find_lowest(first: Ints, after: Ints, size: int, count: int) -> Ints:
    """Say for each place which intervals hold it: the lowest numbers.

    Most places have enough after the first rounds, and of the later intervals only those are looked at that hold
    another place.

    Args:
        first: First place of each interval; their numbers are their places in this column.
        after: The place behind its last one; greater than ``first``.
        size: Number of places.
        count: How many numbers are wanted of each place.

    Returns:
        Numbers of shape (count, size), ascending for each place; ``len(first)`` where there are fewer.
    """
    missing = len(first)
    found = np.full((count, size), missing, np.int64)
    begin, step = 0, max(_ROUND, missing // _ROUNDS)
    while begin < missing:
        end = min(missing, begin + step)
        lacking = np.append(0, np.cumsum(found[-1] == missing))
        useful = lacking[after[begin:end]] > lacking[first[begin:end]]
        numbers = begin + np.flatnonzero(useful)
        if len(numbers):
            tree = _plant(first[numbers], after[numbers], numbers, size, count, missing)
            found = _lower(found, tree)
        begin, step = end, 2 * step
    return found


def _plant(first: Ints, after: Ints, numbers: Ints, size: int, count: int, missing: int) -> Ints:
    """The lowest of some intervals at each place; shape (count, size)."""
    leaves = 1 << max(0, size - 1).bit_length()
    node, number = _nodes_of(first + leaves, after + leaves, numbers)
    width = missing.bit_length()
    packed = np.sort(node << width | number)
    node, number = packed >> width, packed & ((1 << width) - 1)
    rank = _rank_in_run(node)
    tree = np.full((count, 2 * leaves), missing, np.int64)
    for place, row in enumerate(tree):
        chosen = rank == place
        row[node[chosen]] = number[chosen]
    level = 1 << (int(node[0]).bit_length() - 1)
    while level < leaves:
        parents, children = tree[:, level : 2 * level], tree[:, 2 * level : 4 * level]
        children[:] = _lower(np.repeat(parents, 2, axis=1), children)
        level *= 2
    return tree[:, leaves : leaves + size]


def _nodes_of(low: Ints, high: Ints, numbers: Ints) -> tuple[Ints, Ints]:
    """Nodes that make up each interval of leaves, and the interval's number beside each."""
    nodes, owners = [], []
    while len(low):
        left, right = (low & 1).astype(np.bool_), (high & 1).astype(np.bool_)
        nodes += [low[left], high[right] - 1]
        owners += [numbers[left], numbers[right]]
        low, high = (low + 1) >> 1, high >> 1
        more = low < high
        low, high, numbers = low[more], high[more], numbers[more]
    return np.concatenate(nodes), np.concatenate(owners)


def _rank_in_run(values: Ints) -> Ints:
    """How many equal values stand before each one, in an ascending column."""
    begins = starts_of_runs(values)
    lengths = np.diff(np.append(begins, len(values)))
    found: Ints = np.arange(len(values)) - np.repeat(begins, lengths)
    return found


def _lower(some: Ints, others: Ints) -> Ints:
    """The lowest of two sets without a common member, both ascending along the first axis."""
    found = np.minimum(some, others)
    for place in range(len(found)):
        for mine in range(place):
            np.minimum(
                found[place], np.maximum(some[mine], others[place - 1 - mine]), out=found[place]
            )
    return found
