"""Links that a mail carries: they name a row and show that Bloom wrote them. How long one holds, the row
knows; what else it asks for, the page.
"""

from uuid import UUID

from django.core import signing


def link_write(kind: str, object_id: UUID) -> str:
    """The part of an address that names `object_id`, and nothing else of another `kind`."""
    return signing.Signer(salt=f"accounts.{kind}").sign(object_id.hex)


def link_read(kind: str, token: str) -> UUID | None:
    """What a link of this kind names; None for one that Bloom did not write."""
    try:
        return UUID(signing.Signer(salt=f"accounts.{kind}").unsign(token))
    except (signing.BadSignature, ValueError):
        return None
