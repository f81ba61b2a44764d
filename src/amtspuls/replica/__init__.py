"""Portals to practise on: recordings of real weeks, or a simulated town."""
