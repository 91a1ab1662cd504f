"""Claims files: what is read from them, and that every mistake names the file, the claim, the field and a way out."""

import math
from pathlib import Path

import pytest

from benchmarks.core.registry import catalogue, code, find
from scripts.stats.decisions import Bound
from scripts.util.exit_codes import CommandError, Exit
from scripts.verdict.claims_file import TALKS, Talk, bound, read_talk

ROOT = Path(__file__).parents[3]
RIGHT = """
[talk]
title = "A talk"

[[claim]]
id = "gil"
text = "Threads bring nothing."
where = "One"
ratio = { of = "cpu/primes/sequential", over = "cpu/primes/threads" }
holds = "< 1.2"
when = { gil = true, cores = ">= 2" }
expected = "holds"

[[claim]]
id = "costs"
text = "A thread costs more than a task."
expected = "refuted"
part = [
    { name = "t", ratio = { of = "startup_cost/thread", over = "startup_cost/task", metric = "unit_seconds" }, \
holds = "> 5" },
    { name = "memory", value = { of = "task_memory/threads/c1000", metric = "bytes_per_task" }, holds = "> 10000" },
]

[[claim]]
id = "taste"
text = "Callbacks are hard to read."
opinion = true

[[claim]]
id = "database"
text = "Databases wait."
needs = "a database"
"""


def read(folder: Path, text: str) -> Talk:
    file = folder / "mine.toml"
    file.write_text(text)
    return read_talk(file)


def test_a_claims_file_says_what_is_measured(tmp_path: Path) -> None:
    talk = read(tmp_path, RIGHT)
    assert (talk.title, talk.ids) == ("A talk", ["gil", "costs", "taste", "database"])
    gil, costs, taste, database = talk.claims
    assert gil.parts[0].bound == Bound(high=1.2, open_high=True)
    assert gil.cells == ["cpu/primes/sequential", "cpu/primes/threads"]
    assert dict(gil.when) == {"gil": True, "cores": ">= 2"}
    assert [part.name for part in costs.parts] == ["t", "memory"]
    assert taste.opinion
    assert not taste.parts
    assert database.needs == "a database"


def test_a_condition_may_be_another_on_each_side_of_a_ratio(tmp_path: Path) -> None:
    (gil, *others) = read(tmp_path, RIGHT.replace("gil = true", "gil = { of = false, over = true }")).claims
    assert (gil.sided, [one.sided for one in others]) == ({"gil": {"of": False, "over": True}}, [{}, {}, {}])
    assert dict(gil.side("of").when) == {"gil": False, "cores": ">= 2"}
    assert dict(gil.side("over").when) == {"gil": True, "cores": ">= 2"}


@pytest.mark.parametrize(
    ("said", "limit", "per_capacity"),
    [
        ("> 20", Bound(low=20, open_low=True), False),
        (">= 100", Bound(low=100), False),
        ("< 0.03", Bound(high=0.03, open_high=True), False),
        ("<= 2", Bound(high=2), False),
        ("= 0", Bound(0, 0), False),
        ("0.9 … 1.1", Bound(0.9, 1.1), False),
        ("0.9 .. 1.1", Bound(0.9, 1.1), False),
        ("0.9 to 1.1", Bound(0.9, 1.1), False),
        ("> 0.75 × capacity", Bound(low=0.75, open_low=True), True),
        ("> 0.75 * capacity", Bound(low=0.75, open_low=True), True),
    ],
)
def test_every_way_to_write_a_bound_is_read(said: str, limit: Bound, per_capacity: bool) -> None:
    assert bound(said, "x", "holds") == (limit, per_capacity)


MISTAKES = [
    ('holds = "< 1.2"', 'holds = "about 1.2"', "claim gil, holds: 'about 1.2' is no bound"),
    ('holds = "< 1.2"', 'holds = "1.2 … 0.9"', "claim gil, holds: '1.2 … 0.9': No value lies between"),
    ('holds = "< 1.2"', "", "claim gil, holds: '' is no bound"),
    ("cpu/primes/threads", "cpu/primes/treads", "no cell is called 'treads'; the nearest name is 'threads'"),
    ("cpu/primes/threads", "primes", "claim gil, ratio.over: 'primes' fits"),
    ("cpu/primes/threads", "cpu/wire/threads", "claim gil, ratio.over: no cell is all of"),
    ('metric = "unit_seconds"', 'metric = "unit_second"', "the nearest name is 'unit_seconds'"),
    ('metric = "bytes_per_task"', 'metric = "seconds"', "task_memory/threads/c1000 has no metric 'seconds'"),
    ('id = "costs"', 'id = "gil"', "claim gil, id: two claims have this id"),
    ('id = "costs"', "", "claim number 2, id: every claim needs one"),
    ('expected = "refuted"', 'expected = "maybe"', "claim costs, expected: cannot be 'maybe'"),
    ('where = "One"', 'were = "One"', "claim gil, were: there is no such field; the nearest name is 'where'"),
    ('where = "One"', "where = 1", "claim gil, where: is a text, not 1"),
    ("gil = true", "gill = true", "claim gil, when.gill: there is no such condition; the nearest name is 'gil'"),
    ("gil = true", 'gil = "yes"', "claim gil, when.gil: cannot be 'yes'"),
    (
        "gil = true",
        "gil = { of = false }",
        "claim gil, when.gil: of two sides is a table like { of = false, over = true }",
    ),
    ("gil = true", "gil = { of = false, over = 1 }", "claim gil, when.gil: cannot be 1"),
    (
        'expected = "refuted"',
        'expected = "refuted"\nwhen = { gil = { of = false, over = true } }',
        "claim costs, when: two sides",
    ),
    ('cores = ">= 2"', 'cores = "two"', "claim gil, when.cores: 'two' is no bound"),
    ('name = "t", ratio', 'nme = "t", ratio', "claim costs, part: nme: there is no such field"),
    ('over = "cpu/primes/threads"', 'ober = "cpu/primes/threads"', "claim gil, ratio.ober: there is no such field"),
    (', over = "cpu/primes/threads"', "", "claim gil, ratio.over: is missing"),
    ("opinion = true", "", "claim taste, ratio: a claim has one ratio or one value"),
    ('text = "Databases wait."', "", "claim database, text: every claim needs its sentence"),
    ("[talk]", "[tlk]", "tlk: there is no such table; the nearest name is 'talk'"),
    ("[talk]", "[talk", "Expected ']'"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES, ids=[said for _, _, said in MISTAKES])
def test_a_mistake_names_file_claim_field_and_the_nearest_name(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    assert right in RIGHT
    with pytest.raises(CommandError) as stop:
        read(tmp_path, RIGHT.replace(right, wrong, 1))
    assert stop.value.code == Exit.USAGE
    assert "mine.toml: " in str(stop.value)
    assert said in str(stop.value)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no\.toml: No such file"):
        read_talk(tmp_path / "no.toml")


def test_a_claim_that_the_talk_does_not_have_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no claim is called 'gill'; the nearest name is 'gil'"):
        read(tmp_path, RIGHT).only("gill")


@pytest.mark.parametrize("path", sorted(TALKS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_claim_of_ours_names_cells_that_exist_and_code_that_can_be_shown(path: Path) -> None:
    for claim in read_talk(path).claims:
        for cell in map(find, claim.cells):
            assert all((ROOT / file).is_file() for file in code(cell)), cell
        assert claim.opinion or claim.needs or claim.parts
        assert all(math.isfinite(part.bound.low) or math.isfinite(part.bound.high) for part in claim.parts)


def test_no_two_cells_share_all_their_names() -> None:
    names = [(frozenset(cell.labels()), cell.experiment) for cell in catalogue()]
    assert len(set(names)) == len(names)
