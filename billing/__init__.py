"""Invoices, payments and the ledger; coverage, eligibility and claims (PRODUCT.md B1-B9).

Reacts to appointments and signed notes. Money is integer minor units and the ledger always balances.
"""
