"""`python -m agentopt` is the command `agentopt`."""

from __future__ import annotations

import sys

from agentopt.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
