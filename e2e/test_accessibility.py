"""axe finds nothing: on no page, at no width, in neither light."""

import pytest
from playwright.sync_api import Page, expect

from e2e import axe, people
from e2e.addresses import PAGES, Address
from e2e.cast import Cast
from e2e.conftest import DESKTOP, PHONE, Visit
from e2e.watch import Watch


def look(page: Page) -> list[str]:
    """What axe finds on a page as it stands, on a desk and in a hand, by day and by night."""
    found = []
    for width, height in ((DESKTOP, 900), (PHONE, 740)):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="light")
        found += [f"{width}: {each}" for each in axe.findings(page)]
        # The night changes colours and nothing else.
        page.emulate_media(color_scheme="dark")
        found += [f"{width} dark: {each}" for each in axe.findings(page, only="color-contrast")]
    return found


@pytest.mark.parametrize("address", PAGES, ids=str)
def test_a_page(visit: Visit, watch: Watch, company: Cast, address: Address) -> None:
    if address.status >= 400:
        watch.expect(f"^{address.status} ")
    page = visit(company.person(address))
    answer = page.goto(company.path(address))
    assert answer
    assert answer.status == address.status
    assert not (found := look(page)), "\n".join(found)


def test_forms_that_were_refused(visit: Visit) -> None:
    page = visit()
    page.goto("/accounts/signup/")
    page.get_by_role("button", name="Create account").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert not (found := look(page)), "\n".join(found)
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("nobody@example.org")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert not (found := look(page)), "\n".join(found)


def test_what_opens(visit: Visit, company: Cast) -> None:
    page = visit(company.everybody["patient"])
    page.goto("/dashboard/")
    page.get_by_role("complementary", name="Sidebar").locator("summary").click()
    # What lies under an open menu can be reached again once it is closed.
    assert not (found := axe.findings(page, inside="details[open]")), "\n".join(found)
    page.keyboard.press("Escape")
    page.get_by_role("complementary", name="Sidebar").get_by_role("link", name="Help right now").click()
    expect(page.get_by_role("dialog").get_by_role("heading", name="Help right now")).to_be_visible()
    assert not (found := look(page)), "\n".join(found)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Go to")).to_be_focused()
    assert not (found := look(page)), "\n".join(found)


def test_a_notice(visit: Visit, company: Cast) -> None:
    page = visit(company.everybody["patient"])
    page.goto("/dashboard/")
    for variant in ("success", "error"):
        page.evaluate(
            "detail => document.dispatchEvent(new CustomEvent('bloom:toast', { detail }))",
            {"text": "Said.", "variant": variant},
        )
    expect(page.get_by_role("region", name="Notices").get_by_text("Said.")).to_have_count(2)
    assert not (found := look(page)), "\n".join(found)


@pytest.mark.parametrize("scripts", [True, False])
def test_what_was_refused_is_seen_at_once_on_a_phone(visit: Visit, scripts: bool) -> None:
    page = visit(width=PHONE, script=scripts)
    page.goto("/accounts/signup/")
    page.get_by_role("radio", name="A patient").check()
    page.get_by_label("Your name").fill("Maya Torres")
    page.get_by_label("Email").fill(people.new_email())
    page.get_by_label("Password", exact=True).fill("password")
    page.get_by_label("Password (again)").fill("password")
    page.get_by_role("button", name="Create account").click()
    expect(page).to_have_title("Error: Create your account · Bloom")
    summary = page.get_by_role("alert")
    expect(summary).to_be_in_viewport(ratio=1)
    if scripts:
        expect(summary).to_be_focused()
        assert not (found := look(page)), "\n".join(found)
    summary.get_by_role("link", name="Password").click()
    expect(page.get_by_label("Password", exact=True)).to_be_in_viewport()
    if scripts:
        expect(page.get_by_label("Password", exact=True)).to_be_focused()
