"""Weekly bundles: one CSV per portal and week, as the predecessor published them."""
