#!/usr/bin/env python
"""Django's command line. `bin/manage` runs it in Bloom's own environment."""

import importlib
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bloom.settings")
    from django.core.management import execute_from_command_line

    # Tasks are sent through Bloom's Celery app, not through Celery's idea of one, in commands too.
    importlib.import_module("bloom.celery")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
