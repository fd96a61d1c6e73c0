"""Appointments face to face over the network: vendors' meetings, what happened in them, Bloom's own video."""
