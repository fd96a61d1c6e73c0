"""Invoices, payments and the ledger; coverage, eligibility and claims (docs/features.md: B).

Nothing of it is here yet. It will react to appointments and signed notes. Money is integer minor units
(`bloom.kernel.money`), and the ledger always balances.
"""
