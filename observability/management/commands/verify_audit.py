"""manage.py verify_audit [--expect-head HASH]"""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bloom.kernel.actor import Actor, Via
from observability import services


class Command(BaseCommand):
    help = "Check the whole record: exit 0 when it is whole, else 1 and the first bad row of each kind."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect-head",
            metavar="HASH",
            help="hash of an earlier audit.checkpoint line; fails when the chain does not contain it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.for_system("verify_audit", via=Via.COMMAND)
        verdict = services.record_verify(actor, expect_head=options["expect_head"])
        rows = ", ".join(f"{count} of {name}" for name, count in sorted(verdict.rows.items())) or "no rows"
        self.stdout.write(
            f"{verdict.batches} seals, {verdict.entries} entries: {rows}; "
            f"{verdict.pending} rows wait to be sealed."
        )
        if verdict.is_whole:
            head = f" Head: {verdict.head_number} {verdict.head_hash}" if verdict.head_number else ""
            self.stdout.write(f"The record is whole.{head}")
            return
        for fault in verdict.faults:
            self.stderr.write(f"{fault.table}: {fault.row} is {fault.kind}.")
        self.stderr.write("The record is NOT whole.")
        sys.exit(1)
