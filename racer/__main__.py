"""`python -m racer` is the command `racer`."""

import sys

from racer.cli.main import command

sys.exit(command())
