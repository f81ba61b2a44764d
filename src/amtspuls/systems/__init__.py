"""Booking systems: which requests to make, and what the pages say."""
