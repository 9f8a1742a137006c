"""What a secret looks like: one entry a kind, in one table.

Patterns are written in the syntax that RE2 and `re` (with re.ASCII) share, because the screen runs them all
at once in RE2. Group `secret` is what is replaced, else the whole match; what `is_secret` refuses stays.
No pattern may go over one stretch of text twice: a hostile message is 5 MB long, and `re` walks back.
Formats are the providers' own; where they publish none, the prefixes are those of their key pages.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass

Check = Callable[["re.Match[str]"], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """`triggers`: every match holds one of them, in lower case (the cheap test before the pattern)."""

    kind: str
    triggers: tuple[str, ...]
    pattern: str
    is_secret: Check | None = None
    one_run: bool = False
    """Whether every match is 15 characters or more, all of them ASCII letters, digits or one of `-./:+=_~`. A
    kind that is not so has a rule of its own in `native/secrets.c`."""


def _mixed(match: re.Match[str]) -> bool:
    """Random keys hold digits and letters; words joined by hyphens hold no digit."""
    found = _secret(match)
    return any(c.isdigit() for c in found) and any(c.isalpha() for c in found)


def _basic(match: re.Match[str]) -> bool:
    """Basic credentials are the base64 of "user:password"."""
    try:
        decoded = base64.b64decode(_secret(match) + "==", validate=False)
    except binascii.Error:
        return False
    return b":" in decoded and decoded.isascii()


NOT_VALUES = frozenset(
    """
    string str text null none true false undefined required optional redacted hidden secret password
    token apikey api_key changeme example placeholder default missing invalid expired unknown
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
REFERENCES = ("your", "my_", "os.", "process.", "env")
HARMLESS_NAMES = re.compile(r"(?:page|next|continuation|cursor|sync|stop|eos|bos|pad|unk|max)[a-z_-]*$")


def _named(match: re.Match[str]) -> bool:
    """A value written beside a name such as password: not a placeholder, a reference or a word of prose."""
    value = _secret(match)
    lowered = value.lower().strip("*.xX-_")
    if (
        len(lowered) < 4
        or lowered in NOT_VALUES
        or lowered.startswith(("your", "my_", "os.", "process.", "env"))
    ):
        return False
    quoted = match.group("open")[-1:] in ("'", '"')
    mixed_case = len(value) >= 16 and not value.islower() and not value.isupper() and not value.istitle()
    return quoted or mixed_case or any(not c.isalpha() for c in value.strip(".!?:"))


def _named_token(match: re.Match[str]) -> bool:
    """`token` alone also names page cursors and words of a vocabulary."""
    name = match.string[max(0, match.start() - 16) : match.start()]
    return not HARMLESS_NAMES.search(name.lower()) and _mixed(match)


def _url_password(match: re.Match[str]) -> bool:
    return _secret(match)[:1] not in "{<$[%*"


def _secret(match: re.Match[str]) -> str:
    return match.group("secret") if "secret" in match.re.groupindex else match.group()


def _prefixed(kind: str, prefixes: str, body: str, *triggers: str, is_secret: Check | None = None) -> Secret:
    pattern = rf"\b(?:{prefixes}){body}"
    return Secret(kind=kind, triggers=triggers, pattern=pattern, is_secret=is_secret, one_run=True)


SECRETS: tuple[Secret, ...] = (
    Secret(
        kind="private_key",
        triggers=("private key",),
        pattern=r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
        r'[^"-]*(?:-----END [A-Z0-9 ]*KEY(?: BLOCK)?-----)?',
    ),
    Secret(
        kind="url_password",
        triggers=("@",),
        pattern=r"""://[^\s/:@"'<>\\]*:(?P<secret>[^\s/@"'<>\\]+)@""",
        is_secret=_url_password,
    ),
    _prefixed("anthropic_key", "sk-ant-", r"[A-Za-z0-9_-]{16,}", "sk-ant-"),
    _prefixed("langfuse_key", "sk-lf-", r"[0-9a-f-]{32,}", "sk-lf-"),
    _prefixed("openai_key", "sk-", r"[A-Za-z0-9_-]{20,}", "sk-", is_secret=_mixed),
    _prefixed("aws_key", "AKIA|ASIA", r"[A-Z2-7]{16}\b", "akia", "asia"),
    _prefixed("google_key", "AIza", r"[0-9A-Za-z_-]{35}", "aiza"),
    _prefixed("google_token", r"ya29\.|GOCSPX-", r"[0-9A-Za-z_-]{20,}", "ya29.", "gocspx-"),
    _prefixed("github_token", "gh[pousr]_", r"[A-Za-z0-9]{36,}", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    _prefixed("github_token", "github_pat_", r"[A-Za-z0-9_]{22,}", "github_pat_"),
    _prefixed(
        "gitlab_token",
        "gl(?:pat|dt|rt|ptt|oas|soat|cbt)-",
        r"[A-Za-z0-9_-]{20,}",
        *("glpat-", "gldt-", "glrt-", "glptt-", "gloas-", "glsoat-", "glcbt-"),
    ),
    _prefixed("slack_token", "xox[abeoprs]-|xapp-", r"[A-Za-z0-9-]{10,}", "xox", "xapp-"),
    _prefixed("slack_webhook", r"hooks\.slack\.com/services/", r"[A-Za-z0-9/]{20,}", "hooks.slack.com"),
    _prefixed("stripe_key", "[sr]k_(?:live|test)_|whsec_", r"[A-Za-z0-9]{16,}", "_live_", "_test_", "whsec_"),
    _prefixed("hugging_face_token", "hf_", r"[A-Za-z0-9]{30,}", "hf_"),
    _prefixed("npm_token", "npm_", r"[A-Za-z0-9]{36}", "npm_"),
    _prefixed("pypi_token", "pypi-AgE", r"[A-Za-z0-9_-]{40,}", "pypi-age"),
    _prefixed("groq_key", "gsk_", r"[A-Za-z0-9]{40,}", "gsk_"),
    _prefixed("xai_key", "xai-", r"[A-Za-z0-9]{40,}", "xai-"),
    _prefixed("perplexity_key", "pplx-", r"[A-Za-z0-9]{40,}", "pplx-"),
    _prefixed("replicate_token", "r8_", r"[A-Za-z0-9]{30,}", "r8_"),
    _prefixed("tavily_key", "tvly-", r"[A-Za-z0-9-]{20,}", "tvly-", is_secret=_mixed),
    _prefixed("langsmith_key", "lsv2_(?:pt|sk)_", r"[0-9a-f_]{32,}", "lsv2_"),
    _prefixed("docker_token", "dckr_pat_", r"[A-Za-z0-9_-]{20,}", "dckr_pat_"),
    _prefixed("digitalocean_token", "do[opr]_v1_", r"[0-9a-f]{40,}", "_v1_"),
    _prefixed("databricks_token", "dapi", r"[0-9a-f]{32}\b", "dapi"),
    _prefixed("grafana_token", "glsa_|glc_", r"[A-Za-z0-9_=]{32,}", "glsa_", "glc_"),
    _prefixed("vault_token", r"hv[sbr]\.", r"[A-Za-z0-9_-]{24,}", "hvs.", "hvb.", "hvr."),
    _prefixed("shopify_token", "shp(?:at|ca|pa|ss)_", r"[0-9a-fA-F]{32}", "shp"),
    _prefixed("linear_key", "lin_(?:api|oauth)_", r"[A-Za-z0-9]{32,}", "lin_"),
    _prefixed("atlassian_token", "ATATT3|ATCTT3", r"[A-Za-z0-9_=-]{40,}", "atatt3", "atctt3"),
    _prefixed("sendgrid_key", r"SG\.[A-Za-z0-9_-]{22}\.", r"[A-Za-z0-9_-]{43}", "sg."),
    _prefixed("telegram_token", "[0-9]{8,10}:AA", r"[A-Za-z0-9_-]{33}\b", ":aa"),
    _prefixed("age_key", "AGE-SECRET-KEY-1", r"[0-9A-Z]{40,}", "age-secret-key-1"),
    _prefixed("roadworthy_key", "rw_", r"[A-Za-z0-9]{4,}_[A-Za-z0-9_-]{16,}", "rw_", is_secret=_mixed),
    _prefixed("jwt", "eyJ", r"[A-Za-z0-9]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", "eyj"),
    Secret(
        kind="azure_key",
        triggers=("accountkey=", "sharedaccesskey="),
        pattern=r"(?i:\b(?:AccountKey|SharedAccessKey)=)(?P<secret>[A-Za-z0-9+/]{40,}={0,2})",
    ),
    Secret(
        kind="bearer_token",
        triggers=("bearer",),
        pattern=r"(?i:\bbearer)\s+(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)",
        is_secret=_mixed,
    ),
    Secret(
        kind="basic_credentials",
        triggers=("basic",),
        pattern=r"(?i:\bbasic)\s+(?P<secret>[A-Za-z0-9+/]{8,}={0,2})",
        is_secret=_basic,
    ),
    Secret(
        kind="named_secret",
        triggers=tuple(
            """
            passw pwd secret api_key apikey api-key access_key access-key accesskey private_key private-key
            privatekey credential _token -token authtoken accesstoken refreshtoken idtoken sessiontoken
            bearertoken csrftoken
            """.split()  # noqa: SIM905
        ),
        pattern=r"(?i:(?P<name>passw(?:or)?d|passwd|pwd|secret(?:[_-]?(?:access[_-]?)?key)?|api[_-]?key"
        r"|access[_-]?key|private[_-]?key|credentials?|(?:auth|access|refresh|id|session|bearer|csrf)[_-]?token))"
        r"""(?P<open>\\*["']?\s*[:=]\s*\\*["']?)(?P<secret>[^\s"'\\,;&<>{}()\[\]$]{6,256})""",
        is_secret=_named,
    ),
    Secret(
        kind="token",
        triggers=("token",),
        pattern=r"(?i:token)"
        r"""(?P<open>\\*["']?\s*[:=]\s*\\*["']?)(?P<secret>[A-Za-z0-9._~+/-]{20,512}=*)""",
        is_secret=_named_token,
    ),
)

SECRET_NAMES = frozenset(
    """
    password passwd pwd secret client_secret secret_key secret_access_key api_key apikey x_api_key
    access_key private_key authorization proxy_authorization auth_token access_token refresh_token
    id_token session_token bearer_token credentials cookie set_cookie x_goog_api_key api_token
    """.split()  # noqa: SIM905 - a list of words reads better as words
)


def is_secret_name(key: str) -> bool:
    """Whether the last part of an attribute's key names a secret: its whole value is masked then."""
    last = re.split(r"[./:]", key.lower())[-1].replace("-", "_")
    return last in SECRET_NAMES
