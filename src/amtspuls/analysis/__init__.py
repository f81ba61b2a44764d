"""What the archive says: one file per question."""

PRELOAD = (
    "amtspuls.analysis.sharing",
    "amtspuls.analysis.measures",
    "amtspuls.archive.sealed.read",
)
"""What processes that share the work need loaded; see ``executor.load_early``."""
