"""Sealed weeks: what is over, immutable and publishable, as Parquet."""
