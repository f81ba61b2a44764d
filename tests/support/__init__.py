"""Helpers of the tests: fakes, guards, small servers."""
