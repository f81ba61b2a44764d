"""Pages over reader and analysis."""
