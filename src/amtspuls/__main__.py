"""``python -m amtspuls`` is the command ``amtspuls``."""

from amtspuls.cli.app import main

main()
