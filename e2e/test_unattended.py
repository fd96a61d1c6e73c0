"""What a page asks by itself says so, and what its person asks for does not."""

from playwright.sync_api import Request, Route, expect

from e2e.conftest import Visit
from e2e.people import Person
from e2e.talks import Talk
from e2e.watch import Watch

MARK = "x-bloom-unattended"
WAITING = '<p hx-get="/therapists/?looks=1" hx-trigger="every 1s" hx-target="this">It is on its way.</p>'


def test_a_page_that_looks_again_by_itself_says_so_and_waits_out_a_server_that_fails(
    visit: Visit, watch: Watch, patient: Person
) -> None:
    watch.expect("503 /therapists/")
    watch.expect("Response Status Error Code 503")
    page = visit(patient)
    asked: list[Request] = []
    loads: list[Request] = []

    def answer(route: Route) -> None:
        if "hx-request" not in route.request.headers:
            loads.append(route.request)
            route.continue_()
            return
        asked.append(route.request)
        if "looks" in route.request.url:
            route.fulfill(status=503, content_type="text/html", body="")
        else:
            route.fulfill(content_type="text/html", body=WAITING)

    page.route("**/therapists/**", answer)
    page.goto("/therapists/")
    page.locator("#sort").select_option("name")
    expect(page.get_by_text("It is on its way.")).to_be_visible()
    for _look in range(3):
        page.wait_for_event("requestfinished", lambda request: "looks" in request.url)
    expect(page.get_by_text("It is on its way.")).to_be_visible()
    assert [MARK in each.headers for each in asked[:4]] == [False, True, True, True]
    # It was not loaded anew for that.
    assert len(loads) == 1


def test_a_list_that_follows_what_others_write_says_so(both: tuple[Talk, Talk]) -> None:
    here, there = both
    with here.page.expect_request(lambda asked: "/messages/list/" in asked.url) as drawn:
        there.write("Are you there?")
        here.has("Are you there?")
    assert MARK in drawn.value.headers
    with here.page.expect_request(lambda asked: "q=" in asked.url) as looked:
        here.page.get_by_role("searchbox", name="Find a person").fill("Somebody")
    assert MARK not in looked.value.headers
