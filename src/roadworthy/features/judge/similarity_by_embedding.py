"""Similar meaning by an embedding endpoint: knows synonyms, where TF-IDF does not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from roadworthy.features.judge.embedding import Embedder, NoVectors, cosine
from roadworthy.features.judge.evaluators.evaluator import EXPLANATION, Ready, Verdict, unknown
from roadworthy.features.judge.evaluators.similarity import SimilarityConfig, near_by_cosine
from roadworthy.features.judge.transcript import Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """`version` names how it was done: values by words and by vectors of one model or another are no one
    series."""

    verdict: Verdict
    version: str


def needs_embedding(made: Ready) -> bool:
    return isinstance(made.config, SimilarityConfig) and made.config.by == "embedding"


async def compared(transcript: Transcript, made: Ready, *, embedder: Embedder) -> Compared:
    """The highest over the texts looked at; by words where there are no vectors. Raises nothing of the
    endpoint's making."""
    config = made.config
    if not isinstance(config, SimilarityConfig):
        raise TypeError(f"{made.evaluator.name} compares no meanings")
    project = transcript.run.project
    model = embedder.model_name(project)
    try:
        return Compared(
            verdict=await _by_vectors(transcript, config, embedder=embedder, model=model),
            version=f"{made.version}/{model}"[:200],
        )
    except NoVectors as none:
        verdict = made.evaluate(transcript)
        said = f"by words, because {none}; {verdict.explanation}"
        return Compared(
            verdict=replace(verdict, explanation=said[:EXPLANATION]), version=f"{made.version}/words"
        )


async def _by_vectors(
    transcript: Transcript, config: SimilarityConfig, *, embedder: Embedder, model: str
) -> Verdict:
    wanted = config.wanted(transcript)
    if wanted is None:
        return unknown(config.unsaid())
    texts = [piece.text for piece in config.pieces(transcript) if piece.text.strip()]
    if not texts or not wanted.strip():
        return unknown("there is no text to compare")
    first, *others = await embedder.vectors(transcript.run.project, [wanted, *texts])
    return near_by_cosine(config, value=max(cosine(first, one) for one in others), model=model)
