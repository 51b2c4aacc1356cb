"""Tables and footers that show when they are whole: the marks in a page, and nothing else in it."""

from __future__ import annotations

from bs4 import BeautifulSoup

from cleanworks.workshop.pages.readable_tables import arriving_whole


def test_every_table_is_followed_by_its_mark():
    page = '<div><table class="a"><tr><td><table><tr><td>1</td></tr></table></td></tr></table></div><footer>by</footer><p>end</p>'
    soup = BeautifulSoup(arriving_whole(page), "html.parser")
    arriving = soup.select("[data-arrives]")
    assert [one.name for one in arriving] == ["table", "table", "footer"]
    assert all(one.find_next_sibling()["class"] == ["cw-arrived"] for one in arriving)
    assert soup.get_text() == BeautifulSoup(page, "html.parser").get_text()


def test_scripts_words_and_other_elements_stay_as_they_are():
    page = '<script>x = "<table></table>"</script><p>a &lt;table&gt; here</p><tablet-plan></tablet-plan>'
    assert arriving_whole(page) == page
