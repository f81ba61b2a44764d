"""Amtspuls: remember what appointment pages of German offices showed, and work out what it says."""

__version__ = "0.1.0"
