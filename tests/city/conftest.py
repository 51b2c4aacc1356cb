import pytest

from cleanworks import city, profiles


@pytest.fixture(scope="session")
def seoul():
    return profiles.load("seoul")


@pytest.fixture(scope="session")
def tables(seoul):
    """A city of 600 projects: large enough for every kind of irregularity."""
    return city.make(600, profile=seoul)
