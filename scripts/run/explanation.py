"""The rounds that tell where the time of cells goes, in a process of their own: `make why`, and after `make full`."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from scripts.analysis.attribution import FILE, SCHEMA
from scripts.run.block import POLL_S, environment, experiments_command
from scripts.util.atomic_write import atomic_write
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.processes import end_session, temporary_folder

HEADLINE = "quick and (http or wire)"  # the cells of a run's report
SILENCE_S = 120.0  # a cell takes less than a minute
HOW = 'Next: make why ONLY="network and threads and c50", or make why WORK=path/to/file.py'


def explained(only: str, show: Callable[[dict[str, Any]], None]) -> list[dict[str, Any]]:
    """The entries of the selected cells, each shown as soon as it is there. CommandError when none came."""
    with tempfile.NamedTemporaryFile("r") as out, tempfile.TemporaryFile() as log:
        command = [*experiments_command(sys.executable), f"--only={only}", f"--why={out.name}"]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, env=environment()
        )
        try:
            entries = list(follow(process, Path(out.name), show))
        finally:
            end_session(process)
        if not entries:
            log.seek(0)
            lines = log.read().decode(errors="replace").strip().splitlines() or ["it printed nothing"]
            raise CommandError(Exit.NOT_MEASURED, f"nothing could be explained: {lines[-1]}. {HOW}")
    return entries


def follow(
    process: "subprocess.Popen[bytes]", path: Path, show: Callable[[dict[str, Any]], None]
) -> Iterator[dict[str, Any]]:
    """The entries as they come, until the process ends or says nothing for too long."""
    heard_at, at = time.monotonic(), 0
    while time.monotonic() - heard_at < SILENCE_S:
        ended = process.poll() is not None
        for line in path.read_text()[at:].splitlines(keepends=True):
            if line.endswith("\n"):
                at, heard_at, entry = at + len(line), time.monotonic(), json.loads(line)
                show(entry)
                yield entry
        if ended:
            return
        time.sleep(POLL_S)


def keep(path: Path, entries: list[dict[str, Any]]) -> None:
    """Write why.json, all at once or not at all."""
    with atomic_write(path) as file:
        file.write_text(json.dumps({"schema": SCHEMA, "cells": [one for one in entries if "reason" not in one]}))


def explain_headline(run: Path) -> None:
    """Explain the headline cells after a run was measured, and announce each; a failure is noted, and ends nothing."""

    def show(entry: dict[str, Any]) -> None:
        print(f"where the time goes: {entry['cell']}", file=sys.stderr)

    try:
        with temporary_folder():
            keep(run / FILE, explained(f"({HEADLINE}) and not twin", show))
    except CommandError as problem:
        print(f"overlap: {problem}", file=sys.stderr)
