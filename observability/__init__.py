"""The record of what happened, its seal, the outbox; logs, metrics, health (docs/record.md)."""
