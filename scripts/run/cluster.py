"""Measuring on an existing cluster: it is queried before anything is timed, and recorded in environment.json."""

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
        """As a run's environment.json has it."""
        server = environment.get("server", {})
        return cls(environment.get("cluster", {}).get("address", ""), server.get("bind", ""), server.get("address", ""))

    def environment(self) -> dict[str, str]:
        """The variables that a block gets."""
        return {VARIABLE: self.cluster} if self.cluster else {}


NO_CLUSTER = ClusterConfig()  # this machine


def describe_cluster(config: ClusterConfig, only: str) -> dict[str, Any]:
    """The cluster, and the latency server that it reaches, for environment.json; empty without a cluster.

    CommandError where the cluster can't run the selected cells.
    """
    if (config.bind or config.address) and not config.cluster:
        raise CommandError(
            Exit.USAGE, "BIND and ADDRESS let the workers of a CLUSTER reach the server. Next: add CLUSTER=…"
        )
    if config.address and not config.bind:
        here = f"ADDRESS={config.address}: the server listens on this machine only"
        raise CommandError(Exit.USAGE, f"{here}. Next: add BIND={config.address}")
    server = {"server": {"bind": config.bind, "address": config.address}} if config.bind else {}
    return server | ({"cluster": capable_cluster(config, only)} if config.cluster else {})


def capable_cluster(config: ClusterConfig, only: str) -> dict[str, Any]:
    """Version, workers and hosts of the cluster. CommandError where it is too small or unreachable."""
    model = speaker(config.cluster)
    cells = [cell for cell in catalogue() if cell.model == model and chosen(only, cell)]
    if not cells:
        raise CommandError(
            Exit.USAGE, f"CLUSTER={config.cluster}: {only!r} selects no cell of {model}. Next: ONLY=cluster"
        )
    if cells[0].unavailable_reason:
        raise CommandError(
            Exit.NOT_MEASURED, f"CLUSTER={config.cluster}: {model} {cells[0].unavailable_reason}. Next: make full"
        )
    try:
        described = query_cluster(config, cells)
    except (ClusterError, ServiceError) as problem:
        raise CommandError(Exit.NOT_MEASURED, f"CLUSTER={config.cluster}: {problem}") from None
    if (most := max(cell.concurrency for cell in cells)) > described["workers"]:
        few = f"it runs {described['workers']} tasks concurrently, and the cells need {most}"
        raise CommandError(
            Exit.NOT_MEASURED, f"CLUSTER={config.cluster}: {few}. Next: start more workers, or narrow ONLY"
        )
    return described


def query_cluster(config: ClusterConfig, cells: list[Cell]) -> dict[str, Any]:
    """What the cluster answers about itself, its workers, and whether they can import these cells' code and fetch."""
    modules = sorted({file.removesuffix(".py").replace("/", ".") for cell in cells for file in code(cell)})
    fetching = any("url" in cell.workload.needs or cell.metrics for cell in cells)
    with serve("servers.latency", *serving(config.bind, config.address)) if fetching else nullcontext() as server:
        return ask(config.cluster, modules, server.url if server else "")


def check_same_cluster(run: Path) -> None:
    """CommandError when the cluster of an interrupted run has changed since."""
    recorded = read_environment(run)
    if not (before := recorded.get("cluster")):
        return
    now = capable_cluster(ClusterConfig.of(recorded), recorded["plan"]["only"])
    for part in ("version", "workers", "hosts", "pythons"):
        if now[part] != before[part]:
            raise CommandError(
                Exit.BAD_DATA,
                f"{run}: {part} of its cluster was {before[part]}, and is {now[part]}. Next: make bench",
            )
