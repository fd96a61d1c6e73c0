"""What Bloom asks of a virus scanner."""


class ScannerUnavailable(RuntimeError):
    """It does not answer, or not in its own words. Says nothing about the file."""
