"""What the API says about projects, keys, prices, views, people, jobs, storage and the server."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from roadworthy.domain.project import KeyScope


class Body(BaseModel):
    """Requests: a field nobody knows is refused, so that a misspelt one is not lost."""

    model_config = ConfigDict(extra="forbid")


Slug = Field(pattern=r"^[a-z0-9-]{1,40}$", description="Lower-case letters, digits and hyphens, at most 40")
Label = Field(min_length=1, max_length=200)
Money = Field(ge=0, le=1_000_000, description="USD per million tokens")
OptionalMoney = Field(default=None, ge=0, le=1_000_000, description="USD per million tokens")


class ProjectView(BaseModel):
    id: str
    name: str
    created_at: str
    retention_days: int | None = Field(description="null keeps everything")
    require_key: bool = Field(description="Whether OTLP without a key is refused")


class ProjectPage(BaseModel):
    items: list[ProjectView]
    next_cursor: None = None


class NewProject(Body):
    id: str = Slug
    name: str = Field(default="", max_length=200)
    retention_days: int | None = Field(default=None, ge=1, le=36_500)
    require_key: bool = False


class ProjectChange(Body):
    """Only what is given changes."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    retention_days: int | None = Field(default=None, ge=1, le=36_500, description="null keeps everything")
    require_key: bool | None = None


class KeyView(BaseModel):
    id: str
    project: str
    name: str
    scopes: list[KeyScope]
    created_at: str
    last_used_at: str | None
    revoked_at: str | None


class KeyPage(BaseModel):
    items: list[KeyView]
    next_cursor: None = None


class NewKey(Body):
    name: str = Label
    scopes: list[KeyScope] = Field(default=[KeyScope.INGEST], min_length=1, max_length=3)


class CreatedKey(KeyView):
    secret: str | None = Field(
        description="The whole key, shown this once. null where the request was repeated with its "
        "Idempotency-Key: secrets are not kept, so revoke the key and make another"
    )


class PriceView(BaseModel):
    id: str
    model: str
    from_day: str
    input_usd_per_mtok: float
    output_usd_per_mtok: float
    cache_read_usd_per_mtok: float | None
    cache_write_usd_per_mtok: float | None
    reasoning_usd_per_mtok: float | None
    above_input_tokens: int


class PricePage(BaseModel):
    items: list[PriceView]
    next_cursor: None = None


class NewPrice(Body):
    model: str = Field(min_length=1, max_length=200, description="Exact, or a prefix with * at its end")
    from_day: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="YYYY-MM-DD, UTC")
    input_usd_per_mtok: float = Money
    output_usd_per_mtok: float = Money
    cache_read_usd_per_mtok: float | None = OptionalMoney
    cache_write_usd_per_mtok: float | None = OptionalMoney
    reasoning_usd_per_mtok: float | None = OptionalMoney
    above_input_tokens: int = Field(
        default=0, ge=0, le=100_000_000, description="A tier: for calls with more input tokens than this"
    )


class SavedViewView(BaseModel):
    id: str
    name: str
    page: Literal["runs", "sessions", "fleet"]
    query: str
    created_at: str


class SavedViewPage(BaseModel):
    items: list[SavedViewView]
    next_cursor: None = None


class NewView(Body):
    name: str = Label
    page: Literal["runs", "sessions", "fleet"]
    query: str = Field(max_length=4000, description="Query string of the page's URL, without ?")


class JobView(BaseModel):
    id: str
    project: str
    kind: str
    arguments: dict[str, Any] = Field(description="What was asked for, in the words of its kind")
    status: Literal["waiting", "running", "done", "failed", "cancelled"]
    done: int = Field(description="How far it is, in `unit`")
    total: int | None
    unit: str
    error: str | None
    created_at: str
    updated_at: str


class JobPage(BaseModel):
    items: list[JobView]
    next_cursor: None = None


class NewRecompute(Body):
    from_day: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$", description="UTC; null: all")


class RejectionView(BaseModel):
    code: str
    reason: str
    signal: str
    rejections: int
    count: int = Field(description="Spans, log records or data points; 0 where a body could not be read")
    first_at: str
    last_at: str
    user_agent: str | None
    sample: str | None


class RejectionPage(BaseModel):
    items: list[RejectionView]
    next_cursor: None = None


class StorageView(BaseModel):
    spans: int
    runs: int
    bytes_on_disk: int = Field(description="Of this project where the store can tell, else of all")
    first_at: str | None
    last_at: str | None
    days: list[str] = Field(description="Days that hold data, oldest first, UTC")
    retention_days: int | None
    disk_free_bytes: int | None


class ServerView(BaseModel):
    version: str
    url: str
    otlp_http_url: str
    otlp_grpc_url: str
    login_required: bool
    backlog_bytes: int = Field(description="Accepted, durable, not yet visible")
    runs_to_judge: int = Field(description="Of all projects, those that wait for their verdict")
    healthy: bool
    problems: list[str]
    started_at: str
    runs: int


class Credentials(Body):
    name: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=1000)


class MeView(BaseModel):
    kind: Literal["local", "person", "key"]
    name: str
    project: str | None = Field(description="The only project a key sees; null: all")
    scopes: list[KeyScope]
    login_required: bool


class ImportResult(BaseModel):
    spans: int
    runs: int
    scores: int
    skipped: int = Field(description="Lines or rows that could not be read")
    errors: list[str] = Field(description="The first few reasons")
