"""Bloom's commands for development: `bin/run`, `bin/manage`, `bin/test` and `bin/lock`.

Standard library only, because this is what installs everything else. `__main__` is the door; `stack` says
what a running Bloom consists of; `keeper` owns PostgreSQL and Valkey; `supervisor` owns web, worker, beat
and the vendors' fakes.
"""
