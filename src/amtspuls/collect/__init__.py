"""Rounds of snapshots over many portals."""
