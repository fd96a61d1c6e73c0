"""Refusals of the socket."""


class WordsInPush(TypeError):
    """A momentary frame holds something that could be a person's words: those go by a feed."""
