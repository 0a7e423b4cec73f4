"""Through the real door: sign in, the home page, the account menu, out again."""

import pytest

from tests.support.browser import settled

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_in_home_and_out(page_for, alice, phone):
    page = page_for(alice, phone=phone)
    page.goto("/")
    settled(page)
    assert page.locator("h1").inner_text() == "Hello Alice"
    page.locator(".ch-top-end .ch-menu summary").click()
    page.locator(".ch-top-end form[action$='sign-out/'] button").click()
    page.wait_for_url("**/sign-in/**")
    page.goto("/")
    assert "/sign-in/" in page.url


def test_somebody_without_rights_gets_a_page_that_says_what_to_do(page_for, chloe):
    chloe.roles.clear()
    page = page_for(chloe)
    page.goto("/")
    settled(page)
    assert page.locator(".ch-empty h2").inner_text() == "Nothing to show yet"
