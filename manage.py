#!/usr/bin/env python
"""Django's command line for Rejoinder."""

import os
import sys

if __name__ == "__main__":
    from server.processes import launcher

    if launcher.is_needed(sys.argv):
        sys.exit(launcher.launch())

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import call_command, execute_from_command_line

    from server.http.database_errors import exit_if_unreachable

    with exit_if_unreachable():
        if sys.argv[1:] == ["version"]:  # execute_from_command_line would print Django's version
            django.setup()
            call_command("version")
        else:
            execute_from_command_line(sys.argv)
