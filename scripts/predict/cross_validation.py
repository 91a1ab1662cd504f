"""How far predictions are off: each experiment is predicted from the others, and the errors make the intervals.

An experiment is held back whole, and what another measured of the very same cell with it. The interval that a model's
prediction gets is as wide as 90 % of the errors of its other cells, in blocks: it is about one run of a program, not
about the mean of many. This is split conformal prediction over folds (Vovk, "Cross-conformal predictors", Ann. Math.
Artif. Intell. 74, 2015), with the cell as the unit, since its blocks are alike (Dunn, Wasserman & Ramdas,
"Distribution-free prediction sets for two-layer hierarchical models", J. Am. Stat. Assoc. 118, 2023): nothing is
assumed of the errors, but that the next cell's are like those seen. Where they are not, because experiments differ by
more than their cells do, a larger share of the errors is taken until 90 % of the held-back are in their intervals. No
interval from fewer than LEAST_CELLS cells.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scripts.predict.cost_model import Machine, fit, table
from scripts.stats.intervals import FloatArray
from scripts.tables.columns import CELL, SAME_WORK
from scripts.tables.load import Run
from scripts.util.format import percent

CONFIDENCE = 0.9
SHARES = (0.9, 0.925, 0.95, 0.975, 1.0)  # of errors to hold, until 90 % of the held-back are
LEAST_CELLS = 9  # with fewer, 90 % of them and one more are more than there are
NEAR = 1.1  # advice whose time is within this factor of the best is good
AIMS = (0.9, 0.95)  # of intervals that hold the truth, of advice that is good


@dataclass(frozen=True)
class Validation:
    """The quality of predictions of held-back cells, and of the advice made from them."""

    cells: int
    blocks: int
    cell_coverage: float  # share of cells whose measured time is in its interval
    block_coverage: float  # share of single blocks that are
    widths: Mapping[str, float]  # of each model the factor by which its interval reaches up and down
    median_error: float  # as a share
    cases: int
    near_best: float  # share of cases in which the advised model and concurrency took at most NEAR times the best
    worst_regret: float  # the most that the advised took over the best, as a factor

    @property
    def meets_aims(self) -> bool:
        """Whether intervals and advice are as good as AIMS."""
        return self.cell_coverage >= AIMS[0] and self.block_coverage >= AIMS[0] and self.near_best >= AIMS[1]


def cross_validate(cells: pd.DataFrame, machine: Machine) -> pd.DataFrame:
    """The cells with `predicted` seconds from a fit that never saw them or their experiment."""
    folds = list(predicted_folds(cells, machine))
    return pd.concat(folds) if folds else cells.assign(predicted=np.nan)


def predicted_folds(cells: pd.DataFrame, machine: Machine) -> Iterator[pd.DataFrame]:
    """The predicted cells of one experiment after another; without cells whose costs no other experiment shows."""
    same, near = cells.groupby(CELL[1:]).ngroup(), fit(cells, machine) if len(cells) else None
    for experiment in cells["experiment"].unique():
        out = cells["experiment"] == experiment
        others = cells[~out & ~same.isin(same[out])]
        if others.empty:
            continue
        fitted = fit(others, machine, near)
        fold = cells[out][fitted.knows(cells[out])]
        if len(fold):
            yield fold.assign(predicted=fitted.predict(fold))


def errors(cells: pd.DataFrame) -> FloatArray:
    """The absolute error of the prediction for every block of these cells, shape (blocks of all cells,), in logs."""
    logs = [
        np.abs(np.log(blocks / seconds)) for blocks, seconds in zip(cells["blocks"], cells["predicted"], strict=True)
    ]
    return np.concatenate(logs)


def widths(cells: pd.DataFrame) -> dict[str, float]:
    """The half width of the interval of each model with enough cells, in logs."""
    return half_widths(cells, error_share(cells))


def half_widths(cells: pd.DataFrame, share: float) -> dict[str, float]:
    """The quantile of each model's errors at that share, corrected for the number of cells."""
    reach = {}
    for model, some in cells.groupby("model"):
        if len(some) >= LEAST_CELLS:
            level = min(1.0, share * (1 + 1 / len(some)))
            reach[str(model)] = float(np.quantile(errors(some), level, method="higher"))
    return reach


def error_share(cells: pd.DataFrame) -> float:
    """The smallest of SHARES at which the intervals cover enough: experiments vary more than their cells do."""
    return next((share for share in SHARES if covers(with_reach(cells, share))), SHARES[-1])


def with_reach(cells: pd.DataFrame, share: float) -> pd.DataFrame:
    """The cells with the `reach` of the interval that the other experiments give, where they give one."""
    parts = []
    for experiment in cells["experiment"].unique():
        out = cells["experiment"] == experiment
        parts.append(cells[out].assign(reach=cells.loc[out, "model"].map(half_widths(cells[~out], share))))
    return pd.concat(parts).dropna(subset=["reach"]) if parts else cells.assign(reach=np.nan)


def block_coverage(cells: pd.DataFrame) -> float:
    """The share of the cells' blocks that are in their intervals."""
    inside = [errors(cells.iloc[[row]]) <= cells["reach"].iloc[row] for row in range(len(cells))]
    return float(np.concatenate(inside).mean()) if inside else 1.0


def covers(cells: pd.DataFrame) -> bool:
    """Whether CONFIDENCE of the blocks are in their intervals."""
    return block_coverage(cells) >= CONFIDENCE


def validation(run: Run) -> Validation | None:
    """The validation of a run; None where it has too few cells for any interval."""
    all_cells = table(run)
    cells = all_cells if all_cells.empty else cross_validate(all_cells, Machine.of(run))
    return validate(cells) if widths(cells) else None


def validate(cells: pd.DataFrame) -> Validation:
    """The validation of predicted cells; each experiment by the intervals that the others give."""
    with_interval = with_reach(cells, error_share(cells))
    off = np.abs(np.log(with_interval["seconds"].to_numpy() / with_interval["predicted"].to_numpy()))
    over = list(regret_ratios(cells))
    return Validation(
        cells=len(with_interval),
        blocks=sum(map(len, with_interval["blocks"])),
        cell_coverage=float((off <= with_interval["reach"]).mean()),
        block_coverage=block_coverage(with_interval),
        widths={model: float(np.exp(width)) for model, width in widths(cells).items()},
        median_error=float(np.expm1(np.median(off))),
        cases=len(over),
        near_best=float(np.mean([factor <= NEAR for factor in over])) if over else 1.0,
        worst_regret=max(over, default=1.0),
    )


def regret_ratios(cells: pd.DataFrame) -> Iterator[float]:
    """For all work of several models: the seconds of the advised model over those of the best one."""
    for _, case in cells.groupby(SAME_WORK):
        if case["model"].nunique() > 1:
            yield float(case["seconds"].to_numpy()[case["predicted"].to_numpy().argmin()] / case["seconds"].min())


def markdown(validation: Validation) -> str:
    """The validation as Markdown for the docs."""
    reach = ", ".join(f"{factor:.1f} ({model})" for model, factor in validation.widths.items())
    rows = [
        ("cells held back and predicted", f"{validation.cells}"),
        (
            f"of them within their {percent(CONFIDENCE)} interval",
            f"{percent(validation.cell_coverage, 1)} (aim: {percent(AIMS[0])})",
        ),
        (
            f"of their {validation.blocks:,} blocks, one run of a program each",
            f"{percent(validation.block_coverage, 1)} (aim: {percent(AIMS[0])})",
        ),
        ("the interval reaches this factor up and down", reach),
        ("error of the prediction, median", percent(validation.median_error)),
        ("work that several models did", f"{validation.cases} cases"),
        (
            f"… in which the advised took at most {percent(NEAR - 1)} more than the best",
            f"{percent(validation.near_best, 1)} (aim: {percent(AIMS[1])})",
        ),
        ("… the worst advice took, of the best", f"{validation.worst_regret:.2f}×"),
    ]
    return "\n".join(["| | |", "| --- | --- |", *(f"| {what} | {value} |" for what, value in rows)])
