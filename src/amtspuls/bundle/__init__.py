"""Weekly CSV bundles, reading and writing."""
