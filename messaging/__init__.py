"""Conversations of patients and therapists, moderated before anyone else reads (docs/features.md: M)."""
