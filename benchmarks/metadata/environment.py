"""What a run records about where it was measured: machine, interpreter, packages, source."""

import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import sysconfig
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil

from benchmarks.backends.databases import described
from benchmarks.core.registry import unavailable
from benchmarks.machine.capacity import cgroup_quota, usable_cores
from benchmarks.machine.gil import free_threaded, gil
from benchmarks.machine.pinning import Pinning
from benchmarks.machine.switches import block_environment, kept_switches, switches

ROOT = Path(__file__).parents[2]

# The packages whose versions affect results.
PACKAGES = (
    *("aiohttp", "requests", "urllib3", "h11", "uvloop", "aiofiles", "pillow", "numpy"),
    *("asyncpg", "psycopg", "psycopg-pool", "pymysql", "aiomysql", "pymongo", "motor", "redis", "aiosqlite"),
    *("anyio", "trio", "gevent", "greenlet", "joblib", "httpx", "httpcore"),
    *("distributed", "ray", "numpy"),
    *("psutil", "pytest", "pytest-benchmark"),
)


def first_line(path: str) -> str | None:
    """The first line of a kernel file; None if there is no such file."""
    try:
        return Path(path).read_text().strip().splitlines()[0]
    except (OSError, IndexError):
        return None


def cpu_model() -> str:
    """The processor's name."""
    try:
        match = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        match = None
    return match[1] if match else platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """The installed versions of those packages."""
    installed = {}
    for package in PACKAGES:
        try:
            installed[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return installed


def optimised() -> bool | None:
    """Whether this build used profile-guided optimisation; None if the build hides it, as Debian's do."""
    if "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or ""):
        return True
    return None if sysconfig.get_config_var("PGO_PROF_USE_FLAG") == "" else False


def python() -> dict[str, Any]:
    """The interpreter: version, build, GIL and JIT."""
    jit = getattr(sys, "_jit", None)
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "compiler": platform.python_compiler(),
        "optimised": optimised(),
        "free_threaded": free_threaded(),
        "gil": gil(),
        "jit": bool(jit and jit.is_enabled()),
        "switch_interval_seconds": sys.getswitchinterval(),
        "bytecode_written": not sys.dont_write_bytecode,
    }


def python_of_blocks() -> dict[str, Any]:
    """The interpreter as a block runs it; queried in a block's environment if this one has switches of its own."""
    if switches().keys() <= kept_switches().keys():
        return python()
    ask = f"import json; from {__name__} import python; print(json.dumps(python()))"
    ended = subprocess.run(
        [sys.executable, "-c", ask], env=block_environment(), cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    return dict(json.loads(ended.stdout))


def boot() -> str | None:
    """A hash of the boot id, which tells two starts of the system apart."""
    number = first_line("/proc/sys/kernel/random/boot_id")
    return sha256(number.encode()).hexdigest()[:12] if number else None


def machine() -> dict[str, Any]:
    """The hardware, and the share of it that we may use."""
    frequency = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "cores_usable": usable_cores(),
        "cgroup_quota_cores": cgroup_quota(),
        "governor": first_line(frequency),
        "memory_bytes": psutil.virtual_memory().total,
        "system": platform.system(),
        "kernel": platform.release(),
        "boot": boot(),
        "architecture": platform.machine(),
        "virtual": " hypervisor" in (Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""),
        "load_average": list(psutil.getloadavg()),
    }


def source() -> str:
    """A hash of the measuring code: results of two versions are never mixed."""
    files = sorted(file for folder in ("servers", "benchmarks") for file in (ROOT / folder).rglob("*.py"))
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def environment() -> dict[str, Any]:
    """All of the above, as JSON values."""
    return {
        "machine": machine(),
        "python": python_of_blocks(),
        "switches": kept_switches(),
        "pinned": Pinning.for_this_process().described(),
        "packages": versions(),
        "absent": unavailable(),
        "databases": described(),
        "source": source(),
    }


def environment_mismatch(earlier: dict[str, Any], here: dict[str, Any]) -> str:
    """Why results of an `earlier` environment cannot be combined with results from `here`; empty if they can."""
    for part in ("cpu", "cores_usable", "kernel"):
        if earlier["machine"].get(part) != here["machine"].get(part):
            return f"was measured on another machine ({part} differs)"
    if earlier.get("switches", {}) != here.get("switches", {}):
        return f"was measured with other switches ({listed(earlier)}; here {listed(here)})"
    if earlier["python"] != here["python"] or earlier["packages"] != here["packages"]:
        return "was measured with another Python or other packages"
    return "" if earlier.get("source") == here["source"] else "was measured by another version of Overlap"


def listed(environment: dict[str, Any]) -> str:
    """The switches that a run keeps, in words."""
    return ", ".join(f"{name}={value}" for name, value in environment.get("switches", {}).items()) or "none"
