"""Measuring on a cluster that is there already: asked what it is before anything is timed, and recorded in the run."""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.core.cell import Cell
from benchmarks.core.registry import catalogue, code
from benchmarks.core.selection import chosen
from benchmarks.metadata.cluster import ClusterError, ask
from benchmarks.models._cluster import VARIABLE, serving, speaker
from scripts.tables.schema import read_environment
from scripts.util.exit_codes import CommandError, Exit
from servers.subprocesses import ServiceError, serve


@dataclass(frozen=True)
class ClusterConfig:
    """Where the workers of Dask or Ray are, and how they reach the latency server."""

    cluster: str = ""
    bind: str = ""
    address: str = ""

    @classmethod
    def of(cls, environment: dict[str, Any]) -> "ClusterConfig":
        """What a run has recorded."""
        server = environment.get("server", {})
        return cls(environment.get("cluster", {}).get("address", ""), server.get("bind", ""), server.get("address", ""))

    def environment(self) -> dict[str, str]:
        """The variables that a block gets."""
        return {VARIABLE: self.cluster} if self.cluster else {}


ALONE = ClusterConfig()  # this machine


def recorded(where: ClusterConfig, only: str) -> dict[str, Any]:
    """What the run's environment says of it. Stop where the cluster cannot do the selected cells."""
    if (where.bind or where.address) and not where.cluster:
        raise CommandError(
            Exit.USAGE, "BIND and ADDRESS let the workers of a CLUSTER reach the server. Next: add CLUSTER=…"
        )
    if where.address and not where.bind:
        here = f"ADDRESS={where.address}: the server listens on this machine only"
        raise CommandError(Exit.USAGE, f"{here}. Next: add BIND={where.address}")
    server = {"server": {"bind": where.bind, "address": where.address}} if where.bind else {}
    return server | ({"cluster": asked(where, only)} if where.cluster else {})


def asked(where: ClusterConfig, only: str) -> dict[str, Any]:
    """What the cluster is."""
    model = speaker(where.cluster)
    cells = [cell for cell in catalogue() if cell.model == model and chosen(only, cell)]
    if not cells:
        raise CommandError(
            Exit.USAGE, f"CLUSTER={where.cluster}: {only!r} selects no cell of {model}. Next: ONLY=cluster"
        )
    if cells[0].unavailable_reason:
        raise CommandError(
            Exit.NOT_MEASURED, f"CLUSTER={where.cluster}: {model} {cells[0].unavailable_reason}. Next: make full"
        )
    try:
        found = introduced(where, cells)
    except (ClusterError, ServiceError) as problem:
        raise CommandError(Exit.NOT_MEASURED, f"CLUSTER={where.cluster}: {problem}") from None
    if (most := max(cell.concurrency for cell in cells)) > found["workers"]:
        few = f"it does {found['workers']} tasks at once, and {most} are asked for"
        raise CommandError(
            Exit.NOT_MEASURED, f"CLUSTER={where.cluster}: {few}. Next: start more workers, or narrow ONLY"
        )
    return found


def introduced(where: ClusterConfig, cells: list[Cell]) -> dict[str, Any]:
    """The cluster's own words, and whether it can do these cells; a server is there for its workers to try."""
    modules = sorted({file.removesuffix(".py").replace("/", ".") for cell in cells for file in code(cell)})
    fetching = any("url" in cell.workload.needs or cell.metrics for cell in cells)
    with serve("servers.latency", *serving(where.bind, where.address)) if fetching else nullcontext() as server:
        return ask(where.cluster, modules, server.url if server else "")


def still_there(run: Path) -> None:
    """Stop when an interrupted run's cluster is another by now."""
    found = read_environment(run)
    if not (before := found.get("cluster")):
        return
    now = asked(ClusterConfig.of(found), found["plan"]["only"])
    for part in ("version", "workers", "hosts", "pythons"):
        if now[part] != before[part]:
            raise CommandError(
                Exit.BAD_DATA,
                f"{run}: {part} of its cluster was {before[part]}, and is {now[part]}. Next: make bench",
            )
