"""Two change one thing at once: the later one sees what the other has done, and keeps what was typed."""

from typing import Any

from django import forms


def compare(typed: forms.Form, now: forms.Form) -> list[dict[str, Any]]:
    """What is there `now` and is not what was `typed`: each with its label and how it reads. The next press
    of the button is made with what is there now in view.
    """
    others = []
    for bound in now:
        was = typed[bound.name].value() or ""
        if bound.field.widget.is_hidden or str(bound.value() or "") == str(was).strip():
            continue
        others.append({"label": bound.label, "value": _read(bound)})
    seen = {typed.add_prefix("version"): str(now["version"].value())}
    typed.data = {**{name: typed.data.get(name) for name in typed.data}, **seen}
    return others


def _read(bound: Any) -> str:
    value = str(bound.value() or "")
    choices = getattr(bound.field, "choices", None)
    if choices is None:
        return value
    flat = (
        pair
        for code, label in choices
        for pair in (label if isinstance(label, (list, tuple)) else [(code, label)])
    )
    return str(dict(flat).get(value, value))
