"""The chart: intake, diagnoses, plans, notes, measures, documents, search (PRODUCT.md E1-E11); insights (L1-L4).

Everything that a clinician writes is sealed under the key of the patient it is about.
"""
