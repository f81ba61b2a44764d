"""The typed rule: why each start time appeared or vanished (docs/reference/transitions.md)."""
