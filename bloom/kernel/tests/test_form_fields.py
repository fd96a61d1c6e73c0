"""A page cuts nothing that somebody pastes."""

from django import forms


class Letter(forms.Form):
    code = forms.CharField(max_length=6)
    text = forms.CharField(max_length=2000, widget=forms.Textarea)


def test_long_texts_are_not_cut_by_the_browser_and_the_server_says_so():
    form = Letter({"code": "1", "text": "x" * 3000})
    assert 'maxlength="6"' in str(form["code"])
    assert "maxlength" not in str(form["text"])
    assert "x" * 3000 in str(form["text"])
    assert list(form.errors) == ["text"]
