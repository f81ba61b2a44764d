"""Which portals exist: TOML per booking system, overlays of the user."""
