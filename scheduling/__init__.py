"""Availability, open slots, holds, appointments, waitlist and reminders (PRODUCT.md S1-S9), and telehealth (T1-T4).

The therapist's calendar row is the lock and unique five-minute claims are the proof that nobody is booked
twice. Billing and the record look here for what took place; nothing here knows of money or notes.
"""
