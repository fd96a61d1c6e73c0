"""The pure decisions of scheduling, by noun: the clock, openings, slots, and the states of an appointment."""
