"""Similar meaning by an embedding endpoint: knows synonyms, where TF-IDF does not."""

from __future__ import annotations

from roadworthy.contracts.models import Model, ModelFailed
from roadworthy.features.judge.evaluators.evaluator import Verdict, unknown
from roadworthy.features.judge.evaluators.similarity import SimilarityConfig, near_by_vectors
from roadworthy.features.judge.judges.material import cut_middle, storable
from roadworthy.features.judge.transcript import Transcript

CHARACTERS = 24_000
"""Of each text: embedding models read no more than some 8,000 tokens."""


async def similarity_by_embedding(
    transcript: Transcript, config: SimilarityConfig, *, model: Model
) -> Verdict:
    """The highest over the texts looked at. Raises nothing of the endpoint's making."""
    wanted = config.wanted(transcript)
    if wanted is None:
        return unknown(config.unsaid())
    texts = [piece.text for piece in config.pieces(transcript) if piece.text.strip()]
    if not texts or not wanted.strip():
        return unknown("there is no text to compare")
    try:
        first, *others = await model.embed([_shown(text) for text in (wanted, *texts)])
    except ModelFailed as failed:
        return unknown(f"the endpoint failed ({failed.trouble}): {failed}")
    verdicts = [near_by_vectors(config, wanted=first, found=other) for other in others]
    return max(verdicts, key=lambda verdict: -1.0 if verdict.value is None else verdict.value)


def _shown(text: str) -> str:
    return storable(cut_middle(text, limit=CHARACTERS))
