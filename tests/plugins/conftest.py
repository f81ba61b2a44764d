"""Example distributions: their own tests run where they are installed, not among those of the project."""

collect_ignore_glob = ["*/tests/*"]
