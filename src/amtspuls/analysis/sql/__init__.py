"""SQL over an archive: documented views on sealed and live weeks, read-only."""
