"""A Spark cluster of this machine's own: a master and workers on loopback, on free ports.

    python scripts/spark_cluster.py run      starts it, prints its address, stops it on Ctrl-C
    python scripts/spark_cluster.py stop     ends what a killed test or benchmark left running

Tests and benchmarks use `running`. Every process is noted below var/spark with its id when it
starts and is ended by that id. A worker has one core, and its memory is bounded.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

HOST = "127.0.0.1"
NOTES = Path(__file__).resolve().parents[1] / "var" / "spark"
PATIENCE = 120  # seconds: a laden machine starts slowly
DAEMON_MEMORY = "256m"
# Half the processor time of a short run goes into compiling code that runs once.
SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def missing() -> str:
    """What is not there to run Spark, in words; empty when all is there."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed: make spark"
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        return "there is no Java: apt-get install openjdk-17-jre-headless"
    return ""


@contextmanager
def running(workers: int = 2, memory: str = "1g") -> Iterator[str]:
    """The address of a master with so many workers of one core each; all end with the block."""
    started: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory(prefix="paceline-spark-") as folder:
        try:
            port = free_port()
            address = f"spark://{HOST}:{port}"
            arguments = ["--host", HOST, "--port", str(port), "--webui-port", "0"]
            started.append(_start("master.Master", arguments, Path(folder, "master")))
            _wait_for_port(started[0], port)
            for place in range(workers):
                own = Path(folder, f"worker-{place}")
                arguments = ["--host", HOST, "--webui-port", "0", "--cores", "1"]
                arguments += ["--memory", memory, "--work-dir", str(own / "work"), address]
                started.append(_start("worker.Worker", arguments, own))
            yield address
        finally:
            for process in reversed(started):
                _end(process)


def settings(memory: str = "768m", java: str = SHORT_LIVED) -> dict[str, str]:
    """What a session on such a cluster needs: loopback only, few tasks, little memory."""
    return {
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.driver.memory": "1g",
        "spark.executor.memory": memory,
        "spark.executor.cores": "1",
        "spark.driver.extraJavaOptions": java,
        "spark.executor.extraJavaOptions": java,
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.network.timeout": "600s",
        "spark.executor.heartbeatInterval": "60s",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _start(daemon: str, arguments: list[str], folder: Path) -> subprocess.Popen[bytes]:
    import pyspark  # noqa: PLC0415 -- optional

    home = Path(pyspark.__file__).parent
    folder.mkdir()
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_LOCAL_DIRS": str(folder),
        "SPARK_DAEMON_MEMORY": DAEMON_MEMORY,
        "SPARK_DAEMON_JAVA_OPTS": SHORT_LIVED,
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{daemon}", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a worker's executors end with its group
        )
    NOTES.mkdir(parents=True, exist_ok=True)
    _note(process.pid).write_text(_began(process.pid), encoding="ascii")
    return process


def _wait_for_port(process: subprocess.Popen[bytes], port: int) -> None:
    for _attempt in range(PATIENCE * 5):
        if process.poll() is not None:
            raise RuntimeError("Spark's master ended at once")
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.2)
    raise TimeoutError("Spark's master does not answer")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, then make sure of it and of the executors in its group."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=20)
    _kill_group(process.pid)
    process.wait()
    _note(process.pid).unlink(missing_ok=True)


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _note(pid: int) -> Path:
    return NOTES / str(pid)


def _began(pid: int) -> str:
    """When a process began, which tells it apart from a later one with the same id."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
    except OSError:
        return ""


def stop() -> None:
    """End what is noted and still the same process."""
    for note in NOTES.iterdir() if NOTES.is_dir() else ():
        pid = int(note.name)
        if _began(pid) and _began(pid) == note.read_text("ascii"):
            _kill_group(pid)
        note.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("act", choices=["run", "stop"])
    if parser.parse_args().act == "stop":
        return stop()
    if missing():
        sys.exit(missing())
    with running() as address, suppress(KeyboardInterrupt):
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        signal.pause()
    return None


if __name__ == "__main__":
    main()
