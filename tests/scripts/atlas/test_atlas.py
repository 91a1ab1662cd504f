"""Does a fleet with a known truth give that truth back, and is nothing believed that can't be true?"""

import json
import math
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from scipy.special import stdtrit

from scripts import share as share_verb
from scripts.analysis.contests import contest
from scripts.atlas import __main__ as atlas
from scripts.atlas.build import share_of, share_of_interpreter, shares_of_run
from scripts.atlas.collect import Collection, collect, entry
from scripts.atlas.document import page, rows, units, write
from scripts.atlas.forest import forest
from scripts.atlas.machines import ClaimOverMachines, over_machines, pooled
from scripts.atlas.plausibility import implausible, log_ratio, reasons
from scripts.atlas.share_format import (
    LARGEST_BYTES,
    SUFFIX,
    Cell,
    Fastest,
    Plan,
    Share,
    ShareError,
    decode,
    encode,
    with_hash,
)
from scripts.atlas.synthetic import synthetic, write_synthetic
from scripts.atlas.versions import explained, measures_like
from scripts.atlas.winners import WORK, maps
from scripts.selfbench import atlas_cost
from scripts.stats.random_effects import moderators, numeric_splits, pool
from scripts.tables.load import Run, load
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.paths import REFERENCE_SHARES
from tests.scripts.atlas.fleet import cell, fleet, machine, python, share
from tests.scripts.synthetic import make

ROOT = Path(__file__).parents[3]
RNG = np.random.default_rng


def collected(shares: list[Share]) -> Collection:
    claims = {(claim.talk, claim.id): claim for share in shares for claim in share.claims}
    return Collection(tuple(entry(share) for share in shares), claims, ())


def over(shares: list[Share]) -> list[ClaimOverMachines]:
    collection = collected(shares)
    return over_machines(collection, collection.entries)


def put(folder: Path, shares: list[Share]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for one in shares:
        (folder / f"{one.hash[:12]}{SUFFIX}").write_bytes(encode(one))
    return folder


def changed(one: Share, **fields: Any) -> Share:
    return with_hash(msgspec.structs.replace(one, **fields))


def test_a_share_comes_back_as_it_was_written() -> None:
    one = share([1.4, 0.9], RNG(1))
    assert decode(encode(one)) == one


def test_counts_and_spread_of_a_known_fleet_come_back() -> None:
    shares = [share([1.5], RNG(seed)) for seed in range(7)] + [share([0.8], RNG(90)), share([1.12], RNG(92), noise=0.3)]
    [one] = over(shares)
    assert one.verdicts == Counter(holds=7, refuted=1, inconclusive=1)
    assert one.sentence == "holds on 7 of 9 machines, refuted on 1, inconclusive on 1"
    assert one.pooled is not None
    assert one.pooled.next_low < 0.8 < one.pooled.low < one.pooled.estimate < one.pooled.high < one.pooled.next_high


def test_the_interval_of_a_machine_is_read_by_the_blocks_that_it_rests_on() -> None:
    shares = [share([1.5], RNG(seed)) for seed in range(3)]
    part = shares[0].claims[0].parts[0]
    few = [replace(one, claims=[replace(one.claims[0], parts=[replace(part, blocks=7)])]) for one in shares[:1]]
    effects = over([*shares[1:], *few])[0].effects
    assert sorted(effect.blocks for effect in effects) == [7, part.blocks, part.blocks]
    logs = np.log([[effect.estimate, effect.low, effect.high] for effect in effects])
    quantiles = stdtrit([effect.blocks - 1 for effect in effects], 0.975)
    expected = pool(logs[:, 0], ((logs[:, 2] - logs[:, 1]) / (2 * quantiles)) ** 2)
    found = pooled(effects, part)
    assert found
    assert np.log(found.estimate) == pytest.approx(expected.estimate)
    assert np.log([found.low, found.high]) == pytest.approx([expected.low, expected.high])


def test_a_claim_that_flips_with_the_cores_is_moderator_the_cores() -> None:
    claims = over(fleet(16, RNG(3), claims=10, flip_above=8))
    assert "more than 9 usable cores" in claims[0].moderator
    assert claims[0].moderator.startswith("smaller with")
    assert [one.id for one in claims if one.moderator] == ["claim-0"]


def test_machines_that_are_alike_are_moderator_nothing() -> None:
    assert not any(one.moderator for one in over(fleet(12, RNG(4), claims=20)))


def planted(rng: np.random.Generator, flip: float, machines: int = 12, claims: int = 40) -> tuple[bool, bool]:
    """Whether the planted split was named, and whether any other was."""
    cores = rng.permutation([2, 2, 4, 4, 6, 8, 10, 12, 12, 16, 16, 24])[:machines]
    kinds = [rng.integers(0, 3, machines) == level for _ in range(6) for level in range(3)]
    splits = np.array([inside for _, inside in numeric_splits([float(core) for core in cores])] + kinds)
    effects = rng.normal(0, 0.15, (machines, claims))
    effects[:, 0] += np.where(cores > 8, -flip, flip)
    named = moderators(effects, splits, permutations=199)
    right = any(one.claim == 0 and ((splits[one.split] == (cores > 8)).all()) for one in named)
    return right, any(one.claim != 0 or not flip for one in named)


@pytest.mark.slow
def test_a_planted_flip_is_found_and_none_is_made_up() -> None:
    rng = RNG(5)
    detected = [planted(rng, 0.35)[0] for _ in range(100)]
    false = [planted(rng, 0.0)[1] for _ in range(250)]
    assert np.mean(detected) >= 0.9
    assert np.mean(false) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 250)


@pytest.mark.slow
@pytest.mark.parametrize("between", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("machines", [8, 12, 30])
def test_the_next_machine_lies_where_the_prediction_says(machines: int, between: float) -> None:
    rng, inside, trials = RNG(machines), 0, 1000
    for _ in range(trials):
        errors = rng.uniform(0.02, 0.05, machines + 1)
        effects = rng.normal(0, between, machines + 1) + rng.normal(0, errors)
        summary = pool(effects[:-1], errors[:-1] ** 2)
        inside += summary.next_low <= effects[-1] <= summary.next_high
    assert 0.93 <= inside / trials <= 0.975


def test_a_summary_of_two_machines_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        pool([0.1, 0.2], [0.01, 0.01])


def computing(experiment: str, model: str, values: list[float], **other: Any) -> Cell:
    names = {"experiment": experiment, "workload": experiment}
    return cell(model, values, **names, wait_seconds=0.0, compute_seconds=0.05, **other)


IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "usable cores of": {"machine": machine(2, cores_usable=64)},
    "faster than its ideal time": {"cells": [cell("asyncio", [0.05] * 10, ideal_seconds=[0.06] * 10)]},
    "waited less than its tasks do": {"cells": [cell("sequential", [0.3] * 10)]},
    "a time of -1": {"cells": [cell("asyncio", [-1.0] * 10)]},
    "values for": {"cells": [msgspec.structs.replace(cell("asyncio", [0.1] * 10), values=[0.1] * 9)]},
    "a cell twice": {"cells": [cell("asyncio", [0.1] * 10), cell("asyncio", [0.2] * 10)]},
    "images/images/threads/2 is faster": {
        "cells": [computing("images", "threads", [0.1] * 10, concurrency=2, ideal_seconds=[0.15] * 10)]
    },
    "times as fast as sequential on 4 cores": {
        "cells": [
            computing("cpu", "sequential", [8.0] * 10),
            computing("cpu", "processes", [0.1] * 10),
        ]
    },
}


@pytest.mark.parametrize("reason", IMPOSSIBLE)
def test_what_no_machine_can_do_is_left_out_with_the_reason(reason: str) -> None:
    one = changed(share([1.4], RNG(6)), claims=[])
    assert implausible(one) == ""
    assert reason in implausible(changed(one, **IMPOSSIBLE[reason]))


def test_a_computing_cell_beside_an_ideal_that_was_calibrated_in_a_slow_moment_is_no_forgery() -> None:
    ideal = [0.1043, 0.1123, 0.0811, 0.0988, 0.1031, 0.1067]  # twelve hundredths above in one block, three in most
    one = computing("images", "threads", [0.1] * 6, concurrency=2, ideal_seconds=ideal)
    assert implausible(changed(share([1.4], RNG(6)), claims=[], cells=[one])) == ""


@pytest.mark.parametrize("values", [[0.0] * 10, [1e-300] * 10])
def test_figures_that_no_clock_gives_end_in_a_sentence(values: list[float]) -> None:
    good = share([1.4], RNG(6))
    cells = [msgspec.structs.replace(one, values=values, metric="other") for one in good.cells]
    assert implausible(changed(good, cells=cells)) == ""
    assert "a time of" in implausible(changed(good, cells=[cell("threads", values)]))


def test_a_verdict_that_does_not_follow_from_the_values_is_left_out() -> None:
    one, other = share([1.4], RNG(7)), share([3.0], RNG(8))
    assert "does not follow from its values" in implausible(changed(one, claims=other.claims))


def test_a_changed_figure_breaks_the_hash() -> None:
    data = encode(share([1.4], RNG(9))).replace(b'"cores":4', b'"cores":5')
    with pytest.raises(ShareError, match="content hash"):
        decode(data)


def test_the_same_run_under_another_name_counts_once(tmp_path: Path) -> None:
    one = share([1.4], RNG(10))
    folder = put(tmp_path, [one, changed(one, machine=machine(8, "Another CPU"))])
    collection = collect([folder])
    assert len(collection.entries) == 1
    assert "the same run as" in collection.left_out[0].reason


def test_another_version_of_the_measuring_code_is_never_mixed_in(tmp_path: Path) -> None:
    shares = [share([1.4], RNG(seed)) for seed in range(3)]
    collection = collect([put(tmp_path, [*shares, changed(share([1.4], RNG(11)), code="f" * 16)])])
    assert len(collection.entries) == 3
    assert "another version of Overlap" in collection.left_out[0].reason


def test_versions_whose_difference_is_explained_stand_beside_each_other(tmp_path: Path) -> None:
    (version,) = explained().values()
    old, new = share([1.4], RNG(0)), share([1.4], RNG(1))
    pair = [changed(old, code=version.measures_like), changed(new, code=version.code)]
    collection = collect([put(tmp_path, [*pair, changed(share([1.4], RNG(2)), code="f" * 16)])])
    assert len(collection.entries) == 2
    assert len(collection.left_out) == 1
    (sentence,) = collection.differences
    assert version.differs in sentence
    assert version.differs in page(collection, over_machines(collection, collection.entries), "machine")


def test_the_listed_versions_measure_like_the_committed_reference() -> None:
    reference = decode((REFERENCE_SHARES / "reference.overlap.json").read_bytes())
    assert {measures_like(code) for code in explained()} == {reference.code}
    assert collect([REFERENCE_SHARES]).differences == []


HOSTILE = [
    "<script>alert(1)</script>",
    "a" * 10_000,
    "\x1b[31mred",
    "=cmd|' /C calc'!A0",
    "x\ny",
    "</svg>",
    "{{ 7*7 }}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_processor_name_never_reaches_a_page(text: str) -> None:
    one = share([1.4], RNG(12))
    with pytest.raises(ShareError):
        decode(encode(changed(one, machine=machine(4, text))))


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The file with one of many kinds of damage."""
    value = json.loads(data)
    kind = rng.randrange(8)
    if kind == 0:
        place = rng.randrange(len(data))
        return data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]
    if kind == 1:
        return data[: rng.randrange(len(data))]
    if kind == 2:
        return b"[" * rng.randrange(1, 100_000)
    if kind == 3:
        return data + b" " * LARGEST_BYTES
    if kind == 4:
        value.pop(rng.choice(list(value)))
    if kind == 5:
        value[rng.choice(list(value))] = rng.choice([None, -1, 1e400, "x" * 400, [], {}, True])
    if kind == 6:
        value["machine"][rng.choice(list(value["machine"]))] = rng.choice([None, -1, 2**70, *HOSTILE])
    if kind == 7:
        value["cells"][0]["values"] = rng.choice([[], [1e308] * 201, ["1"], [None], [-0.0] * 10])
    return json.dumps(value).encode()


@pytest.mark.slow
def test_500_damaged_or_hostile_files_are_each_named_and_left_out(tmp_path: Path) -> None:
    rng, good = random.Random(13), share([1.4, 0.8], RNG(13))
    for number in range(600):
        data = damaged(encode(good), rng)
        if data.strip() != encode(good).strip():
            (tmp_path / f"{number:03}{SUFFIX}").write_bytes(data)
    count = len(list(tmp_path.iterdir()))
    collection = collect([tmp_path])
    assert count > 500
    assert len(collection.left_out) == count
    assert all(one.reason and "\x1b" not in one.reason for one in collection.left_out)


def test_a_folder_of_links_is_not_followed_out_of_it(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", [share([1.4], RNG(14))])
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / f"link{SUFFIX}").symlink_to(next(outside.iterdir()))
    assert collect([inside]).entries == ()


def test_the_page_says_every_claim_and_runs_no_foreign_script(tmp_path: Path) -> None:
    collection = collect([put(tmp_path / "in", fleet(9, RNG(15), claims=4, flip_above=8))])
    made = write(collection, tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text()
    for one in made["claims"]:
        assert one["sentence"] in page
    assert "default-src &#39;none&#39;" in page
    assert json.loads((tmp_path / "out" / "atlas.json").read_text()) == made
    assert len((tmp_path / "out" / "atlas.csv").read_text().splitlines()) == 1 + 9 * 4


def test_a_forest_of_more_machines_than_fit_is_one_histogram() -> None:
    [few, *_] = over(fleet(9, RNG(16), claims=1))
    [many, *_] = over(fleet(60, RNG(16), claims=1))
    assert str(forest(few)).count("<circle") == 9
    heights = [float(height) for height in re.findall(r'<rect [^>]*height="([\d.]+)"', forest(many))]
    assert max(heights) == pytest.approx(17)
    counts = [round(height / min(heights)) for height in heights]
    assert sum(counts) == 60
    assert "60 machines, a histogram" in forest(many)


def test_the_map_counts_what_each_machine_concluded_and_names_tied_models_together() -> None:
    concluded = [["asyncio"], ["asyncio"], ["asyncio", "threads"], []]
    shares = [share([1.0], RNG(17), fastest=[Fastest("io", "wire", models)]) for models in concluded]
    [(work, [place])] = maps(shares)
    assert (work, place.cores, place.python) == ("waiting: raw HTTP/1.1", 4, "3.14")
    assert place.words == "asyncio (2 of 4), asyncio or threads (1 of 4), inconclusive (1 of 4)"


@pytest.fixture(scope="module")
def reference() -> Run:
    return load(ROOT / "results" / "reference")


@pytest.mark.slow
def test_a_share_says_of_its_models_what_its_run_concludes() -> None:
    run = load(ROOT / "results" / "reference")
    one = share_of(run, [])
    contests = {
        (fastest.experiment, fastest.workload): contest(run, fastest.experiment, fastest.workload)
        for fastest in one.fastest
    }
    assert len(contests) == len(WORK)
    for fastest in one.fastest:
        judged = contests[fastest.experiment, fastest.workload]
        assert judged
        assert fastest.models == [cell.name for cell in judged.family.winners]


@pytest.mark.slow
def test_a_run_of_this_version_can_be_true_and_so_can_the_machines_made_of_it(reference: Run) -> None:
    one = share_of(reference, [])
    assert implausible(one) == ""
    assert [implausible(other) for other in synthetic(one, 5)] == [""] * 5


def uneven(repeat: int) -> Run:
    """Twelve blocks, some without threads: those at the end of each whole run, where everything took twice as long."""
    made = make(blocks=12, experiments=["io", "cpu", "mixed", "network"], seed=3)
    environment = json.loads((ROOT / "results" / "reference" / "environment.json").read_text())
    environment["plan"] = {"only": "", "blocks": 12, "seed": 7, "quick": False, "bench_blocks": 1}
    rounds, late = made.rounds.copy(), made.rounds["block"] % 6 == 5
    rounds.loc[late, "seconds"] *= 2
    kept = rounds[~(late & rounds["model"].eq("threads"))]
    if repeat > 1:
        environment["plan"]["repeat"] = repeat
        kept = kept.assign(repeat=kept["block"] // (12 // repeat))
    return Run(ROOT / "no such run", environment, kept, [], [])


@pytest.mark.slow
@pytest.mark.parametrize("repeat", [1, 2])
def test_a_run_whose_cells_have_unlike_blocks_is_not_taken_for_a_forgery(repeat: int) -> None:
    one = share_of_interpreter(uneven(repeat), "", several=False)
    parts = [part for claim in one.claims for part in claim.parts if part.estimate and part.metric == "seconds"]
    assert any("/threads" in part.of + part.over for part in parts)
    assert one.plan.repeat == repeat
    assert {len(cell.blocks) for cell in one.cells if cell.model == "threads"} == {10}
    assert [reason for reason in reasons(one) if "claim" in reason] == []
    assert decode(encode(one)) == one


def test_a_ratio_that_does_not_follow_from_unlike_blocks_is_still_a_forgery() -> None:
    one = share([1.4], RNG(30), noise=0.001)
    threads = next(cell for cell in one.cells if cell.model == "threads")
    slow_at_the_end = replace(threads, values=[*threads.values[:-1], 3 * threads.values[-1]])
    forged = [slow_at_the_end if cell is threads else cell for cell in one.cells]
    assert implausible(one) == ""
    assert "does not follow from its values" in implausible(changed(one, cells=forged))
    without_the_end = replace(threads, blocks=threads.blocks[:-1], values=threads.values[:-1])
    honest = [without_the_end if cell is threads else cell for cell in one.cells]
    assert implausible(changed(one, cells=honest)) == ""


def test_whole_runs_are_weighed_alike_however_many_blocks_they_have_in_common() -> None:
    of, over = cell("threads", [2.0, 2.0, 2.0, 8.0]), cell("asyncio", [1.0] * 4)
    assert math.exp(log_ratio(of, over, Plan(4, 1, quick=False)) or 0) == pytest.approx(2 * math.sqrt(2))
    begun = replace(of, blocks=[0, 2, 3], values=[2.0, 2.0, 8.0])
    twice = Plan(4, 1, quick=False, repeat=2)
    assert [twice.repeat_of(block) for block in range(4)] == [0, 0, 1, 1]
    assert math.exp(log_ratio(begun, over, twice) or 0) == pytest.approx(2 * math.sqrt(2))


def test_the_plan_of_one_run_is_written_as_before() -> None:
    assert b'"repeat"' not in encode(share([1.4], RNG(31)))


def test_no_share_is_written_that_an_atlas_would_leave_out(tmp_path: Path) -> None:
    one = share([1.4], RNG(32))
    fast = replace(one.cells[0], values=[0.001] * len(one.cells[0].values))
    with pytest.raises(CommandError, match="waited less than its tasks do") as stop:
        share_verb.write(changed(one, cells=[fast, *one.cells[1:]]), tmp_path / "forged")
    assert (stop.value.code, list(tmp_path.iterdir())) == (Exit.NOT_MEASURED, [])
    assert decode(share_verb.write(one, tmp_path / "whole").read_bytes()) == one


@pytest.mark.slow
def test_a_run_of_several_pythons_is_shared_as_a_condition_of_each(tmp_path: Path) -> None:
    matrix = ROOT / "results" / "reference" / "matrix"
    shares = shares_of_run(matrix)
    pythons = [one["python"] for one in json.loads((matrix / "environment.json").read_text())["interpreters"]]
    assert len(shares) == len(pythons) > 1
    for one, python_ in zip(shares, pythons, strict=True):
        assert one.python.name.startswith(".".join(python_["version"].split(".")[:2]))
        switches = "t" * python_["free_threaded"] + "+jit" * python_["jit"]
        assert one.condition == f"Python {python_['version']}{switches}"
        assert one.python.gil == (not python_["free_threaded"])
    collection = collect([put(tmp_path, shares)])
    assert (len(collection.conditions), len(collection.machines), collection.left_out) == (len(shares), 0, ())


def test_machines_that_never_were_differ_and_their_verdicts_follow_from_their_values() -> None:
    one = share([1.4, 0.9], RNG(22))
    fleet_of_it = list(synthetic(one, 20))
    assert all(implausible(other) == "" for other in fleet_of_it)
    assert len({other.claims[0].parts[0].estimate for other in fleet_of_it}) == 20


def test_many_files_on_all_cores_give_what_few_on_one_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_synthetic(share([1.4, 0.9], RNG(23)), 30, tmp_path)
    (tmp_path / f"damaged{SUFFIX}").write_text("{")
    one = collect([tmp_path])
    monkeypatch.setattr("scripts.atlas.collect.MANY_FILES", 10)
    monkeypatch.setattr("scripts.atlas.collect.PART", 7)
    assert collect([tmp_path]) == one
    assert (len(one.entries), len(one.left_out)) == (30, 1)


@pytest.mark.slow
def test_the_atlas_of_ten_thousand_machines_fits_in_a_gibibyte_and_grows_with_their_number(
    reference: Run, tmp_path: Path
) -> None:
    few, many = (atlas_cost(share_of(reference, []), count, tmp_path / str(count)) for count in (600, 2400))
    each_bytes = (many.peak_bytes - few.peak_bytes) / 1800
    assert few.peak_bytes + 9400 * each_bytes < 2**30
    assert many.seconds < 2 * 4 * few.seconds


def test_conditions_of_one_machine_are_never_counted_as_machines(tmp_path: Path) -> None:
    shares = [changed(share([1.4], RNG(seed)), condition=f"condition {seed}") for seed in range(3)]
    collection = collect([put(tmp_path, shares)])
    assert (len(collection.machines), units(collection)[1]) == (0, "condition")
    one = share([1.4], RNG(18))
    assert units(collected([one]))[1] == "machine"


def test_conditions_beside_a_machine_are_on_its_page_and_not_forgotten(tmp_path: Path) -> None:
    one = share([1.4], RNG(34))
    few = replace(one.cells[0], blocks=one.cells[0].blocks[::2], values=one.cells[0].values[::2])
    changed_ones = [changed(one, condition=f"condition {number}", cells=[few]) for number in range(2)]
    write(collected([one, *changed_ones]), tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert "on 1 machine</h1>" in page
    assert page.count("on 2 of 2 conditions") == len(one.claims)
    assert len(few.blocks) < one.plan.blocks
    assert f'data-key="{len(few.blocks)}">{len(few.blocks)}</td>' in page


def test_a_spreadsheet_gets_no_formula() -> None:
    one = changed(share([1.4], RNG(19)), machine=machine(4, "=1+1"))
    assert [row[2] for row in rows(over([one]))][1:] == ["'=1+1"]


def test_a_folder_without_shares_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no usable share") as refused:
        atlas.collect_and_write([tmp_path], tmp_path / "out")
    assert refused.value.code == Exit.BAD_DATA
    with pytest.raises(CommandError, match="there is no such file or folder") as refused:
        atlas.collect_and_write([tmp_path / "none"], tmp_path / "out")
    assert refused.value.code == Exit.USAGE


def test_a_watched_folder_is_read_again_only_when_it_changes(tmp_path: Path) -> None:
    arrivals, renewed = iter([None, share([1.4], RNG(20)), None]), []

    def pause(seconds: float) -> None:
        one = next(arrivals, StopIteration)
        if one is StopIteration:
            raise KeyboardInterrupt
        if isinstance(one, Share):
            put(tmp_path, [one])

    with pytest.raises(KeyboardInterrupt):
        atlas.watch([tmp_path], lambda: renewed.append(len(list(tmp_path.iterdir()))), pause)
    assert renewed == [0, 1]


def test_a_free_threaded_python_has_a_name_of_its_own() -> None:
    one = share([1.4], RNG(21), python=python("3.14.2", free_threaded=True, gil=False))
    assert one.name.endswith("Python 3.14t")


def test_a_python_with_its_jit_on_is_not_counted_with_those_without() -> None:
    one = share([1.4], RNG(21), python=python("3.14.2", jit=True))
    assert one.name.endswith("Python 3.14+jit")


def test_two_pythons_of_one_minor_version_are_not_written_into_one_file(tmp_path: Path) -> None:
    one = share([1.4], RNG(33))
    other = changed(one, python=replace(one.python, version=f"{one.python.version}1"))
    assert one.python.name == other.python.name
    files = {share_verb.place(tmp_path / f"python{SUFFIX}", each, alone=False) for each in (one, other)}
    assert len(files) == 2
