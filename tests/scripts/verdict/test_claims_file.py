"""Claims files: what is read from them, and that every mistake names the file, the claim, the field and a way out."""

import math
import re
from pathlib import Path

import pytest

from benchmarks.core.registry import catalogue, code, find
from scripts.stats.decisions import Bound
from scripts.util.exit_codes import CommandError, Exit
from scripts.verdict.claim import TALKS, Talk
from scripts.verdict.claims_file import read_talk
from scripts.verdict.fields import bound

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


def read(folder: Path, text: str, only: str | None = None) -> Talk:
    file = folder / "mine.toml"
    file.write_text(text)
    return read_talk(file, only)


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
    ("written", "limit", "per_capacity"),
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
def test_every_way_to_write_a_bound_is_read(written: str, limit: Bound, per_capacity: bool) -> None:
    assert bound(written, "x", "holds") == (limit, per_capacity)


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
    ('id = "gil"', 'id = "[/x]"', "claim number 1, id: is made of letters, digits, dots and dashes"),
    ('id = "gil"', 'id = "a\\u001b[2Jb"', "claim number 1, id: holds a control character: 'a\\x1b[2Jb'"),
    ('where = "One"', 'where = "\\u009b2J"', "claim gil, where: holds a control character"),
    ("opinion = true", "part = []", "claim taste, part: is a list of tables"),
    ("opinion = true", "part = [1]", "claim taste, part: is a list of tables"),
    ("opinion = true", 'opinion = "no"', "claim taste, opinion: is true or false, not 'no'"),
    ("opinion = true", 'opinion = true\nholds = "> 1"', "claim taste, holds: an opinion has no measure"),
    ("opinion = true", f"x = {'[' * 5000}{']' * 5000}", "its tables are nested too deep"),
    ('holds = "< 1.2"', 'holds = "< nan"', "claim gil, holds: '< nan': nan is no bound"),
    ('holds = "< 1.2"', 'holds = "> 1e999"', "claim gil, holds: '> 1e999': 1e999 is no bound"),
    ('holds = "< 1.2"', f'holds = "{"to" * 50_000}"', "is no bound; a bound is written like"),
    ('where = "One"', "beside = 1", "claim gil, beside: 'beside' is now called 'counterpart'"),
    ('where = "One"', 'about = "waitin"', "claim gil, about: there is no such field"),
    ("cpu/primes/threads", "x" * 100_000, "no cell is called 'xxx"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), MISTAKES, ids=[message for _, _, message in MISTAKES])
def test_a_mistake_names_file_claim_field_and_the_nearest_name(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    assert right in RIGHT
    with pytest.raises(CommandError) as stop:
        read(tmp_path, RIGHT.replace(right, wrong, 1))
    assert stop.value.code == Exit.USAGE
    assert "mine.toml: " in str(stop.value)
    assert message in str(stop.value)


def test_every_faulty_claim_is_named_at_once_and_another_can_still_be_judged(tmp_path: Path) -> None:
    text = RIGHT.replace('holds = "< 1.2"', 'holds = "x"').replace('needs = "a database"', "needs = 1")
    with pytest.raises(CommandError) as stop:
        read(tmp_path, text)
    assert [line.split(":")[0] for line in str(stop.value).splitlines()[1:]] == ["claim database, needs"]
    assert "claim gil, holds" in str(stop.value)
    assert read(tmp_path, text, "costs").ids == ["costs"]


def test_an_id_that_was_forgotten_is_not_answered_with_the_name_nearest_to_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"ID is missing\. Example: make claim ID=network-io"):
        read(tmp_path, RIGHT, "")


def test_thousands_of_claims_are_refused_soon_instead_of_judged_for_an_hour(tmp_path: Path) -> None:
    many = "".join(f'[[claim]]\nid = "c{number}"\ntext = "x"\nopinion = true\n' for number in range(3000))
    with pytest.raises(CommandError, match=r"500 at most, and this one 3,000\. Next: split it"):
        read(tmp_path, many)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no\.toml: No such file"):
        read_talk(tmp_path / "no.toml")


def test_a_claim_that_the_talk_does_not_have_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no claim is called 'gill'; the nearest name is 'gil'"):
        read(tmp_path, RIGHT, "gill")


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


BASE = {
    "id": '"one"',
    "text": '"A sentence."',
    "ratio": '{ of = "cpu/primes/sequential", over = "cpu/primes/threads" }',
    "holds": '"< 1.2"',
    "expected": '"holds"',
}
SECONDS = '{ of = "cpu/primes/sequential", metric = "seconds" }'
PART = '{{ name = "{}", ratio = {{ of = "cpu/primes/sequential", over = "cpu/primes/threads" }}, holds = "> 1" }}'
ALONE: dict[str, str | None] = {"ratio": None, "holds": None, "expected": None}
SENSELESS: dict[str, tuple[dict[str, str | None], str]] = {
    "a blank sentence": ({"text": '"   "'}, "text: every claim needs its sentence"),
    "a ratio that is always 1": (
        {"ratio": '{ of = "cpu/primes/threads", over = "cpu/primes/threads" }'},
        "ratio.over: is the same cell and metric as of",
    ),
    "a ratio of seconds and a share": (
        {"ratio": '{ of = "cpu/primes/threads", over = "cpu/primes/threads", over_metric = "efficiency" }'},
        "ratio.over_metric: efficiency has another unit than seconds",
    ),
    "a value with another side": (
        {"ratio": None, "value": '{ of = "cpu/primes/sequential", over = "cpu/primes/threads", metric = "seconds" }'},
        "value.over: a value has no other side",
    ),
    "a value with another side's metric": (
        {"ratio": None, "value": '{ of = "cpu/primes/sequential", metric = "seconds", over_metric = "ideal_seconds" }'},
        "value.over_metric: a value has no other side",
    ),
    "a bound that every ratio meets": ({"holds": '"> -5"'}, "so this holds whatever is measured"),
    "a bound above nothing": ({"holds": '"> 0"'}, "so this holds whatever is measured"),
    "a bound that no ratio meets": ({"holds": '"< 0"'}, "so this can never hold"),
    "a ratio that is exactly 1": ({"holds": '"= 1"'}, "a ratio never is exactly a number; write a range"),
    "seconds counted in capacities": (
        {"ratio": None, "value": SECONDS, "holds": '"> 0.75 × capacity"'},
        "only a ratio can be counted in capacities",
    ),
    "a system that is none": ({"when": '{ system = "Linuks" }'}, "'Linuks'; the nearest name is 'Linux'"),
    "a Python that is none": ({"when": '{ python = "three" }'}, "when.python: is a version like '3.14'"),
    "a bound on a Python": ({"when": '{ python = ">= 3.13" }'}, "when.python: is a version like '3.14'"),
    "a package without a name": ({"when": '{ package = "" }'}, "when.package: is the name of a package"),
    "two sides that are one": ({"when": "{ gil = { of = true, over = true } }"}, "when.gil: both sides are the same"),
    "a need with a measure": ({"needs": '"a GPU"'}, "needs: what nothing here can measure has no holds"),
    "a need that is an opinion": (ALONE | {"needs": '"a GPU"', "opinion": "true"}, "has no opinion; leave one out"),
    "an opinion with a verdict": (ALONE | {"opinion": "true", "expected": '"holds"'}, "an opinion has no verdict"),
    "a difference from no condition": ({"differs": '"uvloop"'}, "differs: from which condition?"),
    "nothing that differs": ({"expected": '"not reproduced here"'}, "only of a claim that says in what it differs"),
    "two measures of one name": (
        {"ratio": None, "holds": None, "part": f"[{PART.format('x')}, {PART.format('x')}]"},
        "part.name: 'x' stands at two measures",
    ),
    "a value beside a ratio": (
        {"counterpart": '{ of = "cpu/primes/sequential" }'},
        "counterpart: is a ratio, as the measure itself",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SENSELESS)
def test_a_claim_that_nothing_could_refute_or_hold_is_never_judged(tmp_path: Path, kind: str) -> None:
    changes, why = SENSELESS[kind]
    fields = {name: value for name, value in (BASE | changes).items() if value is not None}
    path = tmp_path / "claims.toml"
    path.write_text("[[claim]]\n" + "\n".join(f"{name} = {value}" for name, value in fields.items()))
    with pytest.raises(CommandError, match=re.escape(why)):
        read_talk(path)


def test_a_field_of_the_talk_that_means_nothing_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text('[talk]\ntitles = "x"\n[[claim]]\nid = "a"\ntext = "b"\nopinion = true\n')
    with pytest.raises(CommandError, match="claim talk, titles: there is no such field; the nearest name is 'title'"):
        read_talk(path)
