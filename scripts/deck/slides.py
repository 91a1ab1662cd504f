"""The slides of a deck: how each is drawn, and its speaker notes.

By default at most twelve: the charts of a first talk, the claims that differ from what their author says, and how
sure all of it is. `only` names others: charts, `verdicts` for those on all claims, `title`, `how-sure`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from matplotlib.figure import Figure

from benchmarks.core import renamed
from scripts.analysis.answers import disturbance
from scripts.charts import CHARTS, Chart
from scripts.charts.lib.theme import SLIDE, SLIDE_DARK, Theme
from scripts.deck import pages
from scripts.deck.titles import title
from scripts.report.claim_document import Document, annotations
from scripts.report.claim_pages import read_claims
from scripts.run.preflight import every_experiment
from scripts.tables.load import Run
from scripts.util.exit_codes import CommandError, Exit

MOST_SLIDES = 12
LONGEST_ONLY = 60  # letters of a selection that the small print can hold
FIRST_TALK = (  # charts of the default deck, the most wanted first; drawn in the order of the report
    *("headline", "speedup", "timeline", "scaling", "cpu-scaling", "mixed", "loop-blocking", "memory", "claims"),
    *("startup-cost", "gil-release", "databases", "pythons"),
)
TITLE, VERDICTS, SURE = "title", "verdicts", "how-sure"
LARGE = {"text_pt": 12.0, "small_pt": 9.1}  # 32 and 24 pixels, on a page of 10 inches and 1,920 pixels
PAPERS = (("", replace(SLIDE, **LARGE)), ("-dark", replace(SLIDE_DARK, **LARGE)))  # type: ignore[arg-type]
QUESTION = "How well do Python's concurrency models overlap waiting and computing?"


@dataclass(frozen=True)
class Slide:
    """One page of the deck: file name, title, drawing function, speaker notes, and text alternative."""

    name: str
    title: str
    draw: Callable[[Theme], Figure]
    notes: list[str] = field(default_factory=list)
    alt: str = ""


def deck(run: Run, only: Sequence[str] = ()) -> list[Slide]:
    """The slides of a run. CommandError where `only` names one that there is not."""
    by_name = {chart.NAME: chart_slide(run, chart) for chart in CHARTS if chart.caption(run)}
    talks = read_claims(run.path)
    parts = {TITLE: [title_slide(run)], **{name: [slide] for name, slide in by_name.items()}}
    parts |= {VERDICTS: [slide for talk in talks for slide in claims_slides(run, talk)], SURE: [sure_slide(run)]}
    if only:
        check(only, parts)
        return [slide for name in only for slide in parts[name]]
    others = list(filter(None, (first_claims(run, talk) for talk in talks[:1])))
    wanted = sorted(by_name, key=rank)[: MOST_SLIDES - 2 - len(others)]
    return [*parts[TITLE], *(slide for name, slide in by_name.items() if name in wanted), *others, *parts[SURE]]


def rank(name: str) -> int:
    """The rank of a chart in a first talk; unlisted charts come last, in their order."""
    return FIRST_TALK.index(name) if name in FIRST_TALK else len(FIRST_TALK)


def check(only: Sequence[str], parts: dict[str, list[Slide]]) -> None:
    """CommandError where a name is of no slide of this run."""
    there = [name for name, slides in parts.items() if slides]
    if unknown := [name for name in only if name not in there]:
        names = {*parts, *(chart.NAME for chart in CHARTS)}
        why = "was not measured in this run" if unknown[0] in names else "is no slide"
        raise CommandError(
            Exit.USAGE, f"{unknown[0]} {why}. There are: {', '.join(there)}. Example: make slides ONLY={there[1]}"
        )


def command(run: Run) -> str:
    """The command that measures the run again."""
    plan = run.environment["plan"]
    repeat = plan.get("repeat", 1)
    blocks = "" if plan.get("bench_blocks") else f"BLOCKS={plan['blocks'] // repeat} "  # BLOCKS makes all blocks alike
    again = f"{blocks}SEED={plan['seed']}" + f" REPEAT={repeat}" * (repeat > 1)
    if names := [one["name"] for one in run.environment.get("interpreters", [])]:
        cells = f' ONLY="{plan["only"]}"' if len(plan["only"]) <= LONGEST_ONLY else ""  # the usual cells take more
        turns = plan["blocks"] // len(names)
        return f'make matrix PYTHON="{" ".join(names)}" BLOCKS={turns} SEED={plan["seed"]}{cells}'
    if plan["quick"]:
        return f"make quick SEED={plan['seed']}"
    if names_in(plan["only"]) == names_in(every_experiment()):
        return f"make full {again}"
    if len(plan["only"]) > LONGEST_ONLY:
        return f"make bench {again} ONLY=… (as in environment.json)"
    return f"make bench {again}" + (f' ONLY="{plan["only"]}"' if plan["only"] else "")


def names_in(only: str) -> set[str]:
    """The names in an ONLY expression, as they are called now."""
    return set(renamed.expression(only).strip("()").split())


def small_print(run: Run) -> str:
    """Which run this is, and how to repeat it."""
    return f"Run {run.environment['run']}. Repeat it: {command(run)}; make slides"


def measured_on(run: Run) -> str:
    """The day of the run; its name where that says no day."""
    name = str(run.environment["run"])
    with suppress(ValueError):
        return f"{datetime.strptime(name, '%Y%m%d-%H%M%S').replace(tzinfo=UTC):%-d %B %Y}"
    return name


def chart_slide(run: Run, chart: Chart) -> Slide:
    """A chart under its result."""
    headline = title(run, chart)
    said = [f"{finding}."] if (finding := chart.finding(run)) else []
    notes = [*said, chart.caption(run), f"Caveat: {chart.CAVEAT}", small_print(run)]
    return Slide(chart.NAME, headline, partial(draw_chart, run, chart, headline), notes, chart.alt(run))


def draw_chart(run: Run, chart: Chart, headline: str, theme: Theme) -> Figure:
    """The chart on a slide."""
    figure = chart.draw(run, replace(theme, headline=headline, small_print=small_print(run)))
    assert figure, f"{chart.NAME} has a caption and no figure"
    return figure


def title_slide(run: Run) -> Slide:
    """The title slide: what was compared, on which machine, when, how often."""
    lines = pages.title_lines(run, measured_on(run))
    reading = "Overlap: the same work under each model, against the ideal time."
    return text_slide(run, TITLE, QUESTION, reading, lines)


def sure_slide(run: Run) -> Slide:
    """How far the figures can be trusted, and what they cannot tell."""
    return text_slide(run, SURE, disturbance(run), "How sure this is, and what it can't tell.", pages.sure_lines(run))


def text_slide(run: Run, name: str, headline: str, reading: str, lines: Sequence[str]) -> Slide:
    """A slide of sentences."""
    kept = [reading, *filter(None, lines)]
    printed = small_print(run)

    def draw(theme: Theme) -> Figure:
        return pages.sentences(theme, headline, reading, lines, printed)

    return Slide(name, headline, draw, [*kept, printed], " ".join(kept))


def first_claims(run: Run, talk: Document) -> Slide | None:
    """As many claims as one slide holds: first those that differ from what their author says."""
    claims = [claim for claim in talk["claims"] if claim["parts"]]
    claims.sort(key=lambda claim: (claim["as_expected"] is not False, claim["verdict"] != "refuted"))
    first = next(pages.pages_of(claims, PAPERS[0][1]), [])
    return claims_slide(run, talk, first, "", VERDICTS) if first else None


def claims_slides(run: Run, talk: Document) -> Iterator[Slide]:
    """The claims of a talk, as many a slide as can be read."""
    split = list(pages.pages_of([claim for claim in talk["claims"] if claim["parts"]], PAPERS[0][1]))
    for number, claims in enumerate(split, 1):
        part = f" ({number} of {len(split)})" if len(split) > 1 else ""
        yield claims_slide(run, talk, claims, part, f"verdicts-{talk['talk']}-{number}")


def claims_slide(run: Run, talk: Document, claims: Sequence[Document], part: str, name: str) -> Slide:
    """A slide of claims; its notes have of each what was measured, its source and condition, and its command."""
    printed = small_print(run).replace("make slides", "make claims; make slides")
    said = [f"{claim['text']} {pages.verdict_text(claim)}: {pages.result_text(claim)}." for claim in claims]
    more = [" ".join([*pages.measured(claim), *annotations(claim), claim["command"]]) for claim in claims]
    notes = [f"{text} {rest}" for text, rest in zip(said, more, strict=True)]
    draw = partial(pages.claims_page, talk, claims, part, small_print=printed)
    return Slide(name, pages.count_title(talk), draw, [talk["sentence"], *notes, printed], " ".join(said))
