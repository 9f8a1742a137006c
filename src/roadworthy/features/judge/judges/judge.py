"""A model judge: asks, reads, pays, and says what it can stand for."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import orjson

from roadworthy.contracts.models import Model, ModelFailed, ModelReply, ModelRequest, Trouble
from roadworthy.features.judge.judges.budget import Budget, Held
from roadworthy.features.judge.judges.cache import Cache
from roadworthy.features.judge.judges.judgement import Judgement
from roadworthy.features.judge.judges.material import CHARACTERS
from roadworthy.features.judge.judges.prompt import PROMPT_VERSION, Prompt, prompt
from roadworthy.features.judge.judges.reading import read
from roadworthy.features.judge.judges.rubric import RESERVED, Rubric
from roadworthy.features.judge.judges.sampling import Draw
from roadworthy.features.judge.quoting import quoted
from roadworthy.features.judge.transcript import Transcript

EXPLANATION = 2_000
NOT_DRAWN = Draw(sampled=None, triggered_by=())
_BYTES_PER_TOKEN = 3.0
"""Fewer than any tokenizer needs for English, so that a forecast is rather too high."""
_PASSING = frozenset({Trouble.TIMEOUT, Trouble.UNREACHABLE, Trouble.LIMITED, Trouble.BROKEN})

Price = Callable[[str, int, int], float | None]
"""(model, input tokens, output tokens) → USD; None where no price is known."""
Mask = Callable[[str], str]


class JudgeInvalid(ValueError):  # noqa: N818 (the caller's mistake, not a bug)
    def __init__(self, field: str, *, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSpec:
    """A judge as a project keeps it. `sample_rate` in [0, 1]; `triggers` names detectors."""

    id: str
    rubric: Rubric
    temperature: float | None = 0.0
    max_tokens: int = 800
    characters: int = CHARACTERS
    sample_rate: float = 0.0
    triggers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.id or len(self.id) > 100:
            raise JudgeInvalid("id", expected="1 to 100 characters")
        if not 0 <= self.sample_rate <= 1:
            raise JudgeInvalid("sample_rate", expected="between 0 and 1")
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            raise JudgeInvalid("temperature", expected="between 0 and 2, or none")
        if not 16 <= self.max_tokens <= 32_000:
            raise JudgeInvalid("max_tokens", expected="between 16 and 32000")
        if not 1_000 <= self.characters <= 2_000_000:
            raise JudgeInvalid("characters", expected="between 1000 and 2000000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Bounds from above. `usd` is None where the model has no known price."""

    input_tokens: int
    output_tokens: int
    usd: float | None


class Judge:
    """One judge on one endpoint. Safe to share between tasks of one event loop."""

    def __init__(
        self, spec: JudgeSpec, *, model: Model, price: Price, budget: Budget, cache: Cache, mask: Mask = str
    ) -> None:
        self.spec = spec
        self._model = model
        self._price = price
        self._budget = budget
        self._cache = cache
        self._mask = mask
        self.version = _version(spec, model)

    def forecast(self, transcripts: Sequence[Transcript], *, reference: str = "") -> Forecast:
        """What judging would cost, without the cache."""
        return self._forecast(self._prompt(transcripts, reference))

    async def judge(
        self, transcript: Transcript, *, reference: str = "", drawn: Draw = NOT_DRAWN
    ) -> Judgement:
        """One run. Raises nothing of the endpoint's making."""
        return await self.judge_conversation([transcript], reference=reference, drawn=drawn)

    async def judge_conversation(
        self, transcripts: Sequence[Transcript], *, reference: str = "", drawn: Draw = NOT_DRAWN
    ) -> Judgement:
        """All runs of a session, in order."""
        if self.spec.rubric.needs_reference and not reference:
            return self._unknown("the rubric needs a reference, and the run has none", drawn=drawn)
        asked = self._prompt(transcripts, reference)
        # With the run: evidence names its spans.
        key = f"{self.version}/{asked.hash}/{transcripts[-1].run.id}"
        known = self._cache.get(key)
        if known is not None:
            return replace(
                known, sampled=drawn.sampled, triggered_by=drawn.triggered_by, cached=True, cost_usd=0.0
            )
        forecast = self._forecast(asked)
        if forecast.usd is None and self._budget.limit_usd is not None:
            reason = f"no price is known for {self._model.endpoint.model!r}, and a budget is set"
            return self._unknown(reason, drawn=drawn, asked=asked)
        held = self._budget.hold(forecast.usd or 0.0)
        if held is None:
            reason = "today's budget for judging is used up"
            return self._unknown(reason, drawn=drawn, asked=asked, again=True)
        judgement = await self._ask(asked, transcripts[-1], held, drawn=drawn)
        if judgement.label != RESERVED:
            self._cache.put(key, judgement)
        return judgement

    async def _ask(self, asked: Prompt, transcript: Transcript, held: Held, *, drawn: Draw) -> Judgement:
        spent = held.usd  # where nothing is known of what happened (a cancelled task), it may all be spent
        try:
            reply = await self._model.complete(
                ModelRequest(
                    system=asked.system,
                    user=asked.user,
                    max_tokens=self.spec.max_tokens,
                    temperature=self.spec.temperature,
                    schema=asked.schema,
                )
            )
            cost = self._cost(reply)
            spent = held.usd if cost is None else cost
        except ModelFailed as failed:
            spent = held.usd if failed.may_cost else 0.0
            reason = f"the endpoint failed ({failed.trouble}): {failed}"
            again = failed.trouble in _PASSING
            return self._unknown(reason, drawn=drawn, asked=asked, again=again, cost=spent)
        finally:
            self._budget.settle(held, usd=spent)
        return self._judgement(asked, transcript, reply, cost=cost, drawn=drawn)

    def _judgement(
        self, asked: Prompt, transcript: Transcript, reply: ModelReply, *, cost: float | None, drawn: Draw
    ) -> Judgement:
        said = read(reply.text, self.spec.rubric, finish_reason=reply.finish_reason)
        base = self._unknown(said.explanation, drawn=drawn, asked=asked)
        return replace(
            base,
            model=reply.model,
            value=said.label.value if said.label else None,
            label=said.label.name if said.label else RESERVED,
            mode=said.label.mode if said.label else "",
            evidence=quoted(said.quote, transcript),
            cost_usd=cost,
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            duration_ns=reply.duration_ns,
        )

    def _unknown(
        self,
        reason: str,
        *,
        drawn: Draw,
        asked: Prompt | None = None,
        again: bool = False,
        cost: float | None = None,
    ) -> Judgement:
        return Judgement(
            judge=self.spec.id,
            version=self.version,
            rubric=self.spec.rubric.id,
            rubric_version=self.spec.rubric.version,
            model=self._model.endpoint.model,
            value=None,
            label=RESERVED,
            explanation=self._mask(reason)[:EXPLANATION],
            cost_usd=cost,
            sampled=drawn.sampled,
            triggered_by=drawn.triggered_by,
            prompt_hash=asked.hash if asked else "",
            cut=asked.cut if asked else False,
            again=again,
        )

    def _prompt(self, transcripts: Sequence[Transcript], reference: str) -> Prompt:
        return prompt(self.spec.rubric, transcripts, reference=reference, characters=self.spec.characters)

    def _forecast(self, asked: Prompt) -> Forecast:
        size = len(asked.system.encode()) + len(asked.user.encode()) + len(orjson.dumps(asked.schema))
        tokens = math.ceil(size / _BYTES_PER_TOKEN) + 20
        usd = self._price(self._model.endpoint.model, tokens, self.spec.max_tokens)
        return Forecast(input_tokens=tokens, output_tokens=self.spec.max_tokens, usd=usd)

    def _cost(self, reply: ModelReply) -> float | None:
        if reply.input_tokens is None or reply.output_tokens is None:
            return None
        # By the name asked for: what the answer calls itself may have no price.
        return self._price(self._model.endpoint.model, reply.input_tokens, reply.output_tokens)


def _version(spec: JudgeSpec, model: Model) -> str:
    rubric = spec.rubric
    what = [
        PROMPT_VERSION,
        rubric.template,
        [(label.name, label.value, label.meaning) for label in rubric.labels],
        [spec.temperature, spec.max_tokens, spec.characters],
        [model.endpoint.model, model.endpoint.base_url, model.endpoint.shape],
    ]
    return f"{rubric.id}/{rubric.version}/{hashlib.sha256(orjson.dumps(what)).hexdigest()[:12]}"
