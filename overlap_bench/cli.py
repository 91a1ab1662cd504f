"""`overlap <verb>`: what `make <verb>` does in a clone, from any folder, with true exit codes.

A verb replaces this process, so that its exit code, its signals and its output are its own. Its options are those of
make's variables: `make bench ONLY=http` is `overlap bench --only http`.
"""

import os
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import click

from overlap_bench.house import HOUSE, command, environment

USAGE, INTERRUPTED = 2, 130  # as every verb says them
EXIT_CODES = """\
Exit codes: 0 ok; 1 a claim, an expectation or a comparison went the other way;
2 wrong usage; 3 could not measure; 4 unreadable results; 130 interrupted."""


@dataclass(frozen=True)
class Verb:
    """A verb: under which heading it is listed, what it does, the module that does it, and options always given."""

    group: str
    help: str
    module: str
    fixed: tuple[str, ...] = ()
    positional: tuple[str, ...] = ()  # the options that the module takes by their place
    example: str = ""


MEASURE, LOOK, OWN, HERE = "Measure", "Look at results", "Your own code", "About this machine"
VERBS = {
    "quick": Verb(MEASURE, "a first look in about a minute: 3 blocks, ranges only", "bench", ("--quick",)),
    "bench": Verb(
        MEASURE, "10 blocks, with intervals, charts and a report", "bench", example='bench --only "http and asyncio"'
    ),
    "full": Verb(MEASURE, "every experiment, those of the claims included", "bench", ("--full",)),
    "matrix": Verb(
        MEASURE, "the same under several Pythons, in turns", "matrix", example='matrix --python "3.13 3.14"'
    ),
    "claims": Verb(MEASURE, "a verdict for every claim of a talk", "claims", example="claims --talk async_await"),
    "claim": Verb(MEASURE, "a verdict for one claim, in a minute", "claims", example="claim --id network-io"),
    "compare": Verb(LOOK, "two runs side by side", "compare", positional=("--a", "--b")),
    "report": Verb(LOOK, "write report.html of a run again", "report", positional=("--run",)),
    "charts": Verb(LOOK, "draw the charts of a run again", "charts", positional=("--run",)),
    "slides": Verb(LOOK, "a deck about a run: PDF and pictures", "slides", positional=("--run",)),
    "trace": Verb(LOOK, "when each task ran, for Perfetto to open", "trace", positional=("--run",)),
    "share": Verb(LOOK, "one small file of a run and its verdicts", "share", positional=("--run",)),
    "atlas": Verb(LOOK, "claims over many machines, from shared files", "atlas", positional=("--from",)),
    "race": Verb(LOOK, "watch the models race on a page of your own", "race", example="race --open"),
    "lesson": Verb(LOOK, "the pitfalls as short programs", "lesson", positional=("--lesson",)),
    "mine": Verb(
        OWN, "your own work under the models that fit", "mine", positional=("--work",), example="mine work.py"
    ),
    "ab": Verb(OWN, "two revisions, or two versions of a library", "ab", example="ab --base main -- work.py"),
    "why": Verb(OWN, "where the time of a cell goes", "why", positional=("--work",), example="why work.py"),
    "advise": Verb(OWN, "which model for your work", "advise", example="advise --tasks 5000 --wait-ms 200 --cpu-ms 3"),
    "doctor": Verb(HERE, "what this machine can and cannot establish", "doctor"),
    "models": Verb(HERE, "every model, and whether it runs here", "models"),
    "aa": Verb(HERE, "the suite against itself: A/A controls", "aa"),
}


def main() -> None:
    """Run the verb that the command line names."""
    sys.path.insert(0, str(HOUSE))
    from scripts.util.output import survive_closed_pipes

    survive_closed_pipes()
    try:
        program(standalone_mode=False, prog_name="overlap")
    except click.ClickException as problem:
        print(f"overlap: {problem.format_message()} Next: overlap help", file=sys.stderr)
        sys.exit(USAGE)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.Abort:
        sys.exit(INTERRUPTED)


def running_version() -> str:
    """The installed version; that of a clone without one."""
    try:
        return version("overlap-bench")
    except PackageNotFoundError:
        return "not installed: run from a clone"


class VerbGroup(click.Group):
    """A list of verbs under headings, with examples, instead of one alphabet."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the groups, the examples and the exit codes."""
        for group in (MEASURE, LOOK, OWN, HERE):
            with formatter.section(group):
                formatter.write_dl([(name, verb.help) for name, verb in VERBS.items() if verb.group == group])
        with formatter.section("Examples"):
            formatter.write("".join(f"  overlap {verb.example}\n" for verb in VERBS.values() if verb.example))
        formatter.write(f"\n{EXIT_CODES}\n\noverlap <verb> --help explains a verb.\n")
        formatter.write('Completion (or zsh_, fish_): eval "$(_OVERLAP_COMPLETE=bash_source overlap)"\n')


@click.group(cls=VerbGroup, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(running_version(), prog_name="overlap", message="%(prog)s %(version)s")
@click.option("--results", metavar="DIR", default="", help="Where results go and are found.")
@click.pass_context
def program(context: click.Context, results: str) -> None:
    """Measure how well Python's concurrency models overlap waiting and computing."""
    context.obj = results
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@program.command("help", hidden=True, add_help_option=False)
@click.argument("verb", required=False)
@click.pass_context
def list_verbs(context: click.Context, verb: str | None) -> None:
    """All verbs, or one explained."""
    if verb:
        exec_verb(find_verb(verb), ("--help",), "")
    assert context.parent
    click.echo(context.parent.get_help())


def find_verb(name: str) -> Verb:
    """The verb that is called so. UsageError when there is none."""
    if name not in VERBS:
        raise click.UsageError(f"There is no verb {name!r}.")
    return VERBS[name]


def exec_verb(verb: Verb, arguments: tuple[str, ...], results: str) -> None:
    """Become the verb."""
    options, results = extract_option("--results", [*verb.fixed, *arguments], results)
    line = command(verb.module, *with_positionals(verb.positional, options))
    os.execve(line[0], line, environment(results))


def with_positionals(options: tuple[str, ...], arguments: list[str]) -> list[str]:
    """The arguments with those options put in their places; an A that was left out is the reference."""
    values = []
    for option in options:
        arguments, value = extract_option(option, arguments, "")
        values.append(value)
    if any(values) and not values[0]:
        values[0] = str(HOUSE / "results" / "reference")
    return [*filter(None, values), *arguments]


def extract_option(option: str, arguments: list[str], default: str) -> tuple[list[str], str]:
    """The arguments without `option value` or `option=value`, and the value. UsageError when the value is missing."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    for place, word in enumerate(arguments[:end]):
        if word.startswith(f"{option}="):
            return arguments[:place] + arguments[place + 1 :], word.removeprefix(f"{option}=")
        if word == option:
            if place + 1 >= end:
                raise click.UsageError(f"{option} needs a value.")
            return arguments[:place] + arguments[place + 2 :], arguments[place + 1]
    return arguments, default


def add_verb(name: str, verb: Verb) -> None:
    """Make a verb known to the program."""

    @program.command(
        name,
        help=verb.help,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    @click.pass_context
    def run(context: click.Context, /, arguments: tuple[str, ...]) -> None:
        exec_verb(verb, arguments, context.obj)


for _name, _verb in VERBS.items():
    add_verb(_name, _verb)


if __name__ == "__main__":
    main()
