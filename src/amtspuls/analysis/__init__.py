"""What the archive says: one file per question."""
