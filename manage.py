#!/usr/bin/env python
"""Run Django's management commands."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if sys.argv[1:2] == ["deliver"]:
        from portal.outbox.counting import count_beside_the_web

        count_beside_the_web()
    execute_from_command_line(sys.argv)
