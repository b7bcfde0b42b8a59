#!/usr/bin/env python
"""Django's command line for Rejoinder."""

import os
import sys

if __name__ == "__main__":
    from server import fence

    fence.die_with_parent()  # before anything slow: `serve` may be killed while its worker still starts
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
