"""Secrets do not get past masking; what only looks like one does."""

from __future__ import annotations

import json
import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.domain.span import Span, SpanFlag
from roadworthy.features.ingest import mask
from roadworthy.features.ingest.mask import mask_span, mask_spans, mask_text, mask_texts
from roadworthy.kit.secret_patterns import SECRETS


def made_up(length: int, alphabet: str = string.ascii_letters + string.digits, *, seed: int = 7) -> str:
    """A random key with at least a digit and a letter; made here, so that none stands in the repository."""
    chosen = random.Random(seed).choices(alphabet, k=length - 2)
    return "".join(chosen) + "a7"


HEX = "0123456789abcdef"
BASE64 = string.ascii_letters + string.digits + "+/"
KEYS = {
    "anthropic_key": "sk-ant-api03-" + made_up(80),
    "openai_key": "sk-proj-" + made_up(48),
    "langfuse_key": "sk-lf-" + made_up(36, HEX),
    "aws_key": "AKIA" + "".join(random.Random(1).choices(string.ascii_uppercase + "234567", k=16)),
    "google_key": "AIza" + made_up(35),
    "google_token": "ya29." + made_up(60),
    "github_token": "ghp_" + made_up(36),
    "gitlab_token": "glpat-" + made_up(20),
    "slack_token": "xoxb-" + made_up(24),
    "slack_webhook": "hooks.slack.com/services/" + made_up(44),
    "stripe_key": "sk_live_" + made_up(24),
    "hugging_face_token": "hf_" + made_up(34),
    "npm_token": "npm_" + made_up(36),
    "pypi_token": "pypi-AgEIcHlwaS5vcmc" + made_up(60),
    "groq_key": "gsk_" + made_up(52),
    "xai_key": "xai-" + made_up(80),
    "perplexity_key": "pplx-" + made_up(48),
    "replicate_token": "r8_" + made_up(37),
    "tavily_key": "tvly-" + made_up(32),
    "langsmith_key": "lsv2_pt_" + made_up(43, HEX),
    "docker_token": "dckr_pat_" + made_up(27),
    "digitalocean_token": "dop_v1_" + made_up(64, HEX),
    "databricks_token": "dapi" + made_up(32, HEX),
    "grafana_token": "glsa_" + made_up(41),
    "vault_token": "hvs." + made_up(90),
    "shopify_token": "shpat_" + made_up(32, HEX),
    "linear_key": "lin_api_" + made_up(40),
    "atlassian_token": "ATATT3" + made_up(180),
    "sendgrid_key": f"SG.{made_up(22)}.{made_up(43)}",
    "telegram_token": "1234567890:AA" + made_up(33),
    "age_key": "AGE-SECRET-KEY-1" + made_up(58, string.ascii_uppercase + string.digits).upper(),
    "roadworthy_key": f"rw_{made_up(12)}_{made_up(32)}",
    "jwt": f"eyJ{made_up(30)}.eyJ{made_up(60)}.{made_up(43)}",
    "azure_key": f"AccountKey={made_up(86, BASE64)}==",
    "private_key": f"-----BEGIN RSA PRIVATE KEY-----\n{made_up(64)}\n-----END RSA PRIVATE KEY-----",
    "bearer_token": "Authorization: Bearer " + made_up(40),
    "basic_credentials": "Authorization: Basic dXNlcjpodW50ZXIy",
    "url_password": "postgres://bob:hunter2@db.example.org/x",
    "named_secret": "password=hunter2x",
    "token": "token: " + made_up(32),
}


def test_each_kind_of_secret_has_an_example_here() -> None:
    assert {secret.kind for secret in SECRETS} == set(KEYS)


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize(
    "around", ["{}", "before {} after", '{{"content": "{}"}}', "密钥{}", "x=({})", "line\n{}\nline"]
)
def test_secrets_are_replaced_wherever_they_stand(kind: str, around: str) -> None:
    text = around.format(KEYS[kind])
    masked = mask_text(text)
    assert (masked.count, f"[masked:{kind}]" in masked.text) == (1, True), masked.text
    assert KEYS[kind][-12:] not in masked.text or kind == "url_password"
    assert mask_texts([text, "a", "b", "c"])[0] == masked


@pytest.mark.parametrize("kind", KEYS)
def test_json_stays_json(kind: str) -> None:
    text = json.dumps({"messages": [{"role": "user", "content": f"use {KEYS[kind]} please"}]})
    (message,) = json.loads(mask_text(text).text)["messages"]
    assert message["content"].startswith("use ")
    assert message["content"].endswith("please")


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "correct horse"}',
        '{\\"api_key\\": \\"abcdefgh1\\"}',
        "aws_secret_access_key = wJalrXUtnFEMIbPxRfiCYEXAMPLE",
        "export DB_PASSWORD=s3cr3t!",
        "clientSecret: 'abcDEF123'",
        "refresh_token=1//0abcdefghijkl",
        "https://user:p%40ss@example.org/path",
    ],
)
def test_values_beside_secret_names_are_masked(text: str) -> None:
    assert mask_text(text).count == 1


@pytest.mark.parametrize(
    "text",
    [
        "call_abc123456789abcdefghijklmnop",
        "toolu_01TKoqQLvY2UWuC49qnD48y7",
        "msg_01FENHy1PacrsMuEbTd5FCHd",
        "chatcmpl-BhGJDsZlpk55owZCjMyJl8TOGqk0H",
        "resp_06bbedfc9588dfa50069120b6638f88195ac87ed4b1b0c5a5d",
        "fc_68a1b2c3d4e5f60718293a4b5c6d7e8f9a0b1c2d",
        "5b8efff798038103d269b633813fc60c eee19b7ec3c1b174",
        "123e4567-e89b-12d3-a456-426614174000",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "max_tokens: 1000000000000000000000",
        '{"prompt_tokens": 12345, "completion_tokens_details": {"reasoning_tokens": 0}}',
        "next_page_token=abcdef0123456789abcdef0123",
        "the password: please choose a new one",
        "Password: required",
        '{"password": {"type": "string", "description": "The password"}}',
        '{"api_key": "YOUR_API_KEY"}',
        "api_key=os.environ['OPENAI_API_KEY']",
        "OPENAI_API_KEY=$KEY",
        "password=****************",
        "basic understanding of authentication",
        "Bearer authentication-is-described-below",
        "task-1234-write-a-long-report-now",
        "risk-assessment-for-2026-quarter-one",
        "sk-learn-is-a-library-with-a-long-name",
        "https://example.org:8080/a@b",
        "git@github.com:roadworthy/roadworthy.git",
        "mail bob@example.org",
        "AKIA is a prefix",
        'eyJ is how base64 of {" begins',
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask_text(text).text == text


@given(st.text(max_size=60), st.sampled_from(sorted(KEYS)), st.text(max_size=60))
def test_masking_twice_changes_nothing(before: str, kind: str, after: str) -> None:
    once = mask_text(f"{before} {KEYS[kind]} {after}")
    assert mask_text(once.text).text == once.text


@given(st.lists(st.text(max_size=80) | st.sampled_from(sorted(KEYS.values())), min_size=4, max_size=12))
def test_the_screen_lets_no_secret_through(texts: list[str]) -> None:
    """Many at once give what each gives alone: RE2 and re agree on every pattern."""
    assert mask_texts(texts) == [mask_text(text) for text in texts]


@pytest.mark.parametrize(
    "piece",
    [
        "-eyJ",
        "sk-",
        "://a:",
        "password ",
        "password=",
        "token: ",
        "Bearer ",
        "-----BEGIN A ",
        "\\\\",
        "rw_",
        "a@",
    ],
)
def test_hostile_texts_are_searched_in_one_pass(piece: str) -> None:
    """Quadratic searching would take hours here."""
    text = piece * (2_000_000 // len(piece))
    assert mask_text(text).count <= len(text) // 20


def span(**fields: object) -> Span:
    made = Span(project="p", trace_id="0" * 31 + "1", span_id="0" * 15 + "1")
    for name, value in fields.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    "field", ["name", "input", "output", "tool_definitions", "error", "events", "links", "outcome_reason"]
)
def test_every_text_of_a_span_is_masked(field: str) -> None:
    key = KEYS["openai_key"]
    spans = [span(**{field: f"x {key}"}), span(input="fine"), span(), span()]
    assert mask_spans(spans) == 1
    assert getattr(spans[0], field) == "x [masked:openai_key]"
    assert spans[0].flags == (SpanFlag.MASKED,)
    assert spans[1].flags == ()


def test_attributes_are_masked_by_value_and_by_name() -> None:
    attributes = {
        "note": f"uses {KEYS['github_token']}",
        "http.request.header.authorization": '["tok"]',
        "db.password": "x",
        "llm.token_count.total": "12",
        "gen_ai.usage.input_tokens": "12",
    }
    masked = mask_span(span(attributes=dict(attributes)))
    assert masked.attributes == {
        "note": "uses [masked:github_token]",
        "http.request.header.authorization": "[masked:named_secret]",
        "db.password": "[masked:named_secret]",
        "llm.token_count.total": "12",
        "gen_ai.usage.input_tokens": "12",
    }
    again = [span(attributes=dict(attributes)) for _ in range(10)]
    assert mask_spans(again) == 10
    assert again[0].attributes == masked.attributes
    assert mask_span(again[0]).attributes == masked.attributes


def test_texts_that_utf_8_cannot_hold_are_masked_all_the_same() -> None:
    texts = ["\ud800 " + KEYS["jwt"], "a", "b", "c"]
    assert [masked.count for masked in mask_texts(texts)] == [1, 0, 0, 0]


def test_made_up_attribute_keys_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mask, "KNOWN_KEYS_LIMIT", 100)
    names = mask._KeyNames(lambda key: False)
    for number in range(1_000):
        names.any_secret({f"key.{number}": ""})
    assert len(names._harmless) <= 100
