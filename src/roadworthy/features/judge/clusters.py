"""Failing runs that say no more of themselves, grouped by what they are about.

TF-IDF over what was asked, answered and said of the outcome, or vectors of an embedding endpoint, then
HDBSCAN (Campello, Moulavi and Sander, 2013) on points of the unit sphere. Clusters are named by their words
either way. scikit-learn takes much memory, so this runs in a process of its own (`python -m
roadworthy.features.judge.clusters`): a JSON object of texts and vectors by id comes in, one of cluster names
by id goes out.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

TEXTS_AT_ONCE = 3_000
MIN_CLUSTER = 3
_CHARACTERS = 4_000
_WORDS_IN_A_NAME = 4
_DIMENSIONS = 64
_NEAR = 0.25
"""Cosine of a text to the middle of its cluster, at least."""
_SECONDS = 120.0


class ClusteringFailed(Exception):  # noqa: N818 (a condition: the old clusters stay)
    """The process that clusters gave no answer; says why."""


Vectors = Mapping[str, "array[float]"]
"""By id of the text; all of one length."""


def clusters_of(texts: Mapping[str, str], vectors: Vectors | None = None) -> dict[str, str]:
    """Id to the name of its cluster, which is made of its most telling words; ids of no cluster are left out.
    With `vectors` (one for each text) what is near in meaning is together, else what has words in common.

    Deterministic. Raises ClusteringFailed. In a process of its own, at most two minutes.
    """
    kept = dict(list(texts.items())[:TEXTS_AT_ONCE])
    if len(kept) < MIN_CLUSTER:
        return {}
    asked = {"texts": {key: shown(text) for key, text in kept.items()}}
    if vectors is not None:
        packed = {key: base64.b64encode(vectors[key].tobytes()).decode() for key in kept}
        asked["vectors"] = packed
    sent = orjson.dumps(asked)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "roadworthy.features.judge.clusters"],
            input=sent,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise ClusteringFailed(str(fault)) from fault
    if done.returncode:
        raise ClusteringFailed(done.stderr.decode("utf-8", "replace")[-500:])
    named: dict[str, str] = orjson.loads(done.stdout)
    return named


def shown(text: str) -> str:
    """What of a text is looked at."""
    return text[:_CHARACTERS]


def clustered(texts: Mapping[str, str], vectors: Vectors | None = None) -> dict[str, str]:
    """As `clusters_of`, in this process."""
    import numpy as np
    from sklearn.cluster import HDBSCAN
    from sklearn.feature_extraction.text import TfidfVectorizer

    ids = list(texts)
    vectorizer = TfidfVectorizer(
        sublinear_tf=True,
        stop_words="english",
        max_features=20_000,
        max_df=0.8 if len(ids) > 10 else 1.0,
        token_pattern=r"(?u)\b[^\W\d_]{3,}\b",  # noqa: S106
    )
    try:
        weights = vectorizer.fit_transform([texts[key] for key in ids])
    except ValueError:
        # No word is left.
        return {}
    meaning = (
        None if vectors is None else _centred(np.stack([np.frombuffer(vectors[key], "f") for key in ids]))
    )
    points = _narrowed(weights if meaning is None else meaning)
    labels = HDBSCAN(min_cluster_size=MIN_CLUSTER, metric="euclidean", copy=True).fit_predict(points)
    words = vectorizer.get_feature_names_out()
    names: dict[int, str] = {}
    for label in sorted({int(one) for one in labels} - {-1}):
        rows = np.flatnonzero(labels == label)
        mean = np.asarray(weights[rows].mean(axis=0)).ravel()
        # HDBSCAN takes in what lies far from everything where there is little else.
        here = weights[rows] if meaning is None else meaning[rows]
        middle = np.asarray(here.mean(axis=0)).ravel()
        near = here @ middle >= _NEAR * np.linalg.norm(middle)
        labels[rows[~near]] = -1
        names[label] = _name([str(words[i]) for i in mean.argsort()[::-1][:_WORDS_IN_A_NAME] if mean[i] > 0])
    kept = {label for label in names if int((labels == label).sum()) >= MIN_CLUSTER}
    names = {label: name for label, name in names.items() if label in kept}
    return {key: names[int(label)] for key, label in zip(ids, labels, strict=True) if int(label) in names}


def _centred(vectors: Any) -> Any:
    """Vectors of one model all point much the same way: what sets texts apart is how they differ in it."""
    from sklearn.preprocessing import normalize

    return normalize(vectors - vectors.mean(axis=0))


def _narrowed(points: Any) -> Any:
    """Dense, on the unit sphere, and of no more than 64 dimensions, where distances still tell something."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    if min(points.shape) - 1 > _DIMENSIONS:
        return normalize(TruncatedSVD(n_components=_DIMENSIONS, random_state=7).fit_transform(points))
    return points.toarray() if hasattr(points, "toarray") else points


def _name(words: Sequence[str]) -> str:
    return ", ".join(words)


def main() -> int:
    asked = orjson.loads(sys.stdin.buffer.read())
    packed = asked.get("vectors")
    vectors = packed and {key: array("f", base64.b64decode(one)) for key, one in packed.items()}
    sys.stdout.buffer.write(orjson.dumps(clustered(asked["texts"], vectors)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
