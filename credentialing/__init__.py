"""Payer requirements, therapists' documents, bundles, applications, licences (docs/features.md: C).

Nothing of it is here yet. Scheduling and billing will ask here, through the gate point of
`bloom.kernel.registry`, whether a therapist may see a patient in a state or bill a payer.
"""
