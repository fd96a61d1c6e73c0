"""The pages below /settings/security/: second factors, and the page on which a required one is asked for.

Each is also there for a session that awaits its factor, in the one column of the sign-in pages. What changes
something asks first for somebody who has just shown that it is they.
"""

import base64
import json
from typing import Any
from urllib.parse import urlencode

from allauth.account.utils import get_next_redirect_url
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as mfa_views
from allauth.mfa.webauthn import views as webauthn_views
from allauth.mfa.webauthn.internal import auth as webauthn
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import factors, forms, selectors, services
from accounts.types import FactorKind, RoleName
from bloom.kernel import clock, limits, problems
from bloom.kernel.errors import DomainError, NotFound

# The secret of an app that is being added, sealed; and where to go once a required factor is there.
SECRET_KEY = "factor_secret"  # noqa: S105 - a name
NEXT_KEY = "factor_next"

_ADDED = {
    FactorKind.APP: gettext_lazy("An authenticator app was added"),
    FactorKind.PASSKEY: gettext_lazy("A passkey was added"),
}
_REMOVED = {
    FactorKind.APP: gettext_lazy("The authenticator app was removed"),
    FactorKind.PASSKEY: gettext_lazy("A passkey was removed"),
}


class SecondStep(mfa_views.AuthenticateView):
    """The second step of signing in: a passkey, a code, or a recovery code."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["options"] = json.dumps(context["js_data"]["request_options"])
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        if isinstance(form, forms.CodeForm):
            factors.code_note(self.request, form.user, form.use, again=False)
        else:
            form.save()
        response: HttpResponse = self.stage.exit()
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        if not form.is_over:
            response: HttpResponse = super().form_invalid(form)
            return response
        onwards = self.stage.login.redirect_url
        self.stage.abort()
        messages.error(self.request, forms.TOO_MANY_HERE)
        query = f"?{urlencode({'next': onwards})}" if onwards else ""
        return redirect(f"{reverse('account_login')}{query}")


class CodeAgain(mfa_views.ReauthenticateView):
    """A code, from somebody who is signed in."""

    def form_valid(self, form: Any) -> HttpResponse:
        factors.code_note(self.request, form.user, form.use, again=True)
        # allauth's own would save the form, which has nothing to save.
        response: HttpResponse = super(mfa_views.ReauthenticateView, self).form_valid(form)
        return response


class PasskeyAgain(webauthn_views.ReauthenticateWebAuthnView):
    """A passkey, from somebody who is signed in."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        # allauth makes the form again, which would judge the same answer twice.
        context |= {"options": json.dumps(context["js_data"]["request_options"]), **kwargs}
        return context


@require_GET
def security(request: Any) -> HttpResponse:
    """Passkeys, the app and the recovery codes, as they are."""
    request.actor.require_user()
    return render(
        request, "accounts/settings/security.html", {"security": selectors.security_get(request.actor)}
    )


@factors.for_awaiting
@never_cache
@require_GET
def required(request: Any) -> HttpResponse:
    """What somebody sees whose role needs a second factor that this session lacks."""
    person_id = request.actor.require_user()
    if not request.awaiting:
        return redirect("security")
    onwards = get_next_redirect_url(request)
    if onwards:
        request.session[NEXT_KEY] = onwards
    if selectors.factor_is_held(person_id):
        return redirect("account_reauthenticate")
    context = {"opens_words": request.actor.has_role(RoleName.THERAPIST)}
    return render(request, "accounts/settings/security_required.html", context)


@factors.for_awaiting
@never_cache
@require_http_methods(["GET", "POST"])
@factors.fresh_required
def app_add(request: Any) -> HttpResponse:
    """Add an authenticator app: the code to scan, and the first code that it shows."""
    person_id = request.actor.require_user()
    if selectors.security_get(request.actor).app is not None:
        return redirect("security")
    sealed = request.session.get(SECRET_KEY)
    if sealed is None:
        sealed = request.session[SECRET_KEY] = selectors.secret_seal(person_id, services.app_secret())
    secret = selectors.secret_open(person_id, sealed)
    form = forms.AppForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        limits.limit_check(f"accounts.factor.add:{person_id}", settings.FACTOR_TRIES_PER_MINUTE, 60)
        try:
            codes = services.app_add(request.actor, secret, form.cleaned_data["code"], at=clock.now())
        except DomainError as error:
            problems.form_apply(form, error)
        else:
            del request.session[SECRET_KEY]
            return _added(request, FactorKind.APP, codes)
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    context = {
        "form": form,
        "secret": " ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        "picture": f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()}",
    }
    return _render(request, "accounts/settings/security_app.html", context)


@factors.for_awaiting
@never_cache
@require_http_methods(["GET", "POST"])
@factors.fresh_required
def passkey_add(request: Any) -> HttpResponse:
    """Add a passkey: the browser makes it, and its person is there when it does."""
    form = forms.PasskeyAddForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = services.passkey_add(
                request.actor, form.cleaned_data["name"], form.cleaned_data["credential"], at=clock.now()
            )
        except DomainError as error:
            problems.form_apply(form, error)
        else:
            return _added(request, FactorKind.PASSKEY, codes)
    options = webauthn.begin_registration(request.user, True)
    return _render(
        request, "accounts/settings/security_passkey.html", {"form": form, "options": json.dumps(options)}
    )


@never_cache
@require_GET
@factors.fresh_required
def factor(request: Any, factor_id: int) -> HttpResponse:
    """One factor: its name, what is known of it, and the way to take it away."""
    security = selectors.security_get(request.actor)
    found = next((each for each in security.factors if each.id == factor_id), None)
    if found is None:
        raise NotFound
    form = forms.PasskeyNameForm(initial={"name": found.name})
    context = {"factor": found, "security": security, "form": form}
    return render(request, "accounts/settings/security_factor.html", context)


@require_POST
@factors.fresh_required
def passkey_rename(request: Any, factor_id: int) -> HttpResponse:
    """Give a passkey another name."""
    services.passkey_rename(request.actor, factor_id, request.POST.get("name", ""), at=clock.now())
    messages.success(request, _("Renamed."))
    return redirect("security")


@require_POST
@factors.fresh_required
def factor_remove(request: Any, factor_id: int) -> HttpResponse:
    """Take a factor away."""
    kind = services.factor_remove(request.actor, factor_id, at=clock.now())
    messages.success(request, _REMOVED[kind])
    return redirect("security")


@never_cache
@require_http_methods(["GET", "POST"])
@factors.fresh_required
def recovery_codes(request: Any) -> HttpResponse:
    """Make new recovery codes, and show them this once."""
    if request.method == "POST":
        codes = services.recovery_codes_renew(request.actor, at=clock.now())
        return _show_codes(request, codes)
    security = selectors.security_get(request.actor)
    if not security.has_factor:
        return redirect("security")
    return render(request, "accounts/settings/security_renew.html", {"security": security})


def _added(request: Any, kind: FactorKind, codes: tuple[str, ...]) -> HttpResponse:
    """A factor was added, and shown by that: the session counts as verified, under a new name."""
    request.session.cycle_key()
    factors.factor_shown(request, clock.now())
    messages.success(request, _ADDED[kind])
    return _show_codes(request, codes) if codes else HttpResponseRedirect(_onwards(request))


def _show_codes(request: Any, codes: tuple[str, ...]) -> HttpResponse:
    """The codes stand in this answer alone: nothing keeps them."""
    text = "\r\n".join([_("Recovery codes for Bloom. Each is good for once."), "", *codes, ""])
    context = {
        "codes": codes,
        "download": "data:text/plain;charset=utf-8;base64," + base64.b64encode(text.encode()).decode(),
        "onwards": _onwards(request),
    }
    return _render(request, "accounts/settings/security_codes.html", context)


def _onwards(request: Any) -> str:
    """Where somebody goes once a factor is there: on, where a required one stood in the way."""
    waited = request.awaiting is not None
    return request.session.pop(NEXT_KEY, None) or (
        resolve_url(settings.LOGIN_REDIRECT_URL) if waited else reverse("security")
    )


def _render(request: Any, template: str, context: dict[str, Any]) -> HttpResponse:
    """In the settings; for a session that awaits its factor in the one column."""
    frame = "accounts/settings/awaiting.html" if request.awaiting else "accounts/settings/base.html"
    response = render(request, template, {**context, "frame": frame})
    response.headers["Cache-Control"] = "no-store"
    return response
