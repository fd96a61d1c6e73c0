"""Tickets, the console, user look-up under break-glass, reports (PRODUCT.md H1-H6)."""
