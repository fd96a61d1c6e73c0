"""How days and times are written in English, in pages and mails alike: "Thursday 3 December, 10:00 AM".

`assets/js/ui/times.js` writes what a script shows in the same way. The space before AM does not break a line.
"""

TIME_FORMAT = "g:i\N{NO-BREAK SPACE}A"
DATE_FORMAT = "j F Y"
DATETIME_FORMAT = f"{DATE_FORMAT}, {TIME_FORMAT}"
# What is near enough to be known by its weekday.
SHORT_DATETIME_FORMAT = f"l j F, {TIME_FORMAT}"
