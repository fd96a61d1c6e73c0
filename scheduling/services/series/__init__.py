"""Appointments that come again: made, moved, ended, and made further as time goes on."""

from scheduling.services.series.changing import series_end, series_move
from scheduling.services.series.extending import series_extend
from scheduling.services.series.making import series_make

__all__ = ["series_end", "series_extend", "series_make", "series_move"]
