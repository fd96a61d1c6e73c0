"""Tickets, the console, user look-up under break-glass, reports (docs/features.md: H).

Nothing of it is here yet. It stands above every other app: it looks at all of them, through their selectors,
and none of them knows it.
"""
