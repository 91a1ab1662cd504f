"""From rounds to verdicts: what holds, what is refuted, and all that keeps a number from being a verdict."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.backends.databases import NOT_MONGODB
from benchmarks.core.registry import catalogue
from benchmarks.core.selection import chosen
from benchmarks.experiments.test_cpu import CORES
from scripts.analysis.evidence import Measure
from scripts.claims import INSTALL, code, expression, unmeasured_claims, untestable
from scripts.report import claim_document
from scripts.tables.load import Run
from scripts.util.exit_codes import Exit
from scripts.verdict.claim import Claim, Part, Talk
from scripts.verdict.evaluate import Finding, evaluate
from scripts.verdict.fields import bound
from scripts.verdict.requirements import unmet_by_databases
from scripts.verdict.value_text import bound_text

ENVIRONMENT: dict[str, Any] = {
    "run": "a-run",
    "machine": {"cores_usable": 2, "system": "Linux"},
    "python": {"version": "3.13.1", "gil": True, "free_threaded": False, "optimised": False},
    "packages": {"pillow": "13"},
}
JITTER = (0.99, 1.01, 0.985, 1.015, 1.0, 0.995, 1.005, 1.02, 0.98, 1.0)


def rounds(model: str, value: float, column: str = "seconds", blocks: int = 10, **more: Any) -> pd.DataFrame:
    """A cell's rounds: one discarded, one measured in each block."""
    cell = {"experiment": "cpu", "workload": "primes", "model": model, "concurrency": 2, "tasks": 6}
    fixed = {"wait_seconds": 0.0, "compute_seconds": 0.05, "twin": False, "disturbed": False, "saturated": ""}
    shared = cell | fixed | {"seconds": 1.0, "parallel_capacity": 1.6} | more
    return pd.DataFrame(
        shared
        | {
            "block": block,
            "round": number,
            "warmup": number == 0,
            column: value * JITTER[(block + len(model)) % 10] * (2 - number),
        }
        for block in range(blocks)
        for number in range(2)
    )


def run(*cells: pd.DataFrame, control: bool = True, **environment: Any) -> Run:
    """A run of these cells, and with an A/A control of the first that shows no noise."""
    controls = [cells[0].assign(twin=True)] if control else []
    return Run(Path("nowhere"), ENVIRONMENT | environment, pd.concat([*cells, *controls], ignore_index=True), [], [])


RATIO = Measure("cpu/primes/sequential", over="cpu/primes/threads")


def claim(holds: str, measure: Measure = RATIO, **more: Any) -> Claim:
    limit, per_capacity = bound(holds, "it", "holds")
    part = Part("", measure, None, holds, limit, per_capacity)
    return Claim("it", "It is so.", expected="holds", parts=more.pop("parts", (part,)), **more)


def judge(one: Claim, *runs: Run) -> Finding:
    return evaluate(Talk(Path("x.toml"), "x", "", (one,)), runs)[0]


TWICE = run(rounds("sequential", 2.0), rounds("threads", 1.0))


@pytest.mark.parametrize(
    ("holds", "verdict"),
    [
        ("> 1.9", "holds"),
        ("< 1.9", "refuted"),
        ("> 2.1", "refuted"),
        ("1.9 … 2.1", "holds"),
        ("> 2", "inconclusive"),
        ("> 1.2 × capacity", "holds"),  # 2 / 1.6 = 1.25
        ("> 1.3 × capacity", "refuted"),
    ],
)
def test_the_verdict_follows_from_the_bound(holds: str, verdict: str) -> None:
    assert judge(claim(holds), TWICE).verdict == verdict


def test_discarded_rounds_and_twins_decide_nothing() -> None:
    twin = rounds("threads", 50.0).assign(twin=True)
    finding = judge(claim("1.9 … 2.1"), run(rounds("sequential", 2.0), rounds("threads", 1.0), twin))
    assert finding.verdict == "holds"
    assert finding.outcomes[0].evidence.interval
    assert finding.outcomes[0].evidence.interval.estimate == pytest.approx(2)


def test_too_few_blocks_give_a_number_and_no_verdict() -> None:
    finding = judge(claim("> 1.5"), run(rounds("sequential", 2.0, blocks=5), rounds("threads", 1.0, blocks=5)))
    assert (finding.verdict, finding.outcomes[0].evidence.interval is not None) == ("inconclusive", True)
    assert "5 blocks are too few" in finding.reason


def test_a_single_block_is_not_measured() -> None:
    finding = judge(claim("> 1.5"), run(rounds("sequential", 2.0, blocks=1), rounds("threads", 1.0, blocks=1)))
    assert (finding.verdict, finding.outcomes[0].evidence.interval) == ("could not be measured", None)


def test_disturbed_rounds_establish_nothing() -> None:
    finding = judge(
        claim("> 1.5"), run(rounds("sequential", 2.0, disturbed=True), rounds("threads", 1.0, disturbed=True))
    )
    assert finding.verdict == "inconclusive"
    assert "disturbed 100 % of the rounds" in finding.reason


@pytest.mark.parametrize("busy", ["client", "server", "machine"])
def test_a_saturated_cell_decides_no_claim(busy: str) -> None:
    flagged = run(rounds("sequential", 2.0), rounds("threads", 1.0, saturated=busy))
    finding = judge(claim("> 1.5"), flagged)
    assert (finding.verdict, finding.reason) == ("inconclusive", f"the {busy} was saturated (threads)")


def test_a_cell_that_beat_its_ideal_time_decides_nothing() -> None:
    wrong = run(rounds("sequential", 2.0), rounds("threads", 1.0, efficiency=1.18))
    assert judge(claim("> 1.5"), wrong).reason == "it was faster than its ideal time (threads)"


def test_a_bound_within_the_noise_floor_decides_nothing() -> None:
    apart = rounds("sequential", 2.0).assign(twin=True, seconds=lambda cell: cell["seconds"] * 1.1)
    noisy = run(rounds("sequential", 2.0), rounds("threads", 1.0), apart, control=False)
    finding = judge(claim("> 1.9"), noisy)
    assert (finding.verdict, "within the noise floor, 10.0 %" in finding.reason) == ("inconclusive", True)
    assert judge(claim("> 1.7"), noisy).verdict == "holds"
    unknown = judge(claim("> 1.9"), run(rounds("sequential", 2.0), rounds("threads", 1.0), control=False))
    assert (unknown.verdict, "10 % (assumed)" in unknown.reason) == ("inconclusive", True)


@pytest.mark.parametrize(("holds", "how"), [("> 1.5", "the bound held"), ("< 1.5", "the bound did not hold")])
def test_without_the_condition_of_its_source_a_claim_is_neither_refuted_nor_does_it_hold(holds: str, how: str) -> None:
    finding = judge(claim(holds, differs="one machine, without TLS"), TWICE)
    assert finding.verdict == "not reproduced here"
    assert finding.reason == f"{how}, under another condition: one machine, without TLS"
    assert finding.as_expected is None


def test_counts_that_never_vary_are_exact() -> None:
    peak = rounds("asyncio", 1.0, peak_in_flight=100)
    value = Measure("cpu/primes/asyncio", metric="peak_in_flight")
    assert judge(claim(">= 100", value), run(peak)).verdict == "holds"
    assert judge(claim("= 99", value), run(peak)).verdict == "refuted"


def test_one_lost_update_refutes_that_none_is_lost() -> None:
    lost = rounds("asyncio", 1.0).assign(lost_share=[0.0] * 19 + [0.01])
    assert judge(claim("= 0", Measure("cpu/primes/asyncio", metric="lost_share")), run(lost)).verdict == "refuted"


def test_a_value_where_none_can_be_is_no_result() -> None:
    nothing = run(rounds("asyncio", 0.0, column="lateness_seconds"))
    finding = judge(claim("< 1", Measure("cpu/primes/asyncio", metric="lateness_seconds")), nothing)
    assert finding.verdict == "could not be measured"
    assert "must be positive" in finding.reason


def test_a_ratio_may_have_two_metrics() -> None:
    one = run(rounds("asyncio", 1.0, ideal_seconds=0.9))
    measure = Measure("cpu/primes/asyncio", over="cpu/primes/asyncio", over_metric="ideal_seconds")
    assert judge(claim("< 1.25", measure), one).verdict == "holds"


def test_throughput_follows_from_seconds() -> None:
    measure = Measure("cpu/primes/threads", metric="tasks_per_second", over="cpu/primes/sequential")
    assert judge(claim("1.9 … 2.1", measure), TWICE).verdict == "holds"


def test_a_claim_about_a_model_that_cannot_run_here_is_not_testable_and_says_what_is_lacking() -> None:
    threads = run(rounds("sequential", 2.0), absent={"threads": "needs Python 9.1"})
    others = run(rounds("sequential", 2.0), absent={"trio": "needs trio"})
    assert (judge(claim("> 1"), threads).verdict, judge(claim("> 1"), threads).reason) == (
        "not testable here",
        "needs Python 9.1",
    )
    assert judge(claim("> 1"), others).verdict == "could not be measured"


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ({"gil": False}, 'needs a Python without the GIL, as in: make matrix PYTHON="3.13 3.13t"'),
        ({"free_threaded": True}, 'needs a Python with free threading, as in: make matrix PYTHON="3.13 3.13t"'),
        ({"python": "3.14"}, "needs Python 3.14"),
        ({"optimised": True}, "needs a Python with profile-guided optimisation"),
        ({"cores": ">= 4"}, "needs usable cores >= 4, and here it was 2"),
        ({"capacity": ">= 1.8"}, "needs a parallel capacity of >= 1.8, and here it was 1.6"),
        ({"database": "MongoDB"}, "needs MongoDB, which MONGODB_URI names"),
        ({"package": "trio"}, "needs the package trio"),
        ({"system": "Darwin"}, "needs Darwin"),
    ],
)
def test_a_condition_that_is_not_met_makes_the_claim_not_testable(when: dict[str, Any], reason: str) -> None:
    finding = judge(claim("> 1.5", when=tuple(when.items())), TWICE)
    assert (finding.verdict, finding.reason) == ("not testable here", reason)


def test_conditions_that_are_met_change_nothing() -> None:
    when = {"gil": True, "cores": ">= 2", "capacity": ">= 1.5", "package": "pillow", "system": "Linux"}
    assert judge(claim("> 1.5", when=tuple(when.items())), TWICE).verdict == "holds"


def test_opinions_and_what_has_no_experiment_are_listed() -> None:
    assert judge(claim("> 1", opinion=True), TWICE).verdict == "opinion"
    assert judge(claim("> 1", needs="a database"), TWICE).reason == "needs a database"


def test_a_missing_cell_could_not_be_measured() -> None:
    assert judge(claim("> 1.5"), run(rounds("sequential", 2.0))).verdict == "could not be measured"


def test_cells_of_two_runs_are_never_paired() -> None:
    first, second = run(rounds("sequential", 2.0)), run(rounds("threads", 1.0))
    assert judge(claim("> 1.5"), first, second).verdict == "could not be measured"
    finding = judge(claim("> 1.5"), first, TWICE)
    assert (finding.verdict, finding.run) == ("holds", TWICE)


def test_a_claim_of_several_measures_holds_when_all_do_and_falls_with_one() -> None:
    parts = [claim(holds).parts[0] for holds in ("> 1.5", "< 3", "> 2.5")]
    assert (
        judge(claim("", parts=tuple(parts[:2])) if False else claim("> 1", parts=tuple(parts[:2])), TWICE).verdict
        == "holds"
    )
    assert judge(claim("> 1", parts=tuple(parts)), TWICE).verdict == "refuted"


@pytest.mark.slow
def test_many_claims_at_once_make_each_verdict_harder() -> None:
    scattered = rounds("threads", 1.0)
    scattered["seconds"] *= [1, 1.3, 1, 0.8, 1, 1.4, 1, 0.75, 1, 1.35, 1, 0.9, 1, 1.25, 1, 0.7, 1, 1.2, 1, 0.95]
    noisy = run(rounds("sequential", 1.32), scattered)
    alone = evaluate(Talk(Path("x.toml"), "x", "", (claim("> 1.1"),)), [noisy])
    crowd = evaluate(Talk(Path("x.toml"), "x", "", tuple(claim("> 1.1") for _ in range(30))), [noisy])
    assert alone[0].outcomes[0].p_value is not None
    assert {one.outcomes[0].p_value for one in crowd} == {min(1.0, 30 * alone[0].outcomes[0].p_value)}


def test_the_exit_code_says_whether_the_author_was_right() -> None:
    held, fell = judge(claim("> 1.5"), TWICE), judge(claim("< 1.5"), TWICE)
    unsure, opinion = judge(claim("> 2"), TWICE), judge(claim("> 1", opinion=True), TWICE)
    assert code([held, opinion]) == Exit.OK
    assert code([held, fell, unsure]) == Exit.NEGATIVE
    assert code([held, unsure]) == Exit.NOT_MEASURED


def test_the_selection_names_just_the_cells_that_are_needed() -> None:
    only = expression([claim("> 1.5")])
    assert {str(cell) for cell in catalogue() if chosen(only, cell)} == {
        f"cpu-primes-{model}-c{CORES}" for model in ("sequential", "threads")
    }


def test_the_document_the_table_and_the_markdown_say_the_same() -> None:
    talk = Talk(Path("x.toml"), "A talk", "", (claim("> 1.5"), claim("> 1", needs="a database", where="Later")))
    contents = claim_document.document(talk, evaluate(talk, [TWICE]))
    assert [one["verdict"] for one in contents["claims"]] == ["holds", "not testable here"]
    part = contents["claims"][0]["parts"][0]
    assert (part["bound"], part["bound_low"], part["bound_high"], part["blocks"]) == ("> 1.5", 1.5, None, 10)
    assert part["code"] == [
        "benchmarks/models/sequential.py", "benchmarks/workloads/primes.py", "benchmarks/models/threads.py"
    ]  # fmt: skip
    text = claim_document.markdown(contents)
    line = "| **it**: It is so. | cpu/primes/sequential ÷ cpu/primes/threads (seconds) | 2.00× (1.97–2.03×) | > 1.5× |"
    assert f"{line} holds |" in text
    assert contents["sentence"] == "Of 2 claims 1 holds, 1 can't be tested here."
    assert contents["sentence"] in text


def test_a_counterpart_that_decides_nothing_says_so_beside_its_figure() -> None:
    counterpart = Measure("cpu/primes/sequential", over="cpu/primes/asyncio")
    limit, per_capacity = bound("> 1.5", "it", "holds")
    asked = claim("> 1.5", parts=(Part("", RATIO, counterpart, "> 1.5", limit, per_capacity),))
    for busy, words in (
        ("client", "  counterpart: asyncio (not usable: the client was saturated)"),
        ("", "  counterpart: asyncio"),
    ):
        other = run(rounds("sequential", 2.0), rounds("threads", 1.0), rounds("asyncio", 1.9, saturated=busy))
        talk = Talk(Path("x.toml"), "A talk", "", (asked,))
        (found,) = claim_document.document(talk, evaluate(talk, [other]))["claims"]
        assert [line[0] for line in claim_document.rows_with_counterparts(found)] == ["it", words]
        assert found["parts"][0]["unit"] == "blocks"


def several(*, free: Run, **python: Any) -> Run:
    """A run of two interpreters in turns, whose second is a free-threaded one."""
    names = {"interpreters": [{"name": "3.13"}, {"name": "3.13t"}]}
    without = {"version": "3.13.1", "gil": False, "free_threaded": True, "optimised": False} | python
    first = ENVIRONMENT | names | {"interpreter": "3.13"}
    second = ENVIRONMENT | names | {"interpreter": "3.13t", "python": without}
    mine, theirs = TWICE.rounds.copy(), free.rounds.copy()
    mine["block"], theirs["block"] = 2 * mine["block"], 2 * theirs["block"] + 1
    other = replace(free, environment=second, rounds=theirs)
    return replace(TWICE, environment=first, rounds=mine, other_interpreters=(other,))


def about_builds(holds: str = "1.4 … 1.6", **when: Any) -> Claim:
    """That one thread takes half as long again without the GIL."""
    sides = tuple((when or {"gil": {"of": False, "over": True}}).items())
    return claim(holds, Measure("cpu/primes/sequential", over="cpu/primes/sequential"), when=sides)


FREE = run(rounds("sequential", 3.0), rounds("threads", 1.0))


def test_two_builds_are_set_against_each_other_turn_by_turn_and_named() -> None:
    both = several(free=FREE)
    finding = judge(about_builds(), both)
    assert (finding.verdict, finding.run, finding.over) == ("holds", both.other_interpreters[0], both)
    assert finding.outcomes[0].evidence.interval
    assert finding.outcomes[0].evidence.interval.estimate == pytest.approx(1.5)
    assert list(finding.outcomes[0].evidence.values.index) == list(range(10))
    entry = claim_document.document(Talk(Path("x.toml"), "x", "", ()), [finding])["claims"][0]
    assert entry["compared"] == "3.13t (Python 3.13.1) against 3.13 (Python 3.13.1)"
    assert claim_document.note_on(entry).startswith(entry["compared"])


def test_a_claim_that_names_no_jit_is_judged_without_one_where_there_is_a_choice() -> None:
    both = several(free=FREE, version="3.13.1", gil=True, free_threaded=False)
    (plain,) = both.other_interpreters
    with_jit = replace(both, environment=both.environment | {"python": both.environment["python"] | {"jit": True}})
    assert judge(claim("> 1.5"), both).run is both
    assert judge(claim("2.9 … 3.1"), with_jit).run is plain


def test_a_drift_that_hits_both_builds_of_a_turn_is_no_difference() -> None:
    both = several(free=FREE)
    for one in (both, both.other_interpreters[0]):
        one.rounds["seconds"] *= 1 + (one.rounds["block"] // 2) % 3
    assert judge(about_builds(), both).verdict == "holds"


def test_without_a_matrix_a_claim_about_two_builds_says_which_one_it_takes() -> None:
    finding = judge(about_builds(), TWICE)
    assert (finding.verdict, finding.reason) == (
        "not testable here",
        "needs a matrix of a Python without the GIL and a Python with the GIL, "
        'as in: make matrix PYTHON="3.13 3.13t" ONLY="cpu"',
    )
    versions = judge(about_builds(python={"of": "3.14", "over": "3.13"}), TWICE)
    assert versions.reason.endswith('as in: make matrix PYTHON="3.14 3.13" ONLY="cpu"')


def test_a_claim_about_two_builds_that_differ_in_more_is_not_testable_here() -> None:
    start = "needs two builds that are alike: "
    optimised = judge(about_builds(), several(free=FREE, optimised=True))
    reason = "3.13t has optimised = True and 3.13 has optimised = False"
    assert (optimised.verdict, optimised.reason) == ("not testable here", start + reason)
    newer = judge(about_builds(), several(free=FREE, version="3.13.0"))
    reason = "3.13t is Python 3.13.0 and 3.13 is Python 3.13.1"
    assert (newer.verdict, newer.reason) == ("not testable here", start + reason)
    assert judge(about_builds(python={"of": "3.14", "over": "3.13"}), several(free=FREE, version="3.14.1")).over


def test_of_several_pairs_the_one_that_is_most_alike_is_compared() -> None:
    both = several(free=FREE)
    old = replace(TWICE, environment=both.environment | {"python": ENVIRONMENT["python"] | {"version": "3.11.7"}})
    finding = judge(
        about_builds(),
        replace(old, other_interpreters=(both.other_interpreters[0], replace(both, other_interpreters=()))),
    )
    assert finding.over
    assert finding.over.environment["python"]["version"] == "3.13.1"


def test_where_the_rounds_of_one_build_were_disturbed_nothing_is_established() -> None:
    both = several(free=run(rounds("sequential", 3.0, disturbed=True), rounds("threads", 1.0)))
    finding = judge(about_builds(), both)
    assert (finding.verdict, "disturbed 100 %" in finding.reason) == ("inconclusive", True)


def test_a_claim_is_judged_on_the_first_interpreter_that_meets_its_conditions() -> None:
    both = several(free=FREE)
    free = judge(claim("2.9 … 3.1", when=(("gil", False),)), both)
    assert (free.verdict, free.run) == ("holds", both.other_interpreters[0])
    assert judge(claim("1.9 … 2.1"), both).run is both
    assert judge(claim("1.9 … 2.1", when=(("gil", True),)), both).verdict == "holds"
    assert judge(claim("> 1", when=(("optimised", True),)), both).verdict == "not testable here"


def test_a_run_that_meets_the_conditions_is_preferred_to_an_earlier_one_that_has_the_cells() -> None:
    finding = judge(claim("2.9 … 3.1", when=(("gil", False),)), TWICE, several(free=FREE))
    assert finding.verdict == "holds"


def test_what_our_own_python_can_measure_is_not_taken_from_other_pythons() -> None:
    talk = Talk(Path("x.toml"), "x", "", (claim("> 1.5"), about_builds()))
    assert [one.id for one in unmeasured_claims(talk, [several(free=FREE)])] == ["it"]
    assert unmeasured_claims(talk, [several(free=FREE), TWICE]) == []


def test_where_nothing_can_be_tested_it_is_said_why_and_what_would_change_that(monkeypatch: pytest.MonkeyPatch) -> None:
    here = ENVIRONMENT | {"absent": {"threads": "needs threading, which make full installs"}}
    monkeypatch.setattr("scripts.claims.environment", lambda: here)
    reason = untestable(Talk(Path("x.toml"), "x", "", (claim("> 1"), claim("> 1", needs="a faster network"))))
    assert "it: needs threading, which make full installs; it: needs a faster network" in reason
    assert reason.endswith(f"Next: {INSTALL}, then the same again")
    opinion = untestable(Talk(Path("x.toml"), "x", "", (claim("> 1", parts=(), opinion=True),)))
    assert opinion.endswith("it: an opinion")


def test_two_interpreters_never_make_one_ratio() -> None:
    apart = replace(run(rounds("threads", 1.0)), other_interpreters=(run(rounds("sequential", 2.0)),))
    assert judge(claim("> 1.5"), apart).verdict == "could not be measured"


@pytest.mark.parametrize(
    ("measure", "bound_said", "shown"),
    [
        ({"metric": "longest_gap_seconds", "over": ""}, "< 0.03", "< 30 ms"),
        ({"metric": "bytes_per_task", "over": ""}, "4e6 … 16e6", "3.81 MiB … 15.3 MiB"),
        ({"metric": "rate_limit_share", "over": ""}, "> 0.95", "> 95 %"),
        ({"metric": "peak_tasks", "over": ""}, ">= 100000", ">= 100,000"),
        ({"metric": "seconds", "over": "io/wire/asyncio"}, "0.9 … 1.1", "0.9× … 1.1×"),
    ],
)
def test_a_bound_has_the_unit_of_its_value(measure: dict[str, str], bound_said: str, shown: str) -> None:
    assert bound_text(measure | {"bound": bound_said, "per_capacity": False}) == shown


@pytest.mark.parametrize(
    ("database", "reason"),
    [(NOT_MONGODB, "needs MongoDB, which MONGODB_URI names"), ("MongoDB at mongodb://there:27017", "")],
)
def test_a_stand_in_is_not_the_database_that_a_claim_is_about(database: str, reason: str) -> None:
    assert unmet_by_databases({"mongo": database, "sqlite": "SQLite 3.40.1"}, "MongoDB") == reason
