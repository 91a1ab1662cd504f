"""A house for races, and a page with no past and no race."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.site import lane_process
from scripts.site.race import House, opened_house
from tests.scripts.site.visit import Site, served


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A latency server, the measured machine."""
    with opened_house() as house:
        yield house


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A race holds the lock of the results folder: not of the one that somebody else may be measuring into."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def site(house: House, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The page, served by this process; it keeps the accounts that the server gives of each lane."""
    with served(house, elsewhere / "results") as (url, hall):
        site = Site(url, hall)
        monkeypatch.setattr(lane_process, "stats", site.account)
        yield site
