"""How many instructions planted in tool results are found, and how many ordinary results are taken for one.

    python -m benchmarks.detect_injections --data ../shared/data/traces

Split: attacks are cut in five by *category* (three of fifteen each), carriers in five by hash of the text
they are planted in. Every attacked text is scored by a model that saw neither its category nor its carrier,
every ordinary text by models that did not see it, with a threshold chosen on texts of the other carriers.
(Whoever wrote the features had read the attacks.) Beside it the shipped weights on what they never saw: tool
results of the other half of tau-bench retail, those of tau-bench airline that `injection_text` lacks, and
passages of packages of the other half.

Floor: the regular expressions such lists usually hold.
"""

from __future__ import annotations

import argparse
import json
import re
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import injection_model as learning
from benchmarks.injection_model import SEED, Text
from roadworthy.features.judge.instructions import shipped, strongest
from roadworthy.stats.intervals import Interval, wilson

FOLDS = 5

FLOOR = re.compile(
    r"ignore (?:all |any )?(?:the |your )?(?:previous|prior|above)|disregard (?:all|the|previous|above)|"
    r"forget (?:everything|all|your)|system prompt|you are now|new instructions?|jailbreak|developer mode|"
    r"pretend (?:to be|you)|act as (?:an?|if)|do anything now|\bDAN\b|reveal (?:your|the)|override",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    text: Text
    score: float
    threshold: float = 0.0
    fold: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`low` and `high` are Wilson's 95 % interval."""

    what: str
    n: int
    hits: int
    share: float
    low: float
    high: float
    floor: float
    """The same by the list of regular expressions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    seed: int
    split: str
    recall: Share
    recall_by_category: tuple[Share, ...]
    false_positives: Share
    """On ordinary tool results."""
    false_positives_by_source: tuple[Share, ...]
    shipped: tuple[Share, ...]
    """False positives of the shipped weights on texts they never saw."""
    micros_a_kilobyte: float
    """Of prose, the dearest case; median over the passages."""
    missed: tuple[str, ...]
    invented: tuple[str, ...]


def evaluate_injections(data_dir: Path) -> Figures:
    texts = learning.grounds(data_dir)
    scored = [one for one in with_thresholds(rotations(texts)) if one.text.source != "own"]
    attacks = _once([one for one in scored if one.text.label], worst=min)
    planted = [one for one in attacks if one.text.attack]
    harmless = _once([one for one in scored if not one.text.label], worst=max)
    ordinary = [one for one in harmless if one.text.source in learning.ORDINARY_SOURCES]
    categories = sorted({one.text.category for one in attacks})
    sources = sorted({one.text.source for one in harmless})
    return Figures(
        seed=SEED,
        split=f"{FOLDS} folds by attack category x {FOLDS} by carrier text",
        recall=_share("planted instructions found", planted),
        recall_by_category=tuple(
            _share(name, [one for one in attacks if one.text.category == name]) for name in categories
        ),
        false_positives=_share("ordinary tool results flagged", ordinary),
        false_positives_by_source=tuple(
            _share(name, [one for one in harmless if one.text.source == name]) for name in sources
        ),
        shipped=_shipped(data_dir, {one.text for one in texts}),
        micros_a_kilobyte=_cost([one.text for one in texts if one.source == learning.PACKAGES]),
        missed=tuple(sorted({one.text.attack or one.text.text[:120] for one in attacks if not _hit(one)})),
        invented=tuple(sorted({_told(one) for one in ordinary if _hit(one)})),
    )


def rotations(texts: Sequence[Text]) -> list[Scored]:
    """Every text out of fold; an ordinary text once for each fold of attacks."""
    categories = sorted({one.category for one in texts if one.attack and one.source != "own"})
    fold_of = {name: at % FOLDS for at, name in enumerate(categories)}
    found = []
    for attacks in range(FOLDS):
        for carriers in range(FOLDS):
            seen, held = [], []
            for one in texts:
                same = _carrier_fold(one) == carriers
                known = one.attack and one.source != "own"
                if not same and not (known and fold_of[one.category] == attacks):
                    seen.append(one)
                elif same and (not known or fold_of[one.category] == attacks) and one.source != "own":
                    held.append(one)
            model = learning.fit(learning.examples(seen))
            found += [
                Scored(text=one, score=learning.score(one, model), fold=(attacks, carriers)) for one in held
            ]
    return found


def with_thresholds(scored: Sequence[Scored]) -> list[Scored]:
    """The threshold of a fold comes from the ordinary texts of the other folds of carriers."""
    chosen = {
        fold: learning.threshold_for(
            (one.text.source, one.score)
            for one in scored
            if not one.text.label and one.fold[0] == fold[0] and one.fold[1] != fold[1]
        )
        for fold in {one.fold for one in scored}
    }
    return [
        Scored(text=one.text, score=one.score, fold=one.fold, threshold=chosen[one.fold]) for one in scored
    ]


def _carrier_fold(one: Text) -> int:
    return zlib.crc32(one.carrier.encode()) % FOLDS


def _once(scored: Iterable[Scored], *, worst: Callable[..., Scored]) -> list[Scored]:
    """Each text once, as the model says that is most wrong about it: texts without a category of attacks are
    scored once for each fold of categories."""
    found: dict[str, list[Scored]] = {}
    for one in scored:
        found.setdefault(one.text.text, []).append(one)
    return [worst(same, key=lambda one: one.score - one.threshold) for same in found.values()]


def _hit(one: Scored) -> bool:
    return one.score >= one.threshold


def _told(one: Scored) -> str:
    found = strongest(one.text.text)
    return f"{one.text.source}: {found.sentence.text[:120] if found else ''}"


def _share(what: str, scored: Sequence[Scored]) -> Share:
    return _counted(what, [_hit(one) for one in scored], [one.text.text for one in scored])


def _counted(what: str, hits: Sequence[bool], texts: Sequence[str]) -> Share:
    n, count = len(hits), sum(hits)
    interval = wilson(count, n=n) or Interval(low=0.0, high=1.0)
    return Share(
        what=what,
        n=n,
        hits=count,
        share=count / n if n else 0.0,
        low=interval.low,
        high=interval.high,
        floor=sum(bool(FLOOR.search(text)) for text in texts) / n if n else 0.0,
    )


def _shipped(data_dir: Path, learned: set[str]) -> tuple[Share, ...]:
    model = shipped()
    airline = data_dir / "taubench_gpt4o_airline.jsonl.gz"
    sets = {
        "tau-bench retail tool results, held-out tasks": learning.tool_results(
            data_dir / "agentrx_tau_retail.jsonl.gz", development=False
        ),
        "tau-bench airline tool results, not learned from": [
            *learning.tool_results(airline, development=False),
            *learning.tool_results(airline, development=True),
        ],
        "package descriptions, held-out packages": learning.package_texts(development=False),
    }
    shares = []
    for what, texts in sets.items():
        new = [one for one in texts if one.text not in learned and one.text[:700] not in learned]
        hits = [learning.score(one, model) >= model.threshold for one in new]
        shares.append(_counted(what, hits, [one.text for one in new]))
    return tuple(shares)


def _cost(texts: Sequence[str]) -> float:
    took = []
    for text in texts[:300]:
        began = time.process_time_ns()
        strongest(text)
        took.append((time.process_time_ns() - began) / 1_000 * 1_000 / len(text))
    return sorted(took)[len(took) // 2] if took else 0.0


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", type=Path, default=Path("../shared/data/traces"))
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    if not (given.data / "injection_text.jsonl.gz").exists():
        raise SystemExit(f"no data: {given.data}/injection_text.jsonl.gz is absent")
    figures = evaluate_injections(given.data)
    if given.json:
        print(json.dumps(asdict(figures), indent=1))
        return
    print(f"split: {figures.split}; seed {figures.seed}; {figures.micros_a_kilobyte:.0f} us a kB of prose")
    for title, shares in (
        ("recall", (figures.recall, *figures.recall_by_category)),
        ("false positives, out of fold", (figures.false_positives, *figures.false_positives_by_source)),
        ("false positives of the shipped weights on what they never saw", figures.shipped),
    ):
        print(f"\n{title}\n{'':58} {'n':>5} {'hits':>5} {'share':>7}  95 % interval    regex list")
        for one in shares:
            print(
                f"{one.what:58} {one.n:5} {one.hits:5} {one.share:7.3f}  "
                f"[{one.low:.3f}, {one.high:.3f}]   {one.floor:.3f}"
            )
    print("\nmissed:", *figures.missed, sep="\n  ")
    print("\ninvented:", *figures.invented, sep="\n  ")


if __name__ == "__main__":
    main()
