"""Availability, open slots, holds, appointments, waitlist, reminders and telehealth (docs/features.md: S, T).

What holds (docs/scheduling.md): the therapist's calendar row is the lock, and unique five-minute
claims are the proof that nobody is booked twice. Billing and the chart look here for what took place; nothing
here knows of money or notes.
"""
