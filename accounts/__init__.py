"""People, practices, roles, credentials and who is in whose care (docs/features.md: A)."""
