"""Every claim beside its bound, as a forest: right of the line it holds, left of it it does not."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from benchmarks.core import renamed
from scripts.analysis.footer import footer, interval_words
from scripts.analysis.points import Point, Run
from scripts.analysis.wording import CI, RANGE
from scripts.charts.lib import forest
from scripts.charts.lib.forest_layout import Axis
from scripts.charts.lib.groups import Group
from scripts.charts.lib.table import Table, table_of, word
from scripts.charts.lib.theme import FAULT, FIRST_KIND, NEITHER, Theme
from scripts.tables.load import FEW_BLOCKS
from scripts.util.format import listed, plural, times
from scripts.verdict.value_text import bound_text, estimate_text

NAME = "claims"
POSITION = 25
NEEDS = "verdicts on claims (make claims)"
CAVEAT = "How far a claim is from its bound says how sure its verdict is, not how much it matters."
TITLE = "Which claims hold here?"
NAMED = ("refuted", "not reproduced here")
VERDICTS = {"refuted": FAULT, "not reproduced here": FAULT, "inconclusive": NEITHER, "holds": FIRST_KIND}


@dataclass(frozen=True)
class Measure:
    """One measure of a claim: what was measured of it, and on which side of its bound it must lie."""

    claim: str
    name: str
    verdicts: tuple[str, str]  # on the claim, and on this measure alone
    bound: str
    ends: tuple[float, float]  # of the bound; infinite where it has none
    numbers: tuple[float, float, float]  # estimate, low, high
    found: str  # the same in its unit
    interval: str  # what low and high are

    @property
    def label(self) -> str:
        """The claim's id as words."""
        return f"{self.claim.replace('-', ' ')}{f', {self.name}' if self.name else ''}"

    def times_bound(self, value: float) -> float:
        """A value relative to the bound: above 1 on the side on which the claim holds."""
        low, high = self.ends
        return min(value / low if low > 0 else math.inf, high / value if value > 0 else math.inf)

    @property
    def point(self) -> Point | None:
        """The measure as a dot; None where its bound is zero, an exact number, or nothing was measured."""
        low, high = self.ends
        spread = [self.times_bound(value) for value in self.numbers]
        if low == high or not all(0 < value < math.inf for value in spread):
            return None
        size = {"concurrency": 0, "tasks": 0, "wait_s": 0.0, "compute_s": 0.0}
        numbers = {"value": spread[0], "low": min(spread), "high": max(spread), "limit": math.nan}
        return Point("claims", self.claim, self.name, **size, **numbers, flags="")  # type: ignore[arg-type]


def measures(run: Run) -> list[Measure]:
    """The measures of the claims of the run's own talk; none of a file that cannot be read."""
    file = run.path / "claims.json"
    return list(read(file.read_text(encoding="utf-8"))) if file.exists() else []


def verdicts_of(run: Run) -> dict[str, str]:
    """The verdict on every claim of the run's own talk, also on those that nothing measures."""
    file = run.path / "claims.json"
    try:
        return {one["id"]: one["verdict"] for one in renamed.verdicts(json.loads(file.read_text("utf-8")))["claims"]}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def read(text: str) -> Iterator[Measure]:
    """The measures in a file of verdicts."""
    try:
        claims = renamed.verdicts(json.loads(text))["claims"]
        yield from [measure(claim, part) for claim in claims for part in claim["parts"]]
    except (ValueError, LookupError, TypeError):
        return  # the report names the file, and says what is wrong with it


def measure(claim: dict[str, Any], part: dict[str, Any]) -> Measure:
    """One measure."""
    low, high = (
        math.copysign(math.inf, sign) if part[end] is None else float(part[end])
        for end, sign in (("bound_low", -1), ("bound_high", 1))
    )
    estimate = math.nan if part["estimate"] is None else float(part["estimate"])
    least, most = (estimate if part[end] is None else float(part[end]) for end in ("low", "high"))
    several = len(claim["parts"]) > 1
    name = (part["name"] or str(claim["parts"].index(part) + 1)) if several else ""
    verdicts = (claim["verdict"], part["verdict"])
    found = estimate_text(part) or "not measured"
    interval = part.get("interval", CI)  # older files had no other
    return Measure(claim["id"], name, verdicts, bound_text(part), (low, high), (estimate, least, most), found, interval)


def groups(run: Run) -> list[Group]:
    """The measures by verdict, those that do not hold first, and the farthest from its bound first."""
    dots = [(one, dot) for one in measures(run) if (dot := one.point)]
    by_verdict = list[Group]()
    for verdict, paint in VERDICTS.items():
        mine = sorted(((one, dot) for one, dot in dots if one.verdicts[1] == verdict), key=lambda pair: pair[1].value)
        if mine:
            names = [one.label for one, _ in mine]
            by_verdict.append(
                Group(f"{verdict} ({plural(len(mine), 'measure')})", [dot for _, dot in mine], paint, names)
            )
    return by_verdict


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    exact = len({one.claim for one in measures(run)}) - len(
        {row.workload for group in groups(run) for row in group.rows}
    )
    rest = f"{exact} claims with an exact bound, or not measured, are in the table only" if exact else ""
    sure = f"Bars: {bars(run)}, each measure alone; the verdicts allow for all claims judged together"
    return forest.draw_page(
        theme,
        {"": groups(run)},
        Axis("times the bound (logarithmic)", times, 1.0, also=(0.8, 1.25)),
        title=finding(run),
        reading="Each claim as times its bound, which is the line at 1×: to the right of it the claim holds.",
        footer=lambda _, left_out: footer(run, "", [], left_out, rest, sure=sure, markers=False),
    )


def bars(run: Run) -> str:
    """What the bars show; the blocks of one measure can be too few for an interval where those of the run are not."""
    ranges = not run.ranges_only and any(one.interval == RANGE and one.point for one in measures(run))
    return interval_words(run) + f" (the {RANGE} where a measure has fewer than {FEW_BLOCKS})" * ranges


def finding(run: Run) -> str:
    """How many claims hold, and how many do not."""
    verdicts = verdicts_of(run)
    if not verdicts or not groups(run):
        return ""
    counts = Counter(verdicts.values())
    holding = counts.pop("holds", 0)
    rest = listed(f"{count} {verdict}" for verdict, count in counts.most_common())
    return f"Of {len(verdicts)} claims {holding} hold{'s' * (holding == 1)}{f'; {rest}' if rest else ''}"


def caption(run: Run) -> str:
    """The finding, the names of the claims that are refuted, and of those that are not reproduced."""
    if not (text := finding(run)):
        return ""
    named = {verdict: [name for name, one in verdicts_of(run).items() if one == verdict] for verdict in NAMED}
    return ". ".join([text, *(f"{verdict.capitalize()}: {listed(ids)}" for verdict, ids in named.items() if ids)]) + "."


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    rows = [f"{one.label}: {one.verdicts[1]} ({one.found}, bound {one.bound})" for one in measures(run)]
    return f"{TITLE} {'; '.join(rows)}." if groups(run) else ""


def table(run: Run) -> Table:
    """The data behind it."""
    rows = [[word(one.label), word(one.verdicts[1]), word(one.bound), word(one.found)] for one in measures(run)]
    return table_of(("claim", "verdict", "bound", "measured"), rows if groups(run) else [])
