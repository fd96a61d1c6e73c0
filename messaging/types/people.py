"""Who is named beside what was written."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """Whose words these are."""

    id: UUID
    name: str
    pronouns: str = ""
    photo_id: UUID | None = None
