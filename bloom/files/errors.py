"""How files refuses."""

from django.utils.translation import gettext_lazy as _

from bloom.kernel.errors import Invalid


class ImageRefused(Invalid):
    """This is no picture that can be kept; `detail` says why, for the field."""

    code = "image_refused"
    detail = _("Please choose a picture: JPEG, PNG or WebP.")
