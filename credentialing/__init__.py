"""Payer requirements, therapists' documents, bundles, applications, licences (PRODUCT.md C1-C6).

Scheduling and billing ask here, through the gate point of `bloom.kernel.registry`, whether a therapist may
see a patient in a state or bill a payer.
"""
