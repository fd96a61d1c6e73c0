"""What Prometheus reads of the record. The rest comes from django-prometheus."""

from prometheus_client import Counter

refusals = Counter("bloom_refusals", "Refusals of real objects that were put on record")
refusals_dropped = Counter("bloom_refusals_dropped", "Refusals above the limit of one caller, counted only")
