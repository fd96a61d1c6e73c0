"""What the models share."""

from django.db.models import Q

NOTHING = Q(pk__in=[])
