"""What a patient tells when they book."""

from django import forms
from django.utils.translation import gettext_lazy as _


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
