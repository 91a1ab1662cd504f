"""Marks: each is seen once, whoever left it, in the order in which things happened."""

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import pytest

from scripts.site.shared_timeline import BEGAN, COMPUTING, FINISHED, GO, WAITING, SharedTimeline, timeline_at
from scripts.site.timeline_reader import TimelineReader


def leave_marks(path: str, tasks: range) -> None:
    """What a worker does."""
    for task in tasks:
        for kind in (WAITING, COMPUTING, FINISHED):
            timeline_at(path).mark(task, kind)


def triples(flat: list[int]) -> list[tuple[int, int, int]]:
    return list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))


def test_every_mark_is_news_once(tmp_path: Path) -> None:
    timeline = SharedTimeline.create(tmp_path / "marks", 3)
    news = TimelineReader(timeline)
    timeline.moments[GO], timeline.moments[BEGAN] = 1.0, perf_counter()
    assert news.read() == []
    timeline.mark(2, WAITING)
    timeline.mark(0, WAITING)
    assert [(task, kind) for task, kind, _ in triples(news.read())] == [(2, WAITING), (0, WAITING)]
    timeline.mark(2, FINISHED)
    assert [(task, kind) for task, kind, _ in triples(news.read())] == [(2, FINISHED)]
    assert news.read() == []
    timeline.close()


def test_moments_are_microseconds_since_the_lane_began(tmp_path: Path) -> None:
    timeline = SharedTimeline.create(tmp_path / "marks", 1)
    news = TimelineReader(timeline)
    timeline.moments[BEGAN] = 100.0
    timeline.moments[2 + COMPUTING] = 100.25
    assert news.read() == [0, COMPUTING, 250_000]
    timeline.close()


def test_threads_lose_no_mark(tmp_path: Path) -> None:
    timeline, path = SharedTimeline.create(tmp_path / "marks", 400), str(tmp_path / "marks")
    news = TimelineReader(timeline)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda first: leave_marks(path, range(first, first + 50)), range(0, 400, 50)))
    assert sorted((task, kind) for task, kind, _ in triples(news.read())) == [(n // 3, n % 3) for n in range(1200)]
    timeline.close()


@pytest.mark.real
def test_what_another_process_does_is_seen_here(tmp_path: Path) -> None:
    timeline, path = SharedTimeline.create(tmp_path / "marks", 20), str(tmp_path / "marks")
    news, began = TimelineReader(timeline), perf_counter()
    timeline.moments[BEGAN] = began
    workers = [
        get_context("spawn").Process(target=leave_marks, args=(path, tasks)) for tasks in (range(9), range(9, 20))
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    events = triples(news.read())
    assert sorted((task, kind) for task, kind, _ in events) == [(n // 3, n % 3) for n in range(60)]
    assert 0 < min(us for _, _, us in events) <= max(us for _, _, us in events) < (perf_counter() - began) * 1e6
    timeline.close()


def test_a_lane_that_is_run_again_starts_with_nothing(tmp_path: Path) -> None:
    timeline = SharedTimeline.create(tmp_path / "marks", 2)
    timeline.mark(1, FINISHED)
    timeline.clear()
    assert TimelineReader(timeline).read() == []
    timeline.close()
