"""The resources of races, and a page without runs and without a race."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.site import lane_process
from scripts.site.race import RaceResources, race_resources
from tests.scripts.site.visit import Site, served


@pytest.fixture(scope="module")
def resources() -> Iterator[RaceResources]:
    """A latency server, the measured machine."""
    with race_resources() as resources:
        yield resources


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A race holds the lock of the results folder: not of the one that somebody else may be measuring into."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def site(resources: RaceResources, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The page, served by this process; it keeps the accounts that the server gives of each lane."""
    with served(resources, elsewhere / "results") as (url, hall):
        site = Site(url, hall)
        monkeypatch.setattr(lane_process, "stats", site.account)
        yield site
