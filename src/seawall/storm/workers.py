"""Where the storms of a sweep run: processes on this machine, or a Ray cluster."""

import os
import signal
import socket
from collections.abc import Callable
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Protocol

from seawall.engine.errors import BadParameters, SeawallError
from seawall.storm.extras import library
from seawall.storm.sweep import Job, Sweep
from seawall.storm.sweep_job import Answer, stay_with, work

_ALONE = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""One thread a worker: there are as many workers as cores."""

_REACH = 5.0  # seconds to wait for an address to answer


class WorkersLost(SeawallError):
    """The workers are gone: killed, out of memory, or a cluster that went away."""


class Workers(Protocol):
    """Takes jobs and gives answers, in the order in which they are finished."""

    count: int
    """How many storms they run at once."""

    wanted: int
    """How many jobs should be under way, so that no worker waits."""

    def give(self, job: Job) -> None:
        """Start a job, or put it in line."""

    def take(self) -> list[Answer]:
        """Wait for answers; at least one. Raises :class:`WorkersLost`."""

    def stop(self) -> None:
        """Let go of everything, finished or not."""


class Alone:
    """The process of the caller: one storm after the other, with nothing to start."""

    count = wanted = 1

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self._waiting: list[Job] = []

    def give(self, job: Job) -> None:
        """Put a job in line."""
        self._waiting.append(job)

    def take(self) -> list[Answer]:
        """Run the first job in line."""
        return [work(self.sweep, self._waiting.pop(0))]

    def stop(self) -> None:
        """Nothing is under way."""


class Processes:
    """Workers on this machine, one process a core where ``count`` is None."""

    def __init__(self, sweep: Sweep, count: int | None = None) -> None:
        self.count = _cores() if count is None else count
        if not 1 <= self.count <= 1024:
            raise BadParameters(f"workers {self.count}: must be between 1 and 1024")
        self.wanted = 2 * self.count
        self.sweep = sweep
        self._before = {name: os.environ.get(name) for name in _ALONE}
        os.environ.update(_ALONE)
        self._pool = futures.ProcessPoolExecutor(
            self.count,
            mp_context=get_context("spawn"),
            initializer=_begin,
            initargs=(os.getpid(),),
        )
        self._running: set[futures.Future[Answer]] = set()

    def give(self, job: Job) -> None:
        """Start a job, or put it in line."""
        try:
            self._running.add(self._pool.submit(work, self.sweep, job))
        except BrokenProcessPool:
            raise WorkersLost(_DIED) from None

    def take(self) -> list[Answer]:
        """Wait for answers; at least one. Raises :class:`WorkersLost`."""
        done, self._running = futures.wait(
            self._running, return_when=futures.FIRST_COMPLETED
        )  # fmt: skip
        try:
            return [future.result() for future in done]
        except BrokenProcessPool:
            raise WorkersLost(_DIED) from None

    def stop(self) -> None:
        """End the processes, also those in the middle of a storm."""
        processes = list((self._pool._processes or {}).values())
        if self._running:
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()
        else:
            self._pool.shutdown()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def team_of(sweep: Sweep, count: int | None, ray: str | None) -> Workers:
    """The workers of a sweep: a cluster at ``ray``, else ``count`` processes; one is this one."""
    if ray is not None:
        return Ray(sweep, ray)
    return Alone(sweep) if count == 1 else Processes(sweep, count)


_DIED = "a worker died in the middle of a storm; the machine may be out of memory"


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _begin(parent: int) -> None:
    """A worker begins: Ctrl-C is for the program that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stay_with(parent)


class Ray:
    """Workers of a Ray cluster at ``address`` (``host:port``, ``ray://host:port`` or ``auto``).

    Seawall must be installed on its machines, in the same version. Raises
    :class:`BadParameters` where Ray is not installed or the address does not answer.
    """

    def __init__(self, sweep: Sweep, address: str) -> None:
        ray = library("ray", "ray")
        _reach(address)
        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR")
        except (ray.exceptions.RayError, RuntimeError, ValueError, OSError) as error:
            reason = str(error).strip().split("\n", 1)[0]
            raise BadParameters(f"no Ray cluster at {address}: {reason}") from None
        self._ray: Any = ray
        self.count = int(ray.cluster_resources().get("CPU", 1)) or 1
        self.wanted = 2 * self.count
        self._work: Callable[..., Any] = ray.remote(num_cpus=1, max_retries=2)(work).remote
        self._sweep = ray.put(sweep)
        self._running: list[Any] = []

    def give(self, job: Job) -> None:
        """Start a job, or put it in line."""
        self._running.append(self._work(self._sweep, job))

    def take(self) -> list[Answer]:
        """Wait for answers; at least one. Raises :class:`WorkersLost`."""
        try:
            done, self._running = self._ray.wait(self._running, num_returns=1)
            return list(self._ray.get(done))
        except self._ray.exceptions.RayError as error:
            reason = str(error).strip().split("\n", 1)[0]
            raise WorkersLost(f"the Ray cluster failed: {reason}") from None

    def stop(self) -> None:
        """Leave the cluster; what is under way there is given up."""
        self._ray.shutdown()


def _reach(address: str) -> None:
    """Whether somebody listens at the address; Ray itself would wait for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if address in ("auto", "local"):
        return
    if not colon or not host or not port.isdigit():
        raise BadParameters(
            f"Ray address {address!r}: write it as host:port, ray://host:port or auto"
        )
    try:
        socket.create_connection((host, int(port)), timeout=_REACH).close()
    except (OSError, OverflowError) as error:
        raise BadParameters(f"no Ray cluster at {address}: {error}") from None
