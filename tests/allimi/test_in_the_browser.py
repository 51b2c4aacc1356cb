"""What a citizen does with the site, from the disk and without a network."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

PAGES = ("index.html", "data.html", "about.html", "project/p-000005.html", "project/p-000006.html")


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (360, "light"),
        pytest.param(360, "dark", marks=pytest.mark.everything),
        pytest.param(1280, "dark", marks=pytest.mark.everything),
        pytest.param(1280, "light", marks=pytest.mark.everything),
    ],
)
def test_axe_finds_nothing_and_no_page_scrolls_sideways(tab, site, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    citizen, faults = tab(width=width, scheme=scheme), []
    for name in (*PAGES, next(path for path in site.files if path.startswith("district/"))):
        page = citizen.open(name)
        # axe would fetch style sheets, and fetching is not allowed from the disk.
        for fault in Axe().run(page, options={"preload": False}).response["violations"]:
            faults.append(f"{name}: {fault['id']} {fault['nodes'][0]['target']}")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            faults.append(f"{name}: scrolls sideways")
    assert not faults, "\n".join(faults)


def test_search_leads_to_a_project_with_the_keyboard_alone(tab, tables):
    project = tables["projects"].iloc[4]
    page = tab().open("index.html")
    page.get_by_label("Name, number, purpose or firm").focus()
    page.keyboard.type(project["project_id"].lower())
    expect(page.get_by_role("status").first).to_have_text("1 project found.")
    for _ in range(3):  # over the two lists of choices to the only hit
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(project["title"])


def test_search_by_district_and_state(tab, tables):
    projects = tables["projects"]
    district = projects["district"].iloc[0]
    page = tab().open("index.html")
    page.get_by_label("District", exact=True).select_option(district)
    number = int((projects["district"] == district).sum())
    expect(page.locator("#count")).to_contain_text(f"{number} project")
    page.get_by_label("Name, number").fill("no such thing")
    expect(page.locator("#count")).to_have_text("0 projects found.")


def test_the_map_leads_to_a_district_with_the_keyboard(tab, tables):
    page = tab(width=360).open("index.html")
    district = sorted(tables["projects"]["district"].unique())[0]
    page.locator("svg.map a").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(district)


def test_without_scripts_every_project_is_two_links_away(tab):
    page = tab(java_script_enabled=False).open("index.html")
    assert not page.locator("#find").is_visible()
    page.locator("#list a").first.click()
    page.locator("main table a").first.click()
    expect(page.get_by_role("heading", name="Payments")).to_be_visible()


def test_the_question_can_be_copied(tab):
    page = tab().open("project/p-000005.html")
    page.get_by_role("button", name="Copy the text").click()
    expect(page.locator("#copied")).not_to_be_empty()
    assert "P-000005" in page.get_by_label("Your question").input_value()


def test_every_link_leads_somewhere(site):
    import posixpath
    import re

    lost = []
    for path, content in site.files.items():
        if path.endswith(".html"):
            for target in re.findall(r'(?:href|src)="([^"#]+)', content.decode()):
                if (
                    not target.startswith("data:")
                    and posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) not in site.files
                ):
                    lost.append(f"{path}: {target}")
    assert lost == []


def test_no_letter_of_a_drawing_is_cut_off_on_a_phone(tab, folder):
    name = next(
        path for path in sorted(folder.glob("project/*.html")) if "curves" in path.read_text(encoding="utf-8")
    )
    page = tab(width=360).open(f"project/{name.name}")
    outside = page.evaluate(
        """() => [...document.querySelectorAll('svg text')].filter(text => {
             const [a, b] = [text.getBoundingClientRect(), text.closest('svg').getBoundingClientRect()];
             return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1;
           }).map(text => text.textContent)"""
    )
    assert page.locator("svg.curves text").count() > 5
    assert outside == []
