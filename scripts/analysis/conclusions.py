"""Sentences that answer: for waiting, for computing, for both; which model, by how much, how sure, from where on."""

from dataclasses import dataclass

import pandas as pd

from scripts.analysis.crossover import crossovers
from scripts.stats import decisions, intervals
from scripts.tables.load import Run
from scripts.tables.summary import KEY, block_medians, disturbed_share, kind_of_work, too_disturbed

# Below this nobody would rewrite a program; a difference whose interval lies inside is called "the same".
MARGIN = 0.05

QUESTIONS = (  # what the sentence is about, the experiment that answers, the workload (the model without a library)
    ("For I/O-bound work", "io", "wire"),
    ("For CPU-bound Python code", "cpu", "primes"),
    ("For mixed work ({share} % CPU)", "mixed", "mixed"),
)


@dataclass(frozen=True)
class Contest:
    """The models that did the same work: their rows of the summary, fastest first."""

    run: Run
    rows: pd.DataFrame

    def rounds(self, place: int) -> pd.DataFrame:
        """The rounds of the model in that place (0 is the fastest)."""
        row = self.rows.iloc[place]
        return self.run.rounds[(self.run.rounds[KEY] == [row[name] for name in KEY]).all(axis=1)]

    def values(self, place: int) -> pd.Series:
        """Their block medians."""
        return block_medians(self.rounds(place), "seconds")

    def difference(self, place: int) -> tuple[intervals.Interval, decisions.Comparison]:
        """How many times longer than the fastest the model in that place takes, and whether that is established."""
        pairs = (self.values(place) / self.values(0)).dropna().to_numpy()
        ratio = intervals.geometric_mean(pairs)
        return ratio, decisions.compare(ratio, MARGIN, self.run.noise_floors.get(self.kind) or 0.0)

    @property
    def kind(self) -> str:
        """The kind of work."""
        return kind_of_work(*self.rows.iloc[0][["wait_seconds", "compute_seconds"]])


def contest(run: Run, experiment: str, workload: str) -> Contest | None:
    """The contest that answers a question; None when it was not measured."""
    summary = run.summary
    rows = summary[(summary["experiment"] == experiment) & (summary["workload"] == workload) & ~summary["twin"]]
    if rows.empty:
        return None
    if experiment == "mixed":
        rows = rows[rows["compute_seconds"] == turning_share(rows)]
        rows = rows[(rows["concurrency"] == rows["concurrency"].max())]
    rows = rows.dropna(subset=["seconds", "speedup"]).sort_values("seconds")
    if experiment == "user_work":  # measured at several sizes: each model at its best
        rows = rows.drop_duplicates("model")
    return Contest(run, rows) if len(rows) > 1 and (rows["model"] == "sequential").any() else None


def turning_share(rows: pd.DataFrame) -> float:
    """The computing seconds of a task that is a fifth CPU, or the nearest measured: where neither kind dominates."""
    share = rows["compute_seconds"] / (rows["compute_seconds"] + rows["wait_seconds"])
    return float(rows["compute_seconds"].to_numpy()[(share - 0.2).abs().argmin()])


def factor(row: pd.Series, *, ranges_only: bool) -> str:
    """`15.9× sequential [15.1, 16.7]`, and what the brackets are."""
    kind = "range" if ranges_only else "95 % interval"
    return f"{row['speedup']:.3g}× sequential ({kind} {row['speedup_low']:.3g} to {row['speedup_high']:.3g})"


def sentence(question: str, found: Contest) -> str:
    """Which model, by how much, how sure."""
    ranges_only = found.run.ranges_only
    first, second = found.rows.iloc[0], found.rows.iloc[1]
    share = 100 * first["compute_seconds"] / (first["compute_seconds"] + first["wait_seconds"])
    start = f"{question.format(share=f'{share:.0f}')}, "
    if first["model"] == "sequential":
        return f"{start}nothing was faster than sequential{runner_up(found, second)}."
    reach = f"{first['efficiency']:.0%} of the physical limit"
    size = f" with {first['concurrency']} at once" if first["experiment"] == "user_work" else ""
    lead = f"{start}{first['model']}{size} took the least time: {factor(first, ranges_only=ranges_only)}, {reach}"
    flagged = f" [{first['flags']}]" if first["flags"] else ""
    return f"{lead}{flagged}{runner_up(found, second)}."


def runner_up(found: Contest, second: pd.Series) -> str:
    """How the next model compares, as far as the run establishes it."""
    if found.run.ranges_only:
        return f"; next {second['model']} at {second['speedup']:.3g}× (too few blocks for a verdict)"
    ratio, comparison = found.difference(1)
    interval = f"{ratio.estimate:.3g}× its time, {ratio.low:.3g} to {ratio.high:.3g}"
    not_sure = f"; that it beats {second['model']} is not established"
    if why := too_disturbed(pd.concat([found.rounds(0), found.rounds(1)])):
        return f"{not_sure}: {why} ({interval})"
    words = {
        decisions.Comparison.SLOWER: f"; {second['model']} is slower ({interval})",
        decisions.Comparison.SAME: f"; {second['model']} is the same within {MARGIN:.0%} ({interval})",
    }
    return words.get(comparison, f"{not_sure} ({interval})")


def answers(run: Run) -> list[str]:
    """The sentences that this run can give."""
    own = run.summary.loc[run.summary["experiment"].eq("user_work"), "workload"].unique()
    questions = [*QUESTIONS, *((f"For your own work ({name})", "user_work", name) for name in own)]
    asked = ((question, contest(run, experiment, workload)) for question, experiment, workload in questions)
    return [sentence(question, found) for question, found in asked if found] + list(map(str, crossovers(run)))


def disturbance(run: Run) -> str:
    """What share of the run's rounds is not this suite's own doing."""
    measured = (~run.rounds["warmup"].astype(bool)).sum()
    return (
        f"Other programs or the hypervisor disturbed {disturbed_share(run.rounds):.0%} of {measured} measured rounds."
    )


def noise(run: Run) -> str:
    """How far identical twins were apart, and of which kind of work none was measured; empty with too few blocks."""
    known = [f"{floor:.1%} ({kind})" for kind, floor in run.noise_floors.items() if floor is not None]
    unknown = [kind for kind, floor in run.noise_floors.items() if floor is None]
    said = [f"Identical twins differed by up to {', '.join(known)}: smaller differences mean nothing."] if known else []
    said += (
        [f"No twin was measured of {', '.join(unknown)}: how much of a difference is noise is not known."]
        if unknown
        else []
    )
    return " ".join(said)
