"""Polite HTTP: every request of the project is made here."""
