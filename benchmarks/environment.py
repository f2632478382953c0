"""Environment of a measurement: versions, machine, commit, without user names and paths."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Dict, List, Optional

from wasabi import msg

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "spacy-nested-ner",
    "spacy",
    "thinc",
    "torch",
    "transformers",
    "spacy-transformers",
    "numpy",
)
# of a processor, for the products of matrices; the last two for bfloat16
UNITS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def read_environment(*, gpu: int = -1) -> Dict[str, Any]:
    """Versions of the packages in use, the machine, and the commit of the code.

    gpu: Index of the CUDA device in use, -1 for none.
    """
    return {"versions": read_versions(), "machine": read_machine(gpu), "commit": read_commit()}


def read_versions() -> Dict[str, str]:
    """Versions of Python and of the installed packages among PACKAGES."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def read_machine(gpu: int) -> Dict[str, Any]:
    """Processor and its units, number of cores for this process, threads of PyTorch, GPU."""
    import torch

    return {
        "cpu": read_cpu(),
        "units": read_units(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name(gpu) if gpu >= 0 else None,
    }


def read_cpu() -> str:
    """Model name of the processor, on Linux from /proc/cpuinfo."""
    return _read_cpuinfo("model name") or platform.processor() or platform.machine()


def read_units() -> List[str]:
    """Which of `UNITS` the processor has, on Linux from /proc/cpuinfo. One name of a processor
    may stand for several kinds."""
    flags = _read_cpuinfo("flags").split()
    return [unit for unit in UNITS if unit in flags]


def _read_cpuinfo(entry: str) -> str:
    """An entry of the first processor in /proc/cpuinfo, or nothing."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf8").splitlines() if cpuinfo.exists() else []
    values = (line.partition(":")[2].strip() for line in lines if line.startswith(entry))
    return next(values, "")


def read_commit() -> Optional[str]:
    """Hash of the commit, with "-dirty" when tracked files differ; None without a commit."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout.strip() or None


def gpu_is_missing(gpu: int) -> bool:
    """Whether the chosen GPU is missing; prints a warning if it is.

    gpu: Index of a CUDA device, -1 for none.
    """
    import torch

    if gpu < torch.cuda.device_count():
        return False
    msg.warn(f"Skipped: there is no CUDA device {gpu}; {torch.cuda.device_count()} were found.")
    return True
