"""Failing runs that say no more of themselves, grouped by what they are about.

TF-IDF over what was asked, answered and said of the outcome, then HDBSCAN (Campello, Moulavi and Sander,
2013) on points of the unit sphere. scikit-learn takes much memory, so this runs in a process of its own
(`python -m roadworthy.features.judge.clusters`): a JSON object of texts by id comes in, one of cluster names
by id goes out.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence

import orjson

TEXTS_AT_ONCE = 3_000
MIN_CLUSTER = 3
_CHARACTERS = 4_000
_WORDS_IN_A_NAME = 4
_NEAR = 0.25
"""Cosine of a text to the middle of its cluster, at least."""
_SECONDS = 120.0


class ClusteringFailed(Exception):  # noqa: N818 (a condition: the old clusters stay)
    """The process that clusters gave no answer; says why."""


def clusters_of(texts: Mapping[str, str]) -> dict[str, str]:
    """Id to the name of its cluster, which is made of its most telling words; ids of no cluster are left out.

    Deterministic. Raises ClusteringFailed. In a process of its own, at most two minutes.
    """
    kept = dict(list(texts.items())[:TEXTS_AT_ONCE])
    if len(kept) < MIN_CLUSTER:
        return {}
    sent = orjson.dumps({key: text[:_CHARACTERS] for key, text in kept.items()})
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


def clustered(texts: Mapping[str, str]) -> dict[str, str]:
    """As `clusters_of`, in this process."""
    import numpy as np
    from sklearn.cluster import HDBSCAN
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

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
    points = weights
    wide = min(weights.shape) - 1
    if wide > 64:
        points = normalize(TruncatedSVD(n_components=64, random_state=7).fit_transform(weights))
    dense = points if isinstance(points, np.ndarray) else points.toarray()
    labels = HDBSCAN(min_cluster_size=MIN_CLUSTER, metric="euclidean", copy=True).fit_predict(dense)
    words = vectorizer.get_feature_names_out()
    names: dict[int, str] = {}
    for label in sorted({int(one) for one in labels} - {-1}):
        rows = np.flatnonzero(labels == label)
        mean = np.asarray(weights[rows].mean(axis=0)).ravel()
        # HDBSCAN takes in what lies far from everything where there is little else.
        near = weights[rows] @ mean >= _NEAR * np.linalg.norm(mean)
        labels[rows[~near]] = -1
        names[label] = _name([str(words[i]) for i in mean.argsort()[::-1][:_WORDS_IN_A_NAME] if mean[i] > 0])
    kept = {label for label in names if int((labels == label).sum()) >= MIN_CLUSTER}
    names = {label: name for label, name in names.items() if label in kept}
    return {key: names[int(label)] for key, label in zip(ids, labels, strict=True) if int(label) in names}


def _name(words: Sequence[str]) -> str:
    return ", ".join(words)


def main() -> int:
    sys.stdout.buffer.write(orjson.dumps(clustered(orjson.loads(sys.stdin.buffer.read()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
