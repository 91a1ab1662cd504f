"""`make doctor`: what can this machine establish, and what can't it?

`scripts.run.machine_readings` samples for some ten seconds; everything below that line is pure, from readings to words,
so that a busy machine, a single core or half a core can be planted in a test. A mark in front of a line is a
warning. Only what makes measuring impossible ends with an exit code other than 0; a slow or busy machine is a finding.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from rich.table import Table

from benchmarks.machine.cpu_usage import DISTURBED_SHARE
from benchmarks.selfcheck.known_durations import ErrorEstimate
from scripts.report.terminal import console
from scripts.run.machine_readings import LONG_S, SLEEPERS, Lateness, Limits, Readings, read_all
from scripts.run.preflight import NEEDED_FILES
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, leave
from scripts.util.format import percent, seconds

LATE_SHARE = 0.05  # of a wait: later than this, and the machine's part is as large as the differences worth reporting
GOOD_SHARE = 0.8  # of the cores: where less is there, no model can show what it could do with all of them
STEADY = 1.25  # largest over smallest capacity within some seconds: beyond it only large differences survive
SPEEDS_UP = 1.2  # two threads over one: Python code under the GIL that seems to do this shows a machine that drifts
MOST_THREADS = 1000  # the largest cell of the scaling experiment
GIB = 2**30


@dataclass(frozen=True)
class Check:
    """A line of the table: the subject, the reading, its meaning, and whether it is a warning."""

    subject: str
    reading: str
    meaning: str
    warns: bool = False


def blocking_problems(limits: Limits) -> list[str]:
    """The problems that make measuring impossible, each with the command that helps."""
    problems = []
    if limits.files < NEEDED_FILES:
        problems.append(f"{limits.files} files may be open, {NEEDED_FILES} are needed. Next: ulimit -Hn {NEEDED_FILES}")
    if not limits.loopback:
        problems.append("nothing answers on 127.0.0.1. Next: ip link set lo up")
    return problems


def machine(r: Readings) -> Iterator[Check]:
    """The processor and the cores that may be used."""
    yield Check("processor", r.machine["cpu"], "a guest, with neighbours" if r.machine["virtual"] else "no hypervisor")
    governor = r.machine["governor"]
    clock = {None: "not reported, as usual on a guest", "performance": "a steady clock"}
    follows = governor not in clock
    yield Check("governor", governor or "unknown", clock.get(governor, "the clock follows the load: drift"), follows)
    words = {
        None: ("unknown", "not reported"),
        True: ("on", "one busy core outruns two"),
        False: ("off", "a steady clock"),
    }
    yield Check("turbo", *words[r.turbo])
    quota = r.machine["cgroup_quota_cores"]
    means = "no quota" if quota is None else f"beyond {quota:g} cores work pauses"
    cores = f"{r.machine['cores_usable']} usable of {r.machine['cores']}"
    if r.affinity < r.machine["cores"]:
        cores += f", pinned to {r.affinity}"
    yield Check("cores", cores, means, quota is not None or r.machine["cores_usable"] == 1)
    yield Check("load", f"{r.machine['load_average'][0]:.2f} over a minute", "before this began")
    busy = "rounds will count as disturbed"
    noisy = r.others_share > DISTURBED_SHARE
    yield Check("other programs", f"{percent(r.others_share)} of all cores", busy if noisy else "quiet", noisy)
    stolen = r.steal_share > DISTURBED_SHARE
    yield Check("steal", f"{percent(r.steal_share, 1)} of all cores", busy if stolen else "negligible", stolen)


def clocks(r: Readings) -> Iterator[Check]:
    """Sleeping and reading the clock."""
    yield lateness_check("sleep 1 ms, late", r.short_sleep, "one at a time", warns=False)
    share = r.long_sleep.p99_s / LONG_S
    yield lateness_check(
        "sleep 20 ms, late",
        r.long_sleep,
        f"{SLEEPERS} sleeping; p99 {percent(share)} of a wait",
        warns=share > LATE_SHARE,
    )
    yield Check("timer", f"steps of {seconds(r.timer_s)}", "the finest that a span can show")


def lateness_check(what: str, lateness: Lateness, means: str, *, warns: bool) -> Check:
    """The line about the lateness of sleeps."""
    return Check(what, f"{seconds(lateness.p50_s)}, p99 {seconds(lateness.p99_s)}", means, warns)


def scaling(r: Readings) -> Iterator[Check]:
    """The speed-up of several workers."""
    if r.python["gil"]:
        wrong = r.python_threads > SPEEDS_UP
        means = "impossible under the GIL: drift" if wrong else "the GIL: they take turns"
    else:
        wrong = r.python_threads < SPEEDS_UP
        means = "no GIL, yet no gain" if wrong else "no GIL: side by side"
    yield Check("2 threads, primes", f"{r.python_threads:.2f} times one", means, wrong)
    gain = "C code releases the GIL" if r.c_threads > SPEEDS_UP else "no gain, though the GIL is free"
    yield Check("2 threads, digest", f"{r.c_threads:.2f} times one", gain, r.c_threads <= SPEEDS_UP)
    cores = r.machine["cores_usable"]
    speedup = f"{min(r.capacity_samples):.2f} to {max(r.capacity_samples):.2f} times one"
    means = f"median {median(r.capacity_samples):.2f} of {cores} cores"
    yield Check(f"{cores} processes", speedup, means, has_low_capacity(r) or unsteady(r))


def limits(r: Readings) -> Iterator[Check]:
    """The limits of the system."""
    allowed = r.limits
    few = allowed.threads is not None and allowed.threads < MOST_THREADS
    yield Check("open files", str(allowed.files), f"{NEEDED_FILES} are needed")
    means = f"cells of {MOST_THREADS} will fail" if few else "enough"
    yield Check("threads", "no limit" if allowed.threads is None else str(allowed.threads), means, few)
    shm = "missing" if allowed.shm_bytes is None else f"{allowed.shm_bytes / GIB:.1f} GiB free"
    shared = "pools can share locks" if allowed.locks else "process pools will fail"
    yield Check("/dev/shm", shm, shared, not allowed.locks)


def interpreter(r: Readings) -> Iterator[Check]:
    """The Python that is measured."""
    optimised = r.python["optimised"]
    states = {True: "an optimised build", False: "not an optimised build: its figures hold for such builds"}
    means = states.get(optimised, "unknown build flags")
    yield Check("Python", f"{r.python['implementation']} {r.python['version']}", means, optimised is False)
    state = f"GIL {'on' if r.python['gil'] else 'off'}, JIT {'on' if r.python['jit'] else 'off'}"
    yield Check("switches", state, "free-threaded build" if r.python["free_threaded"] else "the usual build")
    for name, value in r.switches.items():
        kept = "kept by KEEP_ENV, and recorded" if name in r.kept else "left out; KEEP_ENV would keep it"
        yield Check("switch", f"{name}={value}", kept, warns=True)
    for mood in r.moods:
        yield Check("this interpreter", mood, "blocks run without it", warns=True)


def checks(r: Readings) -> list[Check]:
    """All lines."""
    return [check for part in (machine, clocks, scaling, limits, interpreter) for check in part(r)]


def measuring_error_text(estimate: ErrorEstimate, late_s: float) -> str:
    """Whether the harness's error on a known answer meets the aim."""
    if estimate.error_s <= estimate.aim_s:
        return "met"
    if estimate.least_error_s <= estimate.aim_s:
        return "when quiet"
    return "sleepers" if estimate.own_error_s(late_s) <= estimate.aim_s else "missed"


def has_low_capacity(r: Readings) -> bool:
    """Whether the parallel capacity is much smaller than the number of cores."""
    return bool(median(r.capacity_samples) < GOOD_SHARE * r.machine["cores_usable"])


def unsteady(r: Readings) -> bool:
    """Whether the parallel capacity changes within seconds."""
    return max(r.capacity_samples) > STEADY * min(r.capacity_samples)


def computing(r: Readings) -> str:
    """The sentence about parallel speed-up."""
    cores, quota, gave = r.machine["cores_usable"], r.machine["cgroup_quota_cores"], median(r.capacity_samples)
    if quota is not None and quota < r.affinity:
        return f"a quota of {quota:g} cores stops all work in bursts: nothing about computing can be established"
    if cores == 1:
        return "with one usable core nothing about parallel speed-up can be established"
    start = f"{cores} cores gave {gave:.2g} times one core's work"
    drift = f"but between {min(r.capacity_samples):.2g} and {max(r.capacity_samples):.2g}"
    if has_low_capacity(r):
        return f"{start}: verdicts about parallel speed-up will not be established now"
    if unsteady(r):
        return f"{start}, {drift}: only large speed-ups will be established"
    return f"{start}: parallel speed-up can be established"


def waiting(r: Readings) -> str:
    """The sentence about overlapping waits."""
    if r.long_sleep.p99_s > LATE_SHARE * LONG_S:
        late = f"sleepers wake up to {seconds(r.long_sleep.p99_s)} late (p99)"
        return f"{late}: small differences in waiting will not be established either"
    return (
        "statements about waiting will be"
        if has_low_capacity(r) or unsteady(r)
        else "statements about waiting can be too"
    )


def conclusion(r: Readings) -> str:
    """One or two sentences: what this machine can establish now, and what it can't."""
    taken = r.others_share + r.steal_share
    busy = f" Other programs and the hypervisor took {percent(taken)} of its cores meanwhile: wait until they are done."
    sentence = f"{computing(r)}; {waiting(r)}."
    return sentence[0].upper() + sentence[1:] + busy * (taken > DISTURBED_SHARE)


def rows(checks: list[Check]) -> Table:
    """The checks, a line each, within 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_header=False)
    for width in (1, 17, 23, 33):  # and a space on either side of each but the outermost: 80 columns
        table.add_column(width=width, no_wrap=True, overflow="ellipsis")
    for check in checks:
        table.add_row("!" if check.warns else "", check.subject, check.reading, check.meaning)
    return table


def errors(r: Readings) -> Table:
    """The harness's error on known answers."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name, width in (("known answers", 32), ("lasts", 7), ("error", 7), ("least", 7), ("aim", 7), ("", 10)):
        table.add_column(name, width=width, no_wrap=True, justify="left" if width > 7 else "right")
    for one in r.error_estimates:
        times = (one.known.seconds, one.error_s, one.least_error_s, one.aim_s)
        table.add_row(one.known.what, *map(seconds, times), measuring_error_text(one, r.long_sleep.p50_s))
    return table


LEGEND = """\
An error is measured less known time, in the median round; the least is that of
the quickest round, nearest to the harness alone. "when quiet": the quickest
round meets the aim; "sleepers": it would if this machine woke them on time."""


def databases(r: Readings) -> Table:
    """The databases that can be measured, and what to install for the others."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("databases", width=19)
    table.add_column("", width=59)
    for name, what in r.databases:
        table.add_row(name, what)
    return table


def main() -> None:
    """Read the machine, and print what the readings mean."""
    command_parser("doctor", __doc__).parse_args()
    out, limits = console(), Limits.read()
    if reasons := blocking_problems(limits):
        leave(CommandError(Exit.NOT_MEASURED, "measuring is impossible here: " + "; ".join(reasons)))
    readings = read_all(limits)
    out.print(rows(checks(readings)))
    out.print()
    out.print(databases(readings))
    out.print()
    out.print(errors(readings))
    out.print(LEGEND, style="dim")
    out.print(f"\n{conclusion(readings)}", markup=False)


if __name__ == "__main__":
    main()
