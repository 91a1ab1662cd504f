"""What a comparison of two revisions says to machines and to people."""

import json
from dataclasses import replace

import jsonschema
import pytest
from rich.console import Console

from scripts.analysis.revisions import Pairs, Sample, changes
from scripts.report import revisions
from scripts.report.revisions import SCHEMA_FILE, Outcome, document, markdown, show
from tests.scripts.analysis.test_revisions import noisy

FAILED = Pairs("asyncio", 10, failure="head: task 3 raised <ValueError> | it's no number")
BASE = [Sample(1.0, 0.001 + 1e-6 * turn, 0.001, 0.01) for turn in range(10)]
HEAD = [Sample(1.2, 0.003 + 2e-6 * turn, 0.001, 0.01) for turn in range(10)]
OUTCOME = Outcome(
    work="work.py",
    labels={"base": "main (1a2b3c4d5)", "head": "HEAD (5d4c3b2a1)"},
    packages={"base": {"httpx": "0.27", "h11": "1"}, "head": {"httpx": "0.28", "h11": "1"}},
    changes=changes(
        [
            Pairs("threads", 10, BASE, HEAD),
            replace(noisy(1.0, 0.01), model="sequential"),
            replace(noisy(1.03, 0.2), model="trio"),
            FAILED,
        ]
    ),
    turns=10,
    tasks=40,
    threshold=0.05,
    disturbed=0.25,
    waited_s=90.0,
    answers_differ=2,
    unfit={"processes": "the answer cannot be pickled"},
    machine={"cpu": "a CPU", "cores_usable": 2, "memory_bytes": 1},
)


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    document = json.loads(SCHEMA_FILE.read_text())
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def test_the_json_keeps_to_its_published_schema(schema: jsonschema.Draft202012Validator) -> None:
    schema.validate(json.loads(json.dumps(document(OUTCOME), allow_nan=False)))


def test_too_few_turns_have_a_ratio_and_no_interval() -> None:
    few, enough = (changes([Pairs("threads", 10, BASE[:turns], HEAD[:turns])])[0] for turns in (5, 6))
    assert revisions.text_of(few) == "1.2"
    assert revisions.text_of(enough).startswith("1.2 (1.2")


@pytest.mark.parametrize("name", ["models", "worse", "base", "threshold"])
def test_the_schema_misses_what_is_missing(schema: jsonschema.Draft202012Validator, name: str) -> None:
    damaged = document(OUTCOME)
    del damaged[name]
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(damaged)


def test_the_json_says_what_was_concluded() -> None:
    contents = document(OUTCOME)
    verdicts = [one["verdict"] for one in contents["models"]]
    assert verdicts == ["slower", "no measurable difference", "inconclusive", "not usable"]
    assert contents["worse"]
    assert contents["models"][0]["ratio"]["estimate"] == pytest.approx(1.2)
    assert contents["models"][0]["causes"][0]["what"] == "CPU per task"
    assert contents["models"][3]["ratio"] is None


def test_the_summary_is_a_table_of_at_most_20_lines_with_details_folded() -> None:
    many = replace(OUTCOME, changes=[*OUTCOME.changes] * 8)
    for outcome in (OUTCOME, many):
        shown, _, folded = markdown(outcome).partition("<details>")
        assert len(shown.splitlines()) <= 20
        assert "</details>" in folded
    assert f"… {32 - revisions.MOST_ROWS} more" in markdown(many)


def test_the_summary_says_the_verdict_the_ratio_and_the_cause() -> None:
    text = markdown(OUTCOME)
    assert text.startswith("❌ **Overlap**: HEAD (5d4c3b2a1) against main (1a2b3c4d5): threads: slower;")
    assert "| threads (10) | 1.00 s | 1.20 s | 1.2 (1.2–1.2) | slower |" in text
    assert "- threads: CPU per task 1.00 ms → 3.01 ms" in text
    assert "- httpx: 0.27 → 0.28" in text
    assert "h11" not in text
    assert "Waited 90.0 s for a quiet machine." in text
    assert "The answers to 2 tasks differ" in text


def test_the_sign_of_a_summary_is_no_better_than_its_verdicts() -> None:
    assert markdown(replace(OUTCOME, changes=OUTCOME.changes[1:2])).startswith("✅ **Overlap**")
    assert markdown(replace(OUTCOME, changes=OUTCOME.changes[1:3])).startswith("❔ **Overlap**")
    assert markdown(replace(OUTCOME, changes=OUTCOME.changes[3:])).startswith("❔ **Overlap**")


def test_what_a_task_raised_is_no_markup_of_a_comment() -> None:
    text = markdown(OUTCOME)
    assert "<ValueError>" not in text
    assert "&lt;ValueError&gt; \\| it's no number" in text


def test_a_terminal_of_80_columns_shows_every_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    show(OUTCOME, Console(width=80))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    for verdict in ("slower", "no measurable difference", "inconclusive", "not usable"):
        assert any(verdict in line for line in lines)
