"""How the models stand at one piece of work, as `conclusions` says: the fastest, the tied, the slower, the unusable."""

from dataclasses import dataclass

import pandas as pd

from scripts.analysis.answers import conclusion, unanswered
from scripts.analysis.contests import Contest
from scripts.analysis.wording import either
from scripts.tables.load import Run
from scripts.util.format import Format, between, count_text, listed, seconds, times


@dataclass(frozen=True)
class Figure:
    """A measured value with its interval."""

    value: float
    low: float
    high: float
    form: Format

    @property
    def bare(self) -> str:
        """The value alone."""
        return self.form(self.value)

    def __str__(self) -> str:
        interval = between(self.low, self.high, self.form)
        return f"{self.bare} ({interval})" if interval and self.low < self.high else self.bare


@dataclass(frozen=True)
class Standing:
    """How the models stand at one piece of work."""

    contest: Contest

    @property
    def work(self) -> str:
        """The work, in words."""
        return described(self.contest.rows.iloc[0])

    @property
    def sentence(self) -> str:
        """The fastest model, by how much, and how the others compare with it."""
        return conclusion(self.contest)

    @property
    def best(self) -> str:
        """The fastest, all that are tied; or that none can be named."""
        family = self.contest.family
        if family.winners:
            return either(f"`{cell.name}`" for cell in family.winners)
        return "no conclusion" if unanswered(family) or self.contest.run.ranges_only else "no difference shown"

    @property
    def duration(self) -> Figure | str:
        """The time of the fastest; nothing where none can be named."""
        fastest = self.contest.family.fastest
        return summarised(self.contest.row(fastest.name), "seconds", seconds) if fastest and self.named else "–"

    @property
    def gain(self) -> str:
        """How many times faster than sequential it is; empty where it is not, or where that was not measured."""
        fastest = self.contest.family.fastest
        slower = [cell.name for cell, _ in self.contest.family.beaten]
        if not (fastest and self.named and "sequential" in slower):
            return ""
        return f"{times(float(self.contest.row(fastest.name)['speedup']))} faster than sequential"

    @property
    def named(self) -> bool:
        """Whether one model or several can be called the fastest."""
        return bool(self.contest.family.winners)

    @property
    def slower(self) -> list[tuple[str, Figure]]:
        """The slower models, each with its time relative to the fastest, nearest first."""
        beaten = self.contest.family.beaten if self.named else ()
        return [
            (cell.name, Figure(one.ratio.estimate, one.ratio.low, one.ratio.high, times))
            for cell, one in beaten
            if one.ratio
        ]

    @property
    def not_usable(self) -> list[tuple[str, str]]:
        """The models that are not usable, each with the reason."""
        return [(cell.name, one.reason) for cell, one in self.contest.family.not_usable]


def standing(
    run: Run, experiment: str, workload: str, at_once: int | None = None, compute_s: float | None = None
) -> Standing | None:
    """The models that did that work in the run; None where fewer than two did."""
    summary = run.summary
    rows = summary[(summary["experiment"] == experiment) & (summary["workload"] == workload) & ~summary["twin"]]
    if at_once is not None:
        rows = rows[rows["concurrency"] == at_once]
    if compute_s is not None:
        rows = rows[rows["compute_seconds"] == compute_s]
    rows = rows[rows["seconds"].notna()].sort_values("seconds") if "seconds" in rows else rows.iloc[:0]
    rows = rows.drop_duplicates("model")
    return Standing(Contest(run, rows)) if len(rows) > 1 else None


def summarised(row: pd.Series, name: str, form: Format) -> Figure:
    """A value of a row of the summary."""
    return Figure(float(row[name]), float(row[f"{name}_low"]), float(row[f"{name}_high"]), form)


def described(row: pd.Series) -> str:
    """The work, in words."""
    wait_s, compute_s = row["wait_seconds"], row["compute_seconds"]
    does = [f"wait {seconds(wait_s)}"] * bool(wait_s) + [f"compute {seconds(compute_s)}"] * bool(compute_s)
    each = f" that each {listed(does)}" if does else ""
    return f"{count_text(row['tasks'])} tasks{each}, {count_text(row['concurrency'])} at once"
