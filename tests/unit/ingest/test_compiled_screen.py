"""What compiled code lets pass holds no secret."""

from __future__ import annotations

import re
import string
import time
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.domain.span import Span
from roadworthy.features.ingest import mask
from roadworthy.features.ingest.decode import decode
from roadworthy.features.ingest.mask import mask_span, mask_spans, mask_text
from roadworthy.kit.compiled import COMPILED
from roadworthy.kit.secret_patterns import SECRETS, Secret
from tests.unit.ingest.ingest_path import Payloads
from tests.unit.ingest.test_acceptance_otlp import folders
from tests.unit.ingest.test_mask import KEYS

pytestmark = pytest.mark.skipif(
    not hasattr(COMPILED, "secret_suspects"),
    reason="the compiled part is not there (no C compiler, ROADWORTHY_COMPILED=0): make setup says why",
)

RUN = frozenset(string.ascii_letters + string.digits + "-./:+=_~")
BLOCK = 64
"""How many bytes are looked at in one go."""


def a_span(text: str = "", *, field: str = "input") -> Span:
    made = Span(project="p", trace_id="1" * 32, span_id="1" * 16)
    if field == "attributes":
        made.attributes = {"k": "v", "key": text, "z": ""}
    else:
        setattr(made, field, text)
    return made


def is_suspect(text: str, *, field: str = "input") -> bool:
    found = mask._possible([a_span("nothing in this one"), a_span(text, field=field)])
    assert list(found) in ([], [1])
    return bool(found)


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: f"{secret.kind} {secret.triggers[0]}")
@settings(max_examples=60)
@given(st.data())
def test_whatever_a_pattern_matches_is_suspect(secret: Secret, data: st.DataObject) -> None:
    """Of what is masked and of what `is_secret` refuses."""
    match = data.draw(st.from_regex(re.compile(secret.pattern, re.ASCII), fullmatch=True))
    before = data.draw(st.sampled_from(["", "x ", "é", "\n", "(", "密钥 ", '{"a":"', " " * 57, "-" * 62]))
    after = data.draw(st.sampled_from(["", " x", "\n", '"}', "é"]))
    assert is_suspect(f"{before}{match}{after}")
    if secret.one_run:
        assert len(match) >= 15
        assert RUN.issuperset(match)
        assert any(trigger in match.lower() for trigger in secret.triggers)


def test_kinds_that_are_no_run_have_rules_of_their_own() -> None:
    own = {"private_key", "url_password", "azure_key", "bearer_token", "basic_credentials"}
    assert {secret.kind for secret in SECRETS if not secret.one_run} == {*own, "named_secret", "token"}


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("filling", [" ", "x ", ". ", "é ", '"'])
def test_secrets_are_found_at_every_place_of_a_block(kind: str, filling: str) -> None:
    for before in range(2 * BLOCK + 1):
        assert is_suspect((filling * before)[:before] + " " + KEYS[kind] + filling), before


@pytest.mark.parametrize("field", [*mask._TEXTS, "attributes"])
def test_secrets_are_found_in_every_text(field: str) -> None:
    assert not is_suspect("an ordinary text", field=field)
    assert is_suspect("so password=hunter2x it is", field=field)
    assert is_suspect(f"密钥 {KEYS['npm_token']}", field=field)


PIECES = st.sampled_from(
    [
        *(
            "password",
            "passwd",
            "Pwd",
            "SECRET",
            "secret_key",
            "api-key",
            "access_key",
            "credentials",
            "id_token",
        ),
        *(
            ":",
            "=",
            "\\",
            "'",
            '"',
            " ",
            "\n",
            "\t",
            "\x0b",
            "\x00",
            "://",
            "@",
            "/",
            "bob",
            "é",
            "密",
            "ſ",
            "\u212a",
        ),
        *(
            "Bearer",
            "basic",
            "-----BEGIN",
            "-----",
            "PRIVATE KEY",
            "sk-",
            "AKIA",
            "ghp_",
            "gsk_",
            "eyJ",
            ".",
            "_",
        ),
        *("a7", "Zx9w", "0123456789", "abcdefgh12345678", "A" * 16, "a1" * 20, "ABCD2345" * 2, "hunter2x"),
    ]
)


@settings(max_examples=2_000)
@given(st.lists(PIECES | st.text(max_size=2), max_size=12).map("".join))
def test_texts_like_secrets_are_suspect_where_they_are_masked(text: str) -> None:
    assert is_suspect(text) or mask_text(text).count == 0


@pytest.mark.parametrize("folder", folders())
def test_real_spans_are_masked_as_one_by_one(shared_data: Path, folder: str) -> None:
    for record in Payloads(shared_data / "otlp" / folder).records():
        spans = decode(record, version=1).spans
        for number, kind in enumerate(KEYS):
            if number * 3 < len(spans):
                spans[number * 3].output += f" {KEYS[kind]}"
        each = [mask_span(deepcopy(span)) for span in spans]
        mask_spans(spans)
        assert spans == each


def test_few_ordinary_texts_are_suspect() -> None:
    """Otherwise all of this would hold, and nothing be gained."""
    ordinary = [
        "Where is order T-1005? A refund of 12.50 was basically refused: see the token count.",
        '{"order_id": "T-1005", "keys": ["a", "b"], "url": "https://example.org/a/b/c?d=e", "n_tokens": 12}',
        "chatcmpl-9f8e7d6c5b4a39281706f5e4d3c2b1a0 call_jKvCVnba15YUfr 01234567-89ab-cdef-0123-456789abcdef",
        "write to bob@example.org -- or --- to nobody",
    ]
    assert [is_suspect(text) for text in ordinary] == [False] * 4


def test_what_cannot_be_read_is_suspect() -> None:
    assert is_suspect("\ud800")
    odd = a_span()
    odd.attributes["k"] = 1  # type: ignore[assignment]
    assert list(mask._possible([odd, a_span()])) == [0]
    assert list(mask._possible([])) == []


def test_a_trigger_no_run_can_hold_leaves_all_to_python() -> None:
    for trigger in (b"two words", b"UPPER", b"x", "é".encode(), "text"):
        assert COMPILED.secret_suspects([a_span()], ("name",), (trigger,)) is None
    assert COMPILED.secret_suspects([a_span()], ("name",), (b"sk-",)) == []


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a@",
            ":",
            " :",
            '\\":',
            "\\",
            " ",
            "a ",
            "c ",
            "----",
            "-B",
            "//",
            "a1" * 8,
            "s k-",
            "x" * 20 + " ",
            "as-",
        ),
        *("\x00@", "=\n\n", "://a:", "é:", "risk", "d:", "en="),
    ],
)
def test_hostile_texts_are_screened_in_one_pass(piece: str) -> None:
    """Quadratic searching would take hours here."""
    text = piece * (5_000_000 // len(piece))
    began = time.thread_time()
    is_suspect(text)
    assert time.thread_time() - began < 1
