"""Signing up, in and out, with a real browser, real mail and nothing else."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e import people
from e2e.conftest import Visit
from e2e.people import PASSWORD, Person


def fill_sign_up(page: Page, *, role: str, name: str, email: str, password: str, again: str) -> None:
    page.get_by_role("radio", name=role).check()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password (again)").fill(again)


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    page.get_by_role("complementary", name="Sidebar").locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(r"/$"))


@pytest.mark.parametrize(
    ("role", "rooms", "empty"),
    [
        (
            "A patient",
            ["Home", "Messages", "Appointments", "Find a therapist", "Connections"],
            "Nobody yet",
        ),
        (
            "A therapist",
            [
                "Today",
                "Messages",
                "Calendar",
                "Appointments",
                "Your hours",
                "Patients",
                "Connections",
                "Practice",
            ],
            "No patients yet",
        ),
    ],
)
def test_somebody_new_reaches_their_first_page(
    visit: Visit, site: str, role: str, rooms: list[str], empty: str
) -> None:
    page = visit()
    email = people.new_email()
    page.goto("/")
    page.get_by_role("link", name="Create an account").first.click()
    fill_sign_up(page, role=role, name="Noor Haddad", email=email, password=PASSWORD, again="something else")
    page.get_by_role("button", name="Create account").click()

    # What was wrong is said beside its field, and what was typed is still there; passwords are not sent back.
    expect(page.get_by_text("You must type the same password each time.", exact=True)).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Noor Haddad")
    expect(page.get_by_label("Email")).to_have_value(email)
    expect(page.get_by_role("radio", name=role)).to_be_checked()
    expect(page.get_by_label("Password (again)")).to_have_attribute("aria-invalid", "true")

    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
    expect(page.get_by_text(email)).to_be_visible()

    page.get_by_label("Code from the mail").fill("XXXX-XX")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("This is not the code from the mail.")).to_be_visible()

    mailbox = people.Person(site, email, "", http=people.client(site))
    page.get_by_label("Code from the mail").fill(people.code_for(mailbox))
    page.get_by_role("button", name="Confirm").click()
    if role == "A therapist":
        # Nothing opens before there is a second factor.
        page.goto("/patients/")
        expect(page.get_by_role("heading", level=1)).to_have_text("One more thing")
        page.goto("/dashboard/")
        page.get_by_role("link", name="Use an authenticator app").click()
        secret = page.locator("[data-secret]").text_content() or ""
        page.get_by_label("Code that the app shows").fill(people.app_code(secret.replace(" ", "")))
        page.get_by_role("button", name="Add the app").click()
        page.get_by_role("link", name="I have kept them").click()
    expect(page).to_have_url(re.compile(r"/dashboard/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Noor Haddad")
    expect(page.get_by_role("heading", name=empty)).to_be_visible()
    sidebar = page.get_by_role("complementary", name="Sidebar")
    expect(sidebar.get_by_role("navigation", name="Rooms").get_by_role("link")).to_have_text(
        [re.compile(room) for room in rooms]
    )


def test_each_thing_that_is_wrong_is_said_at_its_place(visit: Visit) -> None:
    page = visit()
    page.goto("/accounts/signup/")
    # Nothing is missing, so that it is the server that says it.
    fill_sign_up(page, role="A patient", name=" ", email="no@address", password="short", again="short")
    page.get_by_role("button", name="Create account").click()
    for label in ("Your name", "Email", "Password"):
        field = page.get_by_label(label, exact=True)
        expect(field).to_have_attribute("aria-invalid", "true")
        described = (field.get_attribute("aria-describedby") or "").split()
        assert any(page.locator(f"#{each}.error").count() for each in described), label
    expect(page.get_by_label("Email")).to_have_value("no@address")


def test_signing_in_and_out(visit: Visit, patient: Person) -> None:
    page = visit()
    sign_in(page, patient.email, "not my password")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("Email")).to_have_value(patient.email)
    expect(page.get_by_label("Password", exact=True)).to_have_value("")

    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/dashboard/$"))

    sign_out(page)
    page.go_back()
    # Not even from the browser's own memory.
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=%2Fdashboard%2F$"))
    expect(page.get_by_text("Maya Torres")).to_have_count(0)


def test_one_comes_back_to_where_one_wanted_to_go(visit: Visit, therapist: Person) -> None:
    page = visit()
    page.goto("/patients/?past=1")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.get_by_label("Email").fill(therapist.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code from the app").fill(therapist.recovery_codes.pop())
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile(r"/patients/\?past=1$"))


def test_a_forgotten_password(visit: Visit, site: str, patient: Person) -> None:
    """Asked for, mailed, chosen anew; the other device is signed out; the link works once."""
    other_device = visit(patient)
    other_device.goto("/dashboard/")
    expect(other_device.get_by_role("heading", level=1)).to_contain_text("Maya Torres")

    page = visit()
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgot it?").click()
    page.get_by_label("Email").fill(patient.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
    link = re.search(
        r"https?://\S+/accounts/password/reset/key/\S+/",
        people.mail_for(people.client(site), patient.email, "new password"),
    )
    assert link
    page.goto(link[0])
    page.get_by_label("New password", exact=True).fill("a wholly new morning")
    page.get_by_label("New password, again").fill("a wholly new morning")
    page.get_by_role("button", name="Save the new password").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Choose a new password")

    other_device.reload()
    expect(other_device).to_have_url(re.compile("/accounts/login/"))

    sign_in(page, patient.email)
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    sign_in(page, patient.email, "a wholly new morning")
    expect(page).to_have_url(re.compile(r"/dashboard/$"))

    stranger = visit()
    stranger.goto(link[0])
    expect(stranger.get_by_role("heading", level=1)).to_have_text("This link is used up")
    stranger.get_by_role("link", name="Send a new link").click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("A new password")


def test_an_unknown_address_learns_nothing(visit: Visit, patient: Person) -> None:
    """Asking for a new password looks the same whether there is an account or not."""
    page = visit()
    said = []
    for email in (patient.email, people.new_email()):
        page.goto("/accounts/password/reset/")
        page.get_by_label("Email").fill(email)
        page.get_by_role("button", name="Send the link").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
        said.append(page.locator("main").inner_text())
    assert said[0] == said[1]


def test_changing_the_password(visit: Visit, patient: Person) -> None:
    page = visit(patient)
    page.goto("/accounts/password/change/")
    page.get_by_label("Current password").fill("not this one")
    page.get_by_label("New password", exact=True).fill("a wholly new morning")
    page.get_by_label("New password, again").fill("a wholly new morning")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("This is not your current password.", exact=True)).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("a wholly new morning")
    page.get_by_label("New password, again").fill("a wholly new morning")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("region", name="Notices")).to_contain_text("Your password is changed.")
    # This device stays signed in.
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Maya Torres")


def test_by_keyboard_alone(visit: Visit, patient: Person) -> None:
    page = visit()
    page.goto("/accounts/login/")

    def tab_to(name: str) -> None:
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches(':focus-visible')") and name in (
                page.evaluate("document.activeElement.labels?.[0]?.textContent") or ""
            ):
                return
        raise AssertionError(f"The focus never came to {name!r}.")

    tab_to("Email")
    page.keyboard.type(patient.email)
    tab_to("Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/dashboard/$"))


def test_a_password_can_be_looked_at(visit: Visit) -> None:
    page = visit()
    page.goto("/accounts/login/")
    password = page.get_by_label("Password", exact=True)
    password.fill(PASSWORD)
    show = page.get_by_role("button", name="Show password")
    show.click()
    expect(password).to_have_attribute("type", "text")
    expect(show).to_have_attribute("aria-pressed", "true")
    show.click()
    expect(password).to_have_attribute("type", "password")
