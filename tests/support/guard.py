"""The network guard: what a test that leaves loopback runs into."""


class OffLoopbackError(AssertionError):
    """A test tried to leave loopback.

    Not an ``OSError``: the fetch layer would turn that into an unreachable portal and the test would pass.
    """
