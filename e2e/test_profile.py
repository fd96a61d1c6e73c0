"""What people tell of themselves, in a real browser."""
