"""What a connector to batch files needs to be told."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, model_validator

from roadworthy.features.gateway.connectors.settings.http import Url
from roadworthy.features.gateway.connectors.settings.secret_ref import Secret, Settings

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
ColumnType = Literal["auto", "text", "integer", "number", "boolean", "date", "datetime"]


class FolderSource(Settings):
    type: Literal["folder"]
    path: str = Field(min_length=1, max_length=4_000, description="On the server's machine")


class SftpSource(Settings):
    type: Literal["sftp"]
    host: str = Field(min_length=1, max_length=255)
    port: int = Field(default=22, ge=1, le=65_535)
    user: str = Field(min_length=1, max_length=255)
    password: Secret | None = None
    key: Secret | None = Field(default=None, description="Private key, OpenSSH or PEM")
    passphrase: Secret | None = None
    host_key: str = Field(
        min_length=1,
        max_length=4_000,
        description="The server's public key, as in known_hosts: ssh-ed25519 AAAA...",
    )
    path: str = Field(default=".", max_length=4_000)

    @model_validator(mode="after")
    def _some(self) -> SftpSource:
        if self.password is None and self.key is None:
            raise ValueError("expected password or key")
        return self


class S3Source(Settings):
    type: Literal["s3"]
    endpoint: Url = Field(
        description="https://s3.eu-central-1.amazonaws.com, or that of any S3-compatible store"
    )
    region: str = Field(default="us-east-1", max_length=100)
    bucket: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$")
    prefix: str = Field(default="", max_length=1_000)
    access_key: str = Field(min_length=1, max_length=300)
    secret_key: Secret
    session_token: Secret | None = None


Source = Annotated[FolderSource | SftpSource | S3Source, Field(discriminator="type")]


class CsvFormat(Settings):
    type: Literal["csv"] = "csv"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="Left out: found")
    quote: str = Field(default='"', max_length=1)
    header: bool = True
    skip_lines: int = Field(default=0, ge=0, le=1_000)


class Place(Settings):
    """Of a column in a line of fixed width, in characters; the first is 1."""

    name: Name
    start: int = Field(ge=1, le=100_000)
    length: int = Field(ge=1, le=100_000)


class FixedFormat(Settings):
    type: Literal["fixed"]
    layout: list[Place] = Field(min_length=1, max_length=5_000)
    record_length: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Characters of a record, where no line ends part them"
    )
    skip_lines: int = Field(default=0, ge=0, le=1_000)


class XmlFormat(Settings):
    type: Literal["xml"]
    row: str = Field(min_length=1, max_length=500, description="Path of a row's element: `orders/order`")


class JsonLinesFormat(Settings):
    type: Literal["jsonl"]


Format = Annotated[CsvFormat | FixedFormat | XmlFormat | JsonLinesFormat, Field(discriminator="type")]


class Column(Settings):
    type: ColumnType = "auto"
    format: str = Field(default="", max_length=100, description="Of dates: %d.%m.%Y")
    decimal: Literal[".", ","] = "."
    description: str = Field(default="", max_length=2_000)
    unit: str = Field(default="", max_length=100)


class Freshness(Settings):
    """When a new delivery is due: `max_age_hours`, or `every` by the clock. `by` is the latest time of
    day."""

    max_age_hours: float | None = Field(default=None, gt=0, le=100_000)
    every: Literal["hour", "day", "weekday", "week", "month"] | None = None
    by: str = Field(default="00:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    zone: str = "UTC"
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = "mon"
    day: int = Field(default=1, ge=1, le=28, description="Of the month")
    grace_minutes: float = Field(default=0, ge=0, le=100_000)

    @model_validator(mode="after")
    def _fits(self) -> Freshness:
        if (self.max_age_hours is None) is (self.every is None):
            raise ValueError("expected either max_age_hours or every")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"zone: {self.zone!r} is no time zone; expected like Europe/Berlin") from None
        return self


class Table(Settings):
    """Files of one kind. `replace`: each delivery is everything; `append`: each file adds its rows, and comes
    again in place of itself."""

    files: str = Field(min_length=1, max_length=500, description="File names, with * and ?: `orders_*.csv`")
    format: Format = CsvFormat()
    encoding: str = Field(
        default="auto", max_length=40, description="auto, utf-8, utf-16, latin-1, cp1252, cp037 ..."
    )
    mode: Literal["replace", "append"] = "replace"
    columns: dict[str, Column] = Field(default_factory=dict, description="By name; the others are found out")
    key: list[str] = Field(
        default_factory=list, description="Columns that name a row: makes the tool `lookup`"
    )
    null: list[str] = Field(default_factory=lambda: [""], description="Texts that mean there is no value")
    as_of: str = Field(default="", max_length=200, description="Date in the file's name: orders_%Y%m%d.csv")
    marker: str = Field(default="", max_length=200, description="File that says one is whole: `{name}.done`")
    trailer: str = Field(
        default="", max_length=500, description="Last line, a pattern; group `rows` counts them"
    )
    settle_s: float = Field(default=10, ge=0, le=86_400, description="How long a file must not have changed")
    bad_rows: float = Field(
        default=0.01, ge=0, le=1, description="Share beyond which a file is refused whole"
    )
    freshness: Freshness | None = None

    @model_validator(mode="after")
    def _fits(self) -> Table:
        if "/" in self.files or "\\" in self.files:
            raise ValueError("files: expected a pattern of names, without folders")
        if self.encoding != "auto":
            try:
                "".encode(self.encoding)
            except LookupError:
                raise ValueError(f"encoding: {self.encoding!r} is none that is known") from None
        if self.trailer:
            try:
                re.compile(self.trailer)
            except re.error as fault:
                raise ValueError(f"trailer: no pattern: {fault}") from None
        return self


class BatchSettings(Settings):
    source: Source
    tables: dict[Name, Table] = Field(min_length=1, max_length=100)
    every_s: float = Field(default=60, ge=1, le=86_400, description="How often the source is looked at")
    row_limit: int = Field(default=200, ge=1, le=100_000)
    max_file_bytes: int = Field(default=2 << 30, ge=1)
    stale: Literal["fail", "say"] = Field(
        default="fail", description="Whether stale data is withheld, or given with its age"
    )
