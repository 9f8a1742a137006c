"""Known providers and servers: where they answer, in which dialects, and how they want their key.

Any other server that speaks one of the dialects works with its base URL alone. Sources: the providers' API
references and the documentation of the servers, as of November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from roadworthy.domain.model_route import Family, KeyHeader

_USUAL = {
    Family.OPENAI: KeyHeader.BEARER,
    Family.ANTHROPIC: KeyHeader.X_API_KEY,
    Family.GEMINI: KeyHeader.X_GOOG_API_KEY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    name: str
    title: str
    bases: Mapping[Family, str]
    """Empty where it is different for everybody."""
    key_header: Mapping[Family, KeyHeader] = field(default_factory=lambda: dict(_USUAL))
    key_variable: str = ""
    """Where its SDKs look for the key."""
    local: bool = False
    """Usually on this machine or in this network, usually without a key."""


def _openai(name: str, title: str, url: str, variable: str) -> Preset:
    return Preset(name=name, title=title, bases={Family.OPENAI: url}, key_variable=variable)


def _local(name: str, title: str, port: int, *, anthropic: bool = False) -> Preset:
    root = f"http://127.0.0.1:{port}"
    also = {Family.ANTHROPIC: root} if anthropic else {}
    return Preset(name=name, title=title, bases={Family.OPENAI: f"{root}/v1", **also}, local=True)


PRESETS: tuple[Preset, ...] = (
    _openai("openai", "OpenAI", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    Preset(
        name="anthropic",
        title="Anthropic",
        bases={
            Family.ANTHROPIC: "https://api.anthropic.com",
            Family.OPENAI: "https://api.anthropic.com/v1",
        },
        key_variable="ANTHROPIC_API_KEY",
    ),
    Preset(
        name="gemini",
        title="Google Gemini",
        bases={
            Family.GEMINI: "https://generativelanguage.googleapis.com",
            Family.OPENAI: "https://generativelanguage.googleapis.com/v1beta/openai",
        },
        key_variable="GEMINI_API_KEY",
    ),
    Preset(
        name="azure",
        title="Azure OpenAI (base URL: https://RESOURCE.openai.azure.com/openai/v1)",
        bases={},
        key_header={Family.OPENAI: KeyHeader.API_KEY},
        key_variable="AZURE_OPENAI_API_KEY",
    ),
    _openai("mistral", "Mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    _openai("groq", "Groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    Preset(
        name="openrouter",
        title="OpenRouter",
        bases={
            Family.OPENAI: "https://openrouter.ai/api/v1",
            Family.ANTHROPIC: "https://openrouter.ai/api",
        },
        key_header={Family.OPENAI: KeyHeader.BEARER, Family.ANTHROPIC: KeyHeader.BEARER},
        key_variable="OPENROUTER_API_KEY",
    ),
    Preset(
        name="deepseek",
        title="DeepSeek",
        bases={
            Family.OPENAI: "https://api.deepseek.com/v1",
            Family.ANTHROPIC: "https://api.deepseek.com/anthropic",
        },
        key_variable="DEEPSEEK_API_KEY",
    ),
    _openai("xai", "xAI", "https://api.x.ai/v1", "XAI_API_KEY"),
    _openai("together", "Together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    _openai("fireworks", "Fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    _openai("cerebras", "Cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    _openai("nvidia", "NVIDIA NIM", "https://integrate.api.nvidia.com/v1", "NVIDIA_API_KEY"),
    _openai("cohere", "Cohere", "https://api.cohere.ai/compatibility/v1", "COHERE_API_KEY"),
    Preset(
        name="moonshot",
        title="Moonshot (Kimi)",
        bases={
            Family.OPENAI: "https://api.moonshot.ai/v1",
            Family.ANTHROPIC: "https://api.moonshot.ai/anthropic",
        },
        key_variable="MOONSHOT_API_KEY",
    ),
    _openai("huggingface", "Hugging Face", "https://router.huggingface.co/v1", "HF_TOKEN"),
    _local("vllm", "vLLM", 8000, anthropic=True),
    _local("llama_cpp", "llama.cpp", 8080, anthropic=True),
    _local("ollama", "Ollama", 11434, anthropic=True),
    _local("lm_studio", "LM Studio", 1234),
    _local("sglang", "SGLang", 30000),
)
BY_NAME: Mapping[str, Preset] = {one.name: one for one in PRESETS}


def bases_of(preset: Preset | None, *, base_url: str) -> dict[Family, str]:
    """`base_url` in place of the preset's: as its OpenAI-shaped base, or the only one it has. Where the
    preset speaks Anthropic's dialect beside OpenAI's on the same server, so does this one."""
    known = dict(preset.bases) if preset else {}
    if not base_url:
        return known
    url = base_url.rstrip("/")
    main = Family.OPENAI if Family.OPENAI in known or not known else next(iter(known))
    found = {main: url}
    openai, anthropic = known.get(Family.OPENAI, ""), known.get(Family.ANTHROPIC, "")
    if main is Family.OPENAI and anthropic and openai == f"{anthropic}/v1" and url.endswith("/v1"):
        found[Family.ANTHROPIC] = url.removesuffix("/v1")
    return found
