"""What people write to an appointment. Pure."""


def text_clean(text: str, most: int) -> str:
    """Without white space around it. Raises ValueError when it is longer than `most`, or holds what no column
    can (NUL and lone surrogates).
    """
    text = text.strip()
    if len(text) > most:
        raise ValueError("too long")
    text.encode()
    if "\0" in text:
        raise ValueError("not text")
    return text
