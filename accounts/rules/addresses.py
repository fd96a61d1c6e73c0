"""How an address is spoken of."""


def email_masked(email: str) -> str:
    """Enough of an address for its person to know it, too little to write to: s…@example.org."""
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
