"""How the models stand at one piece of work, as `conclusions` says: the fastest, the tied, the slower, the unusable."""

from dataclasses import dataclass

import pandas as pd

from scripts.analysis.answers import conclusion
from scripts.analysis.contests import Contest
from scripts.analysis.wording import either, undecided
from scripts.tables.load import Run
from scripts.util.format import Format, between, count_text, listed, seconds, times


@dataclass(frozen=True)
class Figure:
    """A measured value with its interval."""

    value: float
    low: float
    high: float
    form: Format
    doubt: str = ""  # why it decides nothing; empty where it does

    @property
    def bare(self) -> str:
        """The value alone."""
        return self.form(self.value)

    def __str__(self) -> str:
        interval = between(self.low, self.high, self.form)
        brackets = [interval] if interval and self.low < self.high else []
        brackets += [f"not usable: {self.doubt}"] if self.doubt else []
        return f"{self.bare} ({'; '.join(brackets)})" if brackets else self.bare


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
        return "no conclusion" if self.contest.run.ranges_only else undecided(family)

    @property
    def duration(self) -> Figure | str:
        """The time of the fastest, of several from the least to the most; nothing where none can be named."""
        rows = [self.contest.row(cell.name) for cell in self.contest.family.winners]
        if len(rows) == 1:
            return summarised(rows[0], "seconds", seconds)
        return self.spread(rows, "seconds", seconds) or "–"

    @property
    def gain(self) -> str:
        """How many times faster than sequential they are; empty where one is not, or where that was not measured."""
        faster = self.contest.family.faster_than("sequential")
        if len(faster) < max(len(self.contest.family.winners), 1):
            return ""
        rows = [self.contest.row(cell.name) for cell in faster]
        return f"{self.spread(rows, 'speedup', times)} faster than sequential"

    @staticmethod
    def spread(rows: list[pd.Series], name: str, form: Format) -> str:
        """From the least to the most of a value; empty without rows."""
        values = [float(row[name]) for row in rows]
        same = values and form(min(values)) == form(max(values))
        return form(values[0]) if same else between(min(values), max(values), form) if values else ""

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
    def next(self) -> list[tuple[str, Figure]]:
        """The models that come next to the fastest, several where they are tied."""
        names = [cell.name for cell, _ in self.contest.family.runners_up]
        return [(name, ratio) for name, ratio in self.slower if name in names]

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
    return f"{count_text(row['tasks'])} tasks{each}, concurrency {count_text(row['concurrency'])}"
