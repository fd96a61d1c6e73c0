"""How files refuses."""

from django.utils.translation import gettext_lazy as _

from bloom.kernel.errors import Conflict, DomainError, Invalid, Kind, TooLarge


class ImageRefused(Invalid):
    """This is no picture that can be kept; `detail` says why, for the field."""

    code = "image_refused"
    detail = _("Please choose a picture: JPEG, PNG or WebP.")


class FileTooLarge(TooLarge):
    """The file is larger than may be sent; `most` is in bytes."""

    code = "file_too_large"
    detail = _("This file is larger than can be sent.")


class UploadsFull(Conflict):
    """The person has as many bytes waiting as one may have; `most` is in bytes."""

    code = "uploads_full"
    detail = _("Too many of your files wait without a message. Please send or remove some of them first.")


class FormRefused(DomainError):
    """The form was not signed here, has expired, was used before, or does not fit what comes with it."""

    kind = Kind.NOT_ALLOWED
    code = "form_refused"
    detail = _("This upload cannot be taken any more. Please choose the file again.")


class UploadMissing(Conflict):
    """The file itself has not arrived."""

    code = "upload_missing"
    detail = _("The file has not arrived yet. Please send it again.")


class UploadNotReady(Conflict):
    """Only a file that was checked and found good can be put to use, and only once."""

    code = "upload_not_ready"
    detail = _("A file is still being checked, was refused, or is in use already.")
