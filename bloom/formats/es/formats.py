"""How days and times are written in Spanish: "jueves 3 de diciembre, 10:00"."""

TIME_FORMAT = "H:i"
DATE_FORMAT = r"j \d\e F \d\e Y"
DATETIME_FORMAT = rf"{DATE_FORMAT}, {TIME_FORMAT}"
SHORT_DATETIME_FORMAT = rf"l j \d\e F, {TIME_FORMAT}"
