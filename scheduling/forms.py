"""What people write when they book, and when they decline."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DeclineForm(forms.Form):
    """A word to who asked, if their therapist likes."""

    words = forms.CharField(
        label=_("A word to them"),
        help_text=_("They read it with your answer, in Bloom and nowhere else. You can leave it empty."),
        required=False,
        # How long it may be, the service says, and what was typed stays.
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )


class BookingForm(forms.Form):
    """Nothing is asked but what helps the therapist, and that is left to the patient."""

    reason = forms.CharField(
        label=_("What brings you"),
        help_text=_("Only your therapist reads it. Leave it empty if you would rather say it in person."),
        required=False,
        # How long it may be, the service says, and what was typed stays.
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
