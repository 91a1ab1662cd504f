"""The rounds that tell where the time of cells goes, in a process of their own: `make why`, and after `make full`."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.analysis.attribution import FILE, SCHEMA
from scripts.run.block import environment, experiments_command
from scripts.run.tail import Tail
from scripts.util.atomic_write import atomic_write
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.format import last_line
from scripts.util.processes import end_session, temporary_folder

HEADLINE = "quick and (http or wire)"  # the cells of a run's report
SILENCE_S = 120.0  # a cell takes less than a minute
EXAMPLE = 'Next: make why ONLY="network and threads and c50", or make why WORK=path/to/file.py'


def explain(only: str, show: Callable[[dict[str, Any]], None]) -> list[dict[str, Any]]:
    """The entries of the selected cells, each shown as soon as it is there. CommandError when none came."""
    with tempfile.NamedTemporaryFile("r", dir=os.environ.get("TMPDIR")) as out, tempfile.TemporaryFile() as log:
        command = [*experiments_command(sys.executable), f"--only={only}", f"--why={out.name}"]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, env=environment()
        )
        entries = []
        try:
            for line in Tail(Path(out.name)).follow(process, SILENCE_S):
                entries.append(json.loads(line))
                show(entries[-1])
        finally:
            end_session(process)
        if not entries:
            log.seek(0)
            why = last_line(log.read().decode(errors="replace"))
            raise CommandError(Exit.NOT_MEASURED, f"nothing could be explained: {why}. {EXAMPLE}")
    return entries


def write_entries(path: Path, entries: list[dict[str, Any]]) -> None:
    """Write why.json, all at once or not at all."""
    with atomic_write(path) as file:
        file.write_text(json.dumps({"schema": SCHEMA, "cells": [one for one in entries if "reason" not in one]}))


def explain_headline(run: Path) -> None:
    """Explain the headline cells after a run was measured, and announce each; a failure is noted, and ends nothing."""

    def show(entry: dict[str, Any]) -> None:
        print(f"where the time goes: {entry['cell']}", file=sys.stderr)

    try:
        with temporary_folder():
            write_entries(run / FILE, explain(f"({HEADLINE}) and not twin", show))
    except CommandError as problem:
        print(f"overlap: {problem}", file=sys.stderr)
