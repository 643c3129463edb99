"""The night: many generated plans and worlds through the engine and the row-by-row calculator.

`make nightly` divides them into blocks, each with a seed of its own, over the machine's
processors. What a block says is a line of `results.jsonl`; blocks that this commit has passed
already are not run again, so a night may be stopped and gone on with. At the end it tells how
many examples agreed, how often each part of the plan language was among them, and what never was.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, given, settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from tests.engine.comparing import compare_example
from tests.engine.features import features, language
from tests.engine.generating import Example, examples

STYLES = 2**62
# Hypothesis changes an example here and there to get the next five, whose plan is the same; of a
# thousand examples some hundred and sixty plans were left. A back end draws each one anew.
UNRELATED = "unrelated"
AVAILABLE_PROVIDERS[UNRELATED] = HypothesisProvider
Said = dict[str, Any]


def run_block(seed: int, size: int) -> Said:
    """Try `size` examples of a seed; raises with the smallest example on which the two differ."""
    counts: Counter[str] = Counter()
    plans: set[bytes] = set()

    @hypothesis.seed(seed)
    @settings(
        max_examples=size,
        backend=UNRELATED,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(examples(STYLES))
    def agree(example: Example) -> None:
        compared = compare_example(example)
        plans.add(sha256(example.text.encode()).digest())
        counts["examples"] += 1
        counts["order lines"] += len(example.rows["order_lines"])
        if compared.refused:
            counts[f"refused: {compared.refused}"] += 1
            return
        expected = compared.expected
        counts["with pay that is not zero"] += any(expected.statements.values())
        counts["with credited lines"] += bool(expected.credits)
        counts.update({f"excluded: {reason}" for reason, _ in expected.excluded})
        counts.update({f"noted: {code}" for code, _, _ in expected.problems})
        counts.update(f"plan: {one}" for one in features(json.loads(example.text)))

    started = time.process_time()
    gc.collect()
    gc.freeze()  # as the tests do
    gc.set_threshold(20_000, 20, 50)
    agree()
    spent = time.process_time() - started
    return {"seed": seed, "plans": len(plans), "processor": round(spent, 1), "counts": counts}


def main() -> int:
    options = _options()
    if options.seed is not None:
        print(json.dumps(run_block(options.seed, options.block)))
        return 0
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    commit, results = _commit(), folder / "results.jsonl"
    seeds = range(options.first_seed, options.first_seed - (-options.examples // options.block))
    done = {one["seed"] for one in _passed(results, commit, options.block)}
    with ThreadPoolExecutor(options.processes) as pool:
        left = [seed for seed in seeds if seed not in done]
        failed = [
            seed
            for seed, passed in zip(
                left, pool.map(lambda seed: _ask(seed, options, commit, results), left), strict=True
            )
            if not passed
        ]
    passed = [one for one in _passed(results, commit, options.block) if one["seed"] in seeds]
    print("\n".join(_told(passed)))
    for seed in failed:
        print(f"seed {seed} FAILED: {folder / f'seed-{seed}.txt'}")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--examples", type=int, default=10_000)
    asked.add_argument("--block", type=int, default=250, help="examples of one seed")
    asked.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked.add_argument("--first-seed", type=int, default=1)
    asked.add_argument("--folder", type=Path, default=Path("var/nightly"))
    asked.add_argument("--seed", type=int, help="run one block here, and print what it says")
    return asked.parse_args()


def _commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout

    changed = "+" if git("status", "--porcelain", "--", "paceline/engine", "tests/engine") else ""
    return git("rev-parse", "--short=12", "HEAD").strip() + changed


def _ask(seed: int, options: argparse.Namespace, commit: str, results: Path) -> bool:
    """One block in a process of its own, so that none grows with the night."""
    words = [
        sys.executable,
        "-m",
        __spec__.name,
        "--seed",
        str(seed),
        "--block",
        str(options.block),
    ]
    answer = subprocess.run(words, capture_output=True, text=True, check=False)
    if answer.returncode:
        (options.folder / f"seed-{seed}.txt").write_text(answer.stdout + answer.stderr)
        print(f"seed {seed}: FAILED", flush=True)
        return False
    said = json.loads(answer.stdout.splitlines()[-1])
    with results.open("a") as file:
        file.write(json.dumps({"commit": commit, "block": options.block} | said) + "\n")
    print(f"seed {seed}: {said['counts']['examples']} agree, {said['processor']} s", flush=True)
    return True


def _passed(results: Path, commit: str, block: int) -> list[Said]:
    lines = results.read_text().splitlines() if results.exists() else []
    found = [json.loads(line) for line in lines]
    return [one for one in found if (one["commit"], one["block"]) == (commit, block)]


def _told(passed: Iterable[Said]) -> list[str]:
    passed = list(passed)
    counts: Counter[str] = Counter()
    for one in passed:
        counts.update(one["counts"])
    plans, spent = (sum(one[name] for one in passed) for name in ("plans", "processor"))
    used = {name.removeprefix("plan: ") for name in counts if name.startswith("plan: ")}
    never = sorted(language() - used)
    return [
        *(f"{count:9,} {name}" for name, count in sorted(counts.items())),
        f"never among them, of {len(language())} clauses and choices: {', '.join(never) or 'none'}",
        f"{counts['examples']:,} examples of {len(passed)} seeds agree",
        f"{plans:,} plans, {spent:,.0f} s of one processor",
    ]


if __name__ == "__main__":
    sys.exit(main())
