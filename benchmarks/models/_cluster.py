"""The clusters of Dask and Ray: a private one on this machine, or the one that CLUSTER names.

The private one listens on loopback only, has no dashboard, reports no usage statistics, and writes into a temporary
folder that is deleted with it. On another the workers get this code without a shared disk: Dask is sent a zip, Ray
the packages' folders. Rejected: pickling the code by value, as `cloudpickle` can: it cannot pickle what `lru_cache`
wraps, and every task would carry its workload.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from zipfile import ZipFile

from benchmarks.models._subprocess import folders

VARIABLE = "OVERLAP_CLUSTER"
ROOT = Path(__file__).parents[2]
PACKAGES = ("servers", "benchmarks")  # our packages that a worker needs
LOOPBACK = "127.0.0.1"
STORE_BYTES = 100_000_000  # Ray takes a third of the memory for objects; ours are numbers


def speaker(address: str) -> str:
    """The model that uses a cluster at this address: Dask or Ray."""
    return "dask" if address.startswith(("tcp://", "tls://", "ws://", "wss://")) else "ray"


def external_address(model: str) -> str:
    """The address of the cluster that `model` uses; empty if it starts its own."""
    address = os.environ.get(VARIABLE, "")
    return address if address and speaker(address) == model else ""


def serving(bind: str, address: str) -> list[str]:
    """Options that let other machines reach the latency server; none if it stays on loopback."""
    exposed = ["--host", bind, "--expose"] if bind else []
    return exposed + (["--advertise", address] if address else [])


@contextmanager
def dask_cluster(workers: int) -> Iterator[str]:
    """The address of a scheduler with as many workers of one thread, all of them with our code."""
    from dask import config
    from distributed import LocalCluster

    if address := external_address("dask"):
        with code_of_dask(address):
            yield address
        return
    with (
        temporary_folder() as folder,
        config.set({"temporary-directory": folder}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host=LOOPBACK,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": f"{LOOPBACK}:0"},  # without one it takes port 8787, for nothing
            local_directory=folder,
        ) as cluster,
    ):
        yield cluster.scheduler_address


@contextmanager
def code_of_dask(address: str) -> Iterator[str]:
    """Upload our code to scheduler and workers, also to those that join later; yields the name of its zip."""
    from distributed import Client
    from distributed.diagnostics.plugin import SchedulerUploadFile, UploadFile

    with TemporaryDirectory(prefix="overlap-") as folder, Client(address, set_as_default=False) as client:
        path = archive(Path(folder))
        client.register_plugin(SchedulerUploadFile(str(path)), "overlap-code")
        client.register_plugin(UploadFile(str(path)), "overlap-code")
        try:
            yield path.name
        finally:
            client.unregister_worker_plugin("overlap-code")
            client.unregister_scheduler_plugin("overlap-code")


@contextmanager
def temporary_folder() -> Iterator[str]:
    """A folder that is deleted with the cluster, also if that is killed."""
    with TemporaryDirectory(prefix="overlap-") as folder:
        folders.append(folder)
        yield folder


def archive(folder: Path) -> Path:
    """Our packages in a zip named after its content, because a worker keeps what it has imported."""
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    content = sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    path = folder / f"overlap-{content[:16]}.zip"
    with ZipFile(path, "w") as made:
        for file in files:
            made.write(file, file.relative_to(ROOT))
    return path


@contextmanager
def ray_cluster(workers: int) -> Iterator[ModuleType]:
    """Ray, connected to a cluster with room for as many workers, all of them with our code."""
    address = external_address("ray")
    if not address:
        keep_to_ourselves()
    import ray

    with temporary_folder() as folder:
        if address:
            ray.init(address, runtime_env=code_of_ray(), log_to_driver=False, configure_logging=False)
        else:
            ray.init(
                num_cpus=workers,
                include_dashboard=False,
                log_to_driver=False,
                configure_logging=False,
                object_store_memory=STORE_BYTES,
                _node_ip_address=LOOPBACK,
                _temp_dir=folder,
            )
        try:
            yield ray
        finally:
            ray.shutdown()


def code_of_ray() -> dict[str, list[str]]:
    """The packages that Ray uploads to workers on other machines."""
    return {"py_modules": [str(ROOT / package) for package in PACKAGES]}


def keep_to_ourselves() -> None:
    """Let Ray and what it starts listen to this machine only, and write nothing into the home folder.

    Its loopback is replaced by an outer address unless it takes this for a Mac. What it imports reads this once.
    """
    os.environ |= {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),  # or it makes one, and keeps it in ~/.ray
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
