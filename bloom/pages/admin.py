"""Library admins that would let somebody change what runs, without a record: closed."""

from django.contrib import admin
from django_celery_beat import models as beat

for model in (
    beat.ClockedSchedule,
    beat.CrontabSchedule,
    beat.IntervalSchedule,
    beat.PeriodicTask,
    beat.SolarSchedule,
):
    admin.site.unregister(model)
