"""A claims file, read and checked: sentences with a measure and a bound that were fixed beforehand.

    [[claim]]
    id = "gil-stops-threads"
    text = "Under the GIL, threads bring nothing to CPU-bound Python code."
    where = "Concurrency and parallelism"
    ratio = { of = "cpu/primes/sequential", over = "cpu/primes/threads", metric = "seconds" }
    holds = "< 1.2"
    when = { gil = true }
    expected = "holds"

A measure is a paired `ratio` of two cells or the `value` of one; a cell is named by as many of its names as it takes
(experiment, workload, model, size), and the metric is any column of the cell. `part` lists several measures of one
claim, which holds when all do. What nothing can measure is an `opinion`; what this version has no experiment for says
in `needs` what it would take. Every error names file, claim and field, and the nearest valid name.

A condition of `when` that is given for both sides, `{ gil = { of = false, over = true } }`, makes `of` and `over` of a
ratio those of two interpreters of one matrix, paired turn by turn.
"""

import re
import tomllib
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

from benchmarks.core.registry import find
from benchmarks.core.renamed import CLAIMS, hint
from scripts.analysis.evidence import Measure
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.unknown_names import check_names, nearest
from scripts.verdict import sense
from scripts.verdict.claim import SIDES, TALKS, Claim, Part, Talk
from scripts.verdict.fields import Mistake, bound, text

DEFAULT_TALK = "async_await"
MEASURES = {"ratio": {"of", "over"}, "value": {"of", "metric"}}  # and the fields that each must have
MEASURE_FIELDS = {"of", "over", "metric", "over_metric"}
PART_FIELDS = {"name", "ratio", "value", "counterpart", "holds"}
EXPECTED = ("holds", "refuted", "inconclusive", "not reproduced here")
# What `when` can ask for: yes or no, a bound on a number, or the name of something installed.
WHEN: dict[str, type] = {
    "gil": bool,
    "free_threaded": bool,
    "optimised": bool,
    "cores": str,
    "capacity": str,
    "package": str,
    "database": str,
    "python": str,
    "system": str,
}
ID = re.compile(r"\w[\w.-]{0,79}")  # as it is typed after ID=
MOST_FAULTS = 10  # are listed
MOST_CLAIMS = 500  # each takes a tenth of a second to judge
NO_CLAIMS = "a claims file has one [talk] and at least one [[claim]]"
TWICE = "two claims have this id; give one of them another"


def read_talk(path: Path, only: str | None = None) -> Talk:
    """The claims of a file, or `only` one of them, without checking the others. CommandError when they are faulty."""
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
        return talk(path, document) if only is None else talk(path, document | {"claim": [claim_row(document, only)]})
    except OSError as problem:
        raise CommandError(
            Exit.USAGE, f"{path}: {problem.strerror}. Next: make claims TALK=path/to/claims.toml"
        ) from None
    except RecursionError:
        raise CommandError(Exit.USAGE, f"{path}: its tables are nested too deep. Next: write each claim flat") from None
    except (ValueError, ExceptionGroup) as problem:
        faults = problem.exceptions if isinstance(problem, ExceptionGroup) else (problem,)
        more = f"\n... and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        listed = "\n".join(map(str, faults[:MOST_FAULTS])) + more
        raise CommandError(Exit.USAGE, f"{path}: {listed}") from None


def claim_row(document: dict[str, Any], name: str) -> Any:
    """The table of the claim that is called so. CommandError when there is none, Mistake when there are two."""
    if not name:
        raise CommandError(Exit.USAGE, "ID is missing. Example: make claim ID=network-io")
    rows = [row for row in table_rows(document) if isinstance(row, dict)]
    names = [name, CLAIMS.get(name, name)]  # as it is called in the file, or was called in ours
    matches = next(filter(None, ([row for row in rows if row.get("id") == one] for one in names)), [])
    if not matches:
        ids = [row["id"] for row in rows if isinstance(row.get("id"), str)]
        check_names([name], ids, "claim", "make claims, for all")
    if len(matches) > 1:
        raise Mistake(name, "id", TWICE)
    return matches[0]


def talk(path: Path, document: dict[str, Any]) -> Talk:
    """The tables of a file as a Talk. ExceptionGroup of the first Mistake of each claim, or one Mistake."""
    for name in document.keys() - {"talk", "claim"}:
        raise Mistake("", name, f"there is no such table{nearest(name, ('talk', 'claim'))}")
    head, claims, faults = document.get("talk", {}), list[Claim](), list[Mistake]()
    if not isinstance(head, dict):
        raise Mistake("", "talk", NO_CLAIMS)
    sense.check_head(head)
    for place, row in enumerate(table_rows(document), 1):
        try:
            claims.append(claim(row, f"number {place}"))
        except Mistake as fault:
            faults.append(fault)
    counts = Counter(one.id for one in claims)
    faults += [Mistake(name, "id", TWICE) for name, count in counts.items() if count > 1]
    if faults:
        raise ExceptionGroup("faulty claims", faults)
    return Talk(path, text(head, "title", "talk") or path.stem, text(head, "source", "talk"), tuple(claims))


def table_rows(document: dict[str, Any]) -> list[Any]:
    """The claims as they stand in the file, right or wrong. Mistake when there are none."""
    rows = document.get("claim", [])
    if not isinstance(rows, list) or not rows:
        raise Mistake("", "claim", NO_CLAIMS)
    if len(rows) > MOST_CLAIMS:
        raise Mistake("", "claim", f"a file holds {MOST_CLAIMS} at most, and this one {len(rows):,}. Next: split it")
    return rows


def claim(row: Any, place: str) -> Claim:
    """The claim of one [[claim]] table. Raises Mistake."""
    if not isinstance(row, dict) or not text(row, "id", place):
        raise Mistake(place, "id", "every claim needs one")
    name = text(row, "id", place)
    if not ID.fullmatch(name):
        raise Mistake(place, "id", f"is made of letters, digits, dots and dashes, at most 80, not {name!r:.90}")
    allowed = {field.name for field in fields(Claim)} - {"parts"} | PART_FIELDS - {"name"} | {"part"}
    for field in row.keys() - allowed:
        raise Mistake(name, field, hint(field) or f"there is no such field{nearest(field, allowed)}")
    words = ("id", "text", "where", "expected", "needs", "why", "source", "condition", "differs")
    texts = {word: text(row, word, name) for word in words}
    opinion = is_opinion(row, name)
    parts = () if opinion or texts["needs"] else parts_of(row, name)
    if parts and texts["expected"] not in EXPECTED:
        raise Mistake(name, "expected", f"cannot be {texts['expected']!r}; it is one of {', '.join(EXPECTED)}")
    parsed = Claim(**texts, parts=parts, opinion=opinion, when=conditions(row.get("when", {}), name))
    if parsed.sided and not all(one.measure.over for one in parts):
        raise Mistake(name, "when", "two sides, of and over, are those of a ratio, and a value has none")
    sense.check(parsed, row)
    return parsed


def is_opinion(row: dict[str, Any], name: str) -> bool:
    """Whether nothing decides the claim. Mistake when something would."""
    opinion = row.get("opinion", False)
    if not isinstance(opinion, bool):
        raise Mistake(name, "opinion", f"is true or false, not {opinion!r:.60}")
    if opinion and (decides := row.keys() & {"ratio", "value", "part", "holds"}):
        raise Mistake(name, min(decides), "an opinion has no measure; leave one of them out")
    return opinion


def parts_of(row: dict[str, Any], name: str) -> tuple[Part, ...]:
    """The parts of a claim: those that it lists, or its only measure. Raises Mistake."""
    rows = row.get("part", [row])
    if not isinstance(rows, list) or not rows or not all(isinstance(one, dict) for one in rows):
        raise Mistake(name, "part", "is a list of tables like { name = …, ratio = …, holds = … }, at least one")
    if "part" in row and (outside := row.keys() & PART_FIELDS):
        raise Mistake(name, min(outside), "stands in each part, not beside them")
    return tuple(part(one, name) for one in rows)


def part(row: dict[str, Any], name: str) -> Part:
    """One measure and its bound. Raises Mistake."""
    if "part" not in row and "id" not in row:
        for field in row.keys() - PART_FIELDS:
            problem = hint(field) or f"there is no such field{nearest(field, PART_FIELDS)}"
            raise Mistake(name, f"part: {field}", problem)
    kinds = [kind for kind in MEASURES if kind in row]
    if len(kinds) != 1:
        raise Mistake(name, "ratio", "a claim has one ratio or one value, or opinion = true, or needs = …")
    main = measure(row[kinds[0]], name, kinds[0])
    counterpart = measure(row["counterpart"], name, "counterpart") if "counterpart" in row else None
    holds = text(row, "holds", name)
    limit, per_capacity = bound(holds, name, "holds")
    return Part(text(row, "name", name), main, counterpart, holds, limit, per_capacity)


def measure(row: Any, name: str, field: str) -> Measure:
    """A ratio or a value, whose cells exist and have the metric. Raises Mistake."""
    if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
        raise Mistake(name, field, 'is a table like { of = "cpu/primes/sequential", over = "cpu/primes/threads" }')
    for key in row:
        text(row, key, name)
    for key in row.keys() - MEASURE_FIELDS:
        raise Mistake(name, f"{field}.{key}", f"there is no such field{nearest(key, MEASURE_FIELDS)}")
    if field == "value" and "over" in row:
        raise Mistake(name, "value.over", "a value has no other side; write a ratio")
    for key in sorted(MEASURES.get(field, {"of"}) - row.keys()):
        raise Mistake(name, f"{field}.{key}", "is missing")
    parsed = Measure(**row)
    for key, cell in (("of", parsed.of), ("over", parsed.over)):
        if cell:
            check_metric(cell, parsed.metric if key == "of" else parsed.over_metric or parsed.metric, name, field, key)
    return parsed


def check_metric(cell: str, metric: str, name: str, field: str, key: str) -> None:
    """Mistake unless the cell exists and has the metric."""
    try:
        names = find(cell).columns
    except ValueError as problem:
        raise Mistake(name, f"{field}.{key}", problem) from None
    if metric not in names:
        wrong = hint(metric) or f"{cell} has no metric {metric!r}{nearest(metric, names)}; it has {', '.join(names)}"
        raise Mistake(name, f"{field}.metric", wrong)


def conditions(table: Any, name: str) -> tuple[tuple[str, Any], ...]:
    """The conditions under which the claim can be tested: (name, value) pairs. Raises Mistake."""
    if not isinstance(table, dict):
        raise Mistake(name, "when", "is a table like { gil = true }")
    for field, value in table.items():
        if field not in WHEN:
            raise Mistake(name, f"when.{field}", f"there is no such condition{nearest(field, WHEN)}")
        if isinstance(value, dict) and value.keys() != set(SIDES):
            raise Mistake(name, f"when.{field}", "of two sides is a table like { of = false, over = true }")
        for one in value.values() if isinstance(value, dict) else [value]:
            check_condition(one, name, field)
    return tuple(table.items())


def check_condition(value: Any, name: str, field: str) -> None:
    """Mistake unless the condition can have that value."""
    if not isinstance(value, WHEN[field]):
        raise Mistake(name, f"when.{field}", f"cannot be {value!r:.60}")
    text({field: str(value)}, field, name)
    if field in ("cores", "capacity"):
        bound(str(value), name, f"when.{field}")


def find_talk(name: str, only: str | None = None) -> Talk:
    """A claims file by its path, or one of ours by its name, or one claim. CommandError when there is none."""
    if Path(name).suffix:
        return read_talk(Path(name), only)
    names = [file.stem for file in sorted(TALKS.glob("*.toml"))]
    check_names([name], names, "talk", f"make claims TALK={names[0]}")
    return read_talk(TALKS / f"{name}.toml", only)
