"""What Bloom's components need beyond Django's own filters."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import template
from django.conf import settings
from django.forms import BaseForm
from django.utils.html import format_html

from bloom.files import selectors as files_selectors
from bloom.kernel import clock, text

register = template.Library()

TONES = 5
_TITLES = frozenset({"dr", "prof", "mr", "mrs", "ms", "mx"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that was refused: what to say, and the field to which one goes to mend it, if it has one."""

    text: str
    lead: str = ""
    target: str = ""


@register.simple_tag(takes_context=True)
def forms_refused(context: Any) -> list[BaseForm]:
    """The forms of a page that came back because something is wrong in them. Looks at what the view handed
    over, so that no page has to remember to say it.
    """
    forms = {id(each): each for each in context.flatten().values() if isinstance(each, BaseForm)}
    return [form for form in forms.values() if form.is_bound and form.errors]


@register.simple_tag
def help_lines() -> list[dict[str, Any]]:
    """Whom to call or text when somebody may be in danger."""
    return settings.HELP_LINES


@register.filter
def faults(forms: Iterable[BaseForm]) -> list[Fault]:
    """What is wrong, in the order of the fields; not for a form of one field: it stands beside that."""
    found = []
    for form in forms:
        found += [Fault(str(text)) for text in form.non_field_errors()]
        if len(form.fields) > 1 or len(form.hidden_fields()) == len(form.fields):
            found += [fault for field in form for fault in _faults_of(field)]
    return found


def _faults_of(field: Any) -> list[Fault]:
    """The first fault of a field stands for all of them: the others are read where one mends it."""
    target = "" if field.is_hidden else field.auto_id
    label = str(field.label)
    # What asks is not followed by a colon.
    lead = label if label.endswith("?") else f"{label}:"
    return [Fault(str(text), lead, target) for text in list(field.errors)[:1]]


@register.filter
def row_name(row: Any) -> str:
    """See text.row_name."""
    return text.row_name(row)


@register.filter
def untitled(name: str) -> str:
    """A name as one says it to a person: "Anna Lindqvist, PsyD" without what follows the comma."""
    return str(name).partition(",")[0].strip()


@register.filter
def isolate(name: str) -> str:
    """See text.isolated. For where a tag cannot stand, such as in a translated sentence."""
    return text.isolated(str(name))


@register.filter
def initials(name: str) -> str:
    """The first letters of the first and the last word of a name, in capitals."""
    words = [word for word in untitled(name).replace(".", " ").split() if word[0].isalnum()]
    # "Dr. Anna Lindqvist" is AL; who is called nothing but a title keeps it.
    words = [word for word in words if word.casefold() not in _TITLES] or words
    letters = [word[0] for word in (words[:1] + words[1:][-1:])]
    return "".join(letters).upper() or "?"


@register.filter
def file_link(file_id: UUID | str) -> str:
    """Where the browser fetches a file whose id the page was given, because its reader may see it."""
    return files_selectors.file_link(UUID(str(file_id)), at=clock.now())


@register.simple_tag
def avatar(
    name: str, photo: UUID | str | None = None, size: str = "", presence: str = "", css: str = ""
) -> str:
    """The markup of <c-ui.avatar>. Long lists use the tag itself: a component costs many times as much."""
    picture = (
        format_html('<img src="{}" alt="" width="96" height="96" decoding="async">', file_link(photo))
        if photo and photo != "None"
        else format_html("<span>{}</span>", initials(name))
    )
    return format_html(
        '<span class="avatar {}"{} data-tone="{}" aria-hidden="true">{}{}</span>',
        css,
        format_html(' data-size="{}"', size) if size else "",
        tone(name),
        picture,
        format_html('<span class="avatar-badge" data-presence="{}"></span>', presence) if presence else "",
    )


@register.filter
def tone(name: str) -> int:
    """One of five tones for a name, the same on every page and in every process."""
    return sum(map(ord, str(name))) % TONES
