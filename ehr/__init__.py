"""The chart: intake, diagnoses, plans, notes, measures, documents, search; insights (docs/features.md: E, L).

Nothing of it is here yet. Everything that a clinician writes will be sealed under the key of the patient it
is about, and opening a chart will be a service, because it leaves a record.
"""
