"""A replay in a process of its own, to be killed: ``python -m support.replay_child BUNDLE METADATA ARCHIVE``."""

from __future__ import annotations

import sys

from amtspuls.cli.app import main

if __name__ == "__main__":
    bundle, metadata, archive = sys.argv[1:]
    main(["replay", bundle, "--metadata", metadata, "--archive", archive])
