"""Import-linter's contract of the doors: what an app shows to others; all else is private to it."""

from typing import Any

from importlinter import Contract, ContractCheck, fields, output

# What DESIGN.md opens to every app, and beyond that to the composition root.
OPEN = frozenset({"services", "selectors", "events", "errors", "types"})
OPEN_TO_ROOT = frozenset({"urls", "api_urls", "frames", "seed", "fake", "lifespan"})


class DoorsContract(Contract):
    """No app imports what is private to another. Tests may. `rooms` are the apps, `root` composes them, and
    `mechanisms` are modules that are made for every app to use.
    """

    rooms = fields.ListField(subfield=fields.StringField())
    root = fields.ListField(subfield=fields.StringField())
    mechanisms = fields.ListField(subfield=fields.StringField())

    def check(self, graph: Any, verbose: bool) -> ContractCheck:
        rooms: list[str] = self.rooms  # type: ignore[assignment]
        broken = [
            f"{importer} imports {imported}, which is private to {room}"
            for room in rooms
            for imported in sorted(graph.find_descendants(room))
            for importer in sorted(graph.find_modules_that_directly_import(imported))
            if not (_is_within(importer, room) or self._is_open(importer, imported, room))
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def _is_open(self, importer: str, imported: str, room: str) -> bool:
        mechanisms: list[str] = self.mechanisms  # type: ignore[assignment]
        root: list[str] = self.root  # type: ignore[assignment]
        door = imported.removeprefix(f"{room}.").partition(".")[0]
        return (
            door in OPEN
            or imported in mechanisms
            or (importer in root and door in OPEN_TO_ROOT)
            or ".tests" in importer
            or importer == "conftest"
        )

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["broken"]:
            output.print_error(line)


def _is_within(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")
