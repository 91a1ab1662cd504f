"""The title of a chart's slide: its result in at most twelve words, whole, without the ids of cells.

Where the finding of a chart is longer, its clauses that are short enough stand there; where none is, the subject of
the chart does. The finding itself is in the notes, whole.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from scripts.analysis.contests import contest
from scripts.analysis.points import Run
from scripts.analysis.wording import either, winners
from scripts.charts import Chart

MOST_WORDS = 12
MOST_TIED = 2  # models that a title has room for
BOUND = re.compile(r"(?<=\d) (?=([µmn]?s|[KMG]iB|B|%)\b|%)")
IDS = re.compile(r"\b[a-z]+(?:-[a-z]+)+\b")
RATIO = r": (?=[\d.,]+× as much|inconclusive|no measurable)"
RAW = re.compile(r"\bwire\b|raw HTTP/1\.1 \(h11\)")
SUBJECTS = {
    "headline": "How much faster than sequential",
    "time-by-requests": "Time by number of requests",
    "claims": "The claims and their verdicts",
    "speedup": "How much faster than sequential",
    "timeline": "When each task waits, computes and ends",
    "task-latency": "How long a single task lasts",
    "scaling": "Throughput by concurrency",
    "cpu-scaling": "What more workers compute",
    "mixed": "The fastest model, by the share that computes",
    "decision-map": "Which model for which mix of waiting and computing",
    "cpu-cost": "What a task costs in CPU time",
    "startup-cost": "What starting a worker costs",
    "task-handover": "What handing a task over costs",
    "memory": "What a waiting task costs in memory",
    "loop-blocking": "What stops the event loop",
    "gil-release": "What releases the GIL",
    "gil-convoy": "What a computing thread does to the others",
    "lost-updates": "What a safe update costs",
    "offload-cost": "From which task length on sending it away pays",
    "databases": "Database drivers beside their blocking counterparts",
    "web-throughput": "Requests a second, by web stack",
    "web-latency": "How long users wait, by web stack",
    "pythons": "The same cells under several Pythons",
    "where-time-goes": "Where the time goes",
}


def unbroken(text: str) -> str:
    """No line ends between a number and its unit."""
    return BOUND.sub("\N{NO-BREAK SPACE}", text)


def plain(text: str, labels: Mapping[str, str]) -> str:
    """The text with readable names in place of ids."""
    return IDS.sub(lambda match: labels.get(match[0], match[0].replace("-", " ")), RAW.sub("raw HTTP", text))


def fits(title: str) -> bool:
    """Whether the text is short enough for a title; a number with its unit counts as one word."""
    return 0 < len(unbroken(title).split(" ")) <= MOST_WORDS


def title(run: Run, chart: Chart) -> str:
    """The title of a chart's slide."""
    labels: Mapping[str, str] = getattr(chart, "labels", {})
    first = next(filter(fits, (plain(one, labels) for one in candidates(run, chart))), "")
    return unbroken(first or subject(chart))


def subject(chart: Chart) -> str:
    """The subject of a chart; its name where it has none here."""
    return SUBJECTS.get(chart.NAME, chart.NAME.replace("-", " ").capitalize())


def candidates(run: Run, chart: Chart) -> Iterator[str]:
    """The possible titles, the best first: the finding, or a part of it that ends at a break."""
    if own := OWN.get(chart.NAME):
        yield own(run, chart)
    finding = chart.finding(run)
    yield finding
    for end in (RATIO, "; ", r" and (?=\d)"):
        yield from (finding[: match.start()] for match in reversed(list(re.finditer(end, finding))))


def fastest(run: Run, chart: Chart) -> str:
    """The fastest models at waiting and at computing; empty where either has no winner."""
    best = [winners(one.family) for name in (("io", "wire"), ("cpu", "primes")) if (one := contest(run, *name))]
    return f"Waiting: {best[0]} fastest. Computing: {best[1]} fastest." if len(best) == 2 and all(best) else ""


def gain(run: Run, chart: Chart) -> str:
    """The speed-up of the fastest models at waiting; empty unless they were concluded to be faster."""
    if not (measured := contest(run, "io", "wire")) or run.ranges_only:
        return ""
    named = [cell.name for cell in measured.family.faster_than("sequential")]
    if not named or len(named) > MOST_TIED or len(named) < len(measured.family.winners):
        return ""
    ratios = sorted(float(measured.row(name)["speedup"]) for name in named)
    text = "–".join(dict.fromkeys(f"{ratio:.2g}" for ratio in ratios))
    return f"{either(named)}: {text}× faster than sequential where tasks wait"


def peaks(run: Run, chart: Chart) -> str:
    """The throughput of each model, where it is given of all at the same concurrency."""
    text = chart.finding(run).partition(": ")[2]
    sizes = set(CONCURRENCY.findall(text))
    return f"Throughput at {sizes.pop()}: {CONCURRENCY.sub('', text)}" if len(sizes) == 1 else ""


def tail(run: Run, chart: Chart) -> str:
    """Within what time nearly all tasks are done."""
    share, _, text = chart.finding(run).partition(" of the tasks on ")
    return f"{share} of tasks end within: {text.partition(': ')[2]}" if text else ""


def by_share(run: Run, chart: Chart) -> str:
    """The fastest at the smallest share that computes."""
    text = chart.finding(run).partition(": ")[2].partition("; ")[0]
    return f"Fastest: {text} CPU" if text and not text.startswith("no ") else ""


CONCURRENCY = re.compile(r" \((concurrency [\d,]+)\)")
OWN: dict[str, Callable[[Run, Chart], str]] = {
    "speedup": fastest,
    "timeline": gain,
    "scaling": peaks,
    "mixed": by_share,
    "task-latency": tail,
}
