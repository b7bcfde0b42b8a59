#!/usr/bin/env python
"""Django's command line for Rejoinder."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    from server.http.database_errors import exit_if_unreachable

    with exit_if_unreachable():
        execute_from_command_line(sys.argv)
