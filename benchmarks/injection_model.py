"""Learns the weights of `roadworthy.features.judge.instructions` and writes them to the package.

    python -m benchmarks.injection_model --data ../shared/data/traces

What is learned from: the attacks and the ordinary texts of `injection_text`, sentences written for this
project (`injection_sentences`), tool results of tau-bench retail (development half of the tasks) and the
descriptions of installed packages, which are full of honest imperatives. A logistic regression with weight
decay in numpy: the features are present or absent, so it is sums and counts.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

import numpy as np
import orjson

from benchmarks.injection_sentences import ORDERS, ORDINARY
from roadworthy.features.judge import instructions
from roadworthy.features.judge.instructions import Model, featured
from roadworthy.features.judge.sentences import sentences

SEED = 7
_PASSAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """`attack` is the planted sentence where it is known; an instruction without one is the whole text."""

    text: str
    label: int
    source: str
    carrier: str
    """Texts of one carrier are never on both sides of a split."""
    attack: str = ""
    category: str = ""
    position: str = ""


def read_jsonl(path: Path) -> list[dict[str, object]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def labelled(data_dir: Path) -> list[Text]:
    """`injection_text`: the carrier of an attack is the text without it."""
    found = []
    for row in read_jsonl(data_dir / "injection_text.jsonl.gz"):
        text, attack = str(row["text"]), str(row.get("attack") or "")
        bare = re.sub(r"[\W\d_]+", "", text.replace(attack, "") if attack else text)[:400]
        found.append(
            Text(
                text=text,
                label=int(str(row["label"])),
                source=str(row["source"]),
                carrier=bare,
                attack=attack,
                category=str(row.get("category") or row["source"]),
                position=str(row.get("position") or ""),
            )
        )
    return found


def tool_results(path: Path, *, development: bool) -> list[Text]:
    """Tool results of one half of the tasks of a tau-bench file."""
    found: dict[str, Text] = {}
    for row in read_jsonl(path):
        task = str(row["task_id"])
        if in_development(task) is not development:
            continue
        steps = row["steps"]
        assert isinstance(steps, list)
        for step in steps:
            text = step.get("content") if step.get("role") == "tool" else None
            if isinstance(text, str) and text:
                found.setdefault(
                    text,
                    Text(text=text, label=0, source=path.name.split(".")[0], carrier=f"{path.name}/{task}"),
                )
    return list(found.values())


def in_development(task_id: str) -> bool:
    return int(hashlib.sha256(task_id.encode()).hexdigest(), 16) % 2 == 0


def package_texts(*, development: bool, most: int = 1_500) -> list[Text]:
    """Passages of the descriptions of installed packages, split by package. What is installed differs from
    machine to machine, so the weights are shipped and not learned anew."""
    found = []
    for package in sorted(distributions(), key=lambda one: str(one.metadata["Name"])):
        name = str(package.metadata["Name"])
        text = (package.read_text("METADATA") or "").partition("\n\n")[2]
        if not text or in_development(name) is not development:
            continue
        found += [
            Text(text=text[at : at + _PASSAGE], label=0, source="packages", carrier=name)
            for at in range(0, min(len(text), 20 * _PASSAGE), _PASSAGE)
        ]
    random.Random(SEED).shuffle(found)
    return found[:most]


def planted(carriers: Sequence[Text], *, each: int = 2) -> list[Text]:
    """Our own orders, each put into some carriers at the beginning, in the middle or at the end."""
    draw = random.Random(SEED)
    found = []
    for order in ORDERS:
        for _ in range(each):
            carrier = draw.choice(carriers)
            text = _put(carrier.text, order, draw)
            found.append(Text(text=text, label=1, source="own", carrier=carrier.carrier, attack=order))
    for at in range(4 * len(ORDINARY)):
        carrier = draw.choice(carriers)
        text = _put(carrier.text, ORDINARY[at % len(ORDINARY)], draw)
        found.append(Text(text=text, label=0, source="own", carrier=carrier.carrier))
    return found


def _put(text: str, order: str, draw: random.Random) -> str:
    where = draw.choice(("start", "middle", "end"))
    if where == "start":
        return f"{order}\n{text}"
    if where == "end":
        return f"{text}\n{order}"
    breaks = [match.end() for match in re.finditer(r"[.!?]\s|\n", text)] or [len(text)]
    at = draw.choice(breaks)
    return f"{text[:at].rstrip(' ')} {order} {text[at:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    features: list[list[str]]
    labels: list[int]


def examples(texts: Iterable[Text]) -> Examples:
    """One example a sentence. Where the planted sentence is known it alone is an instruction, and the rest of
    the text says nothing; where a whole text is one, its sentences are too."""
    features, labels = [], []
    seen: set[tuple[int, str]] = set()
    for one in texts:
        found = sentences(one.text)
        for sentence, marks in zip(found, featured(found), strict=True):
            if not marks:
                continue
            label = one.label
            if one.attack:
                label = int(_of(sentence.text, one.attack))
                if not label:
                    continue
            key = (label, " ".join(marks))
            if key not in seen:
                seen.add(key)
                features.append(marks)
                labels.append(label)
    return Examples(features=features, labels=labels)


def _of(sentence: str, attack: str) -> bool:
    return sentence in attack or attack in sentence or (len(sentence) > 15 and sentence[2:-2] in attack)


def fit(
    given: Examples, *, rounds: int = 250, weak: float = 3e-5, strong: float = 6e-4, rarest: int = 3
) -> Model:
    """Logistic regression, both classes of equal weight; words are held back more strongly than marks."""
    seen: dict[str, int] = {}
    for marks in given.features:
        for mark in set(marks):
            seen[mark] = seen.get(mark, 0) + 1
    names = sorted(mark for mark, times in seen.items() if times >= rarest)
    place = {name: at for at, name in enumerate(names)}
    rows = [[place[mark] for mark in dict.fromkeys(marks) if mark in place] for marks in given.features]
    lengths = np.array([len(row) for row in rows])
    flat = np.array([at for row in rows for at in row], dtype=np.int64)
    row_of = np.repeat(np.arange(len(rows)), lengths)
    labels = np.array(given.labels, dtype=float)
    share = labels.mean()
    weight = np.where(labels == 1, 0.5 / max(share, 1e-9), 0.5 / max(1 - share, 1e-9)) / len(labels)
    decay = np.array([strong if name[:2] in ("w:", "b:") else weak for name in names])
    weights, bias = np.zeros(len(names)), 0.0
    first, second = np.zeros(len(names) + 1), np.zeros(len(names) + 1)
    for step in range(1, rounds + 1):
        scores = bias + np.bincount(row_of, weights=weights[flat], minlength=len(rows))
        error = weight * (1 / (1 + np.exp(-np.clip(scores, -30, 30))) - labels)
        slope = np.append(
            np.bincount(flat, weights=error[row_of], minlength=len(names)) + decay * weights, error.sum()
        )
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        move = 0.08 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        weights, bias = weights - move[:-1], bias - float(move[-1])
    return Model(bias=bias, threshold=0.0, weights=dict(zip(names, weights.tolist(), strict=True)))


def grounds(data_dir: Path) -> list[Text]:
    """All that is learned from, our own sentences planted in it included."""
    rows = labelled(data_dir)
    others = [
        *tool_results(data_dir / "agentrx_tau_retail.jsonl.gz", development=True),
        *package_texts(development=True),
    ]
    carriers = [one for one in rows if not one.label and one.source in ORDINARY_SOURCES]
    return [*rows, *others, *planted([*carriers, *others])]


ORDINARY_SOURCES = ("bipia_email", "bipia_table", "tau_tool_output", "agentrx_tau_retail")
"""Where the texts come from that are called ordinary tool results in figures."""
PACKAGES = "packages"
MOST_ORDINARY, MOST_PACKAGES = 0.005, 0.03
"""False positives the threshold is chosen for, out of fold: half of what is allowed, as the next agent's
tools will be others; and a bound for prose that is all imperatives."""


def threshold_for(scores: Iterable[tuple[str, float]]) -> float:
    """The lowest threshold that holds both bounds, of (source, score) of ordinary texts."""
    held = list(scores)
    ordinary = [score for source, score in held if source in ORDINARY_SOURCES]
    packages = [score for source, score in held if source == PACKAGES]
    for step in range(200):
        at = step / 20
        if _over(ordinary, at) <= MOST_ORDINARY and _over(packages, at) <= MOST_PACKAGES:
            return at
    return 10.0


def _over(scores: Sequence[float], threshold: float) -> float:
    return sum(score >= threshold for score in scores) / len(scores) if scores else 0.0


def score(one: Text, model: Model) -> float:
    found = instructions.strongest(one.text, model)
    return found.score if found else -99.0


def write(model: Model, path: Path, *, least: float = 0.02) -> None:
    """Weights of two digits; the same input gives the same bytes."""
    weights = {name: round(value, 2) for name, value in sorted(model.weights.items()) if abs(value) >= least}
    held = {"bias": round(model.bias, 3), "threshold": model.threshold, "weights": weights}
    path.write_bytes(gzip.compress(orjson.dumps(held), mtime=0))


def main() -> None:
    from benchmarks.detect_injections import rotations  # the threshold comes from out-of-fold scores

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=Path("../shared/data/traces"))
    options.add_argument(
        "--to", type=Path, default=Path(instructions.__file__).with_name("instructions.json.gz")
    )
    given = options.parse_args()
    texts = grounds(given.data)
    threshold = threshold_for((one.text.source, one.score) for one in rotations(texts) if not one.text.label)
    model = fit(examples(texts))
    write(Model(bias=model.bias, threshold=threshold, weights=model.weights), given.to)
    print(f"{len(texts)} texts, {len(model.weights)} weights, threshold {threshold}, seed {SEED}: {given.to}")


if __name__ == "__main__":
    main()
