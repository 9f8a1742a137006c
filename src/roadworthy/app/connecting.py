"""Connectors in the core, wired together: the book, trying them out, loading files, data dictionaries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.tool_system import ToolSystem
from roadworthy.contracts.upstream import Transport
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.features.gateway.connectors.batch.deliveries import BatchDeliveries
from roadworthy.features.gateway.connectors.batch.loader import Loader
from roadworthy.features.gateway.connectors.book import ConnectorBook
from roadworthy.features.gateway.connectors.opened import Parts
from roadworthy.features.gateway.connectors.opening import Opener
from roadworthy.features.gateway.connectors.service import ConnectorService
from roadworthy.features.gateway.profile.dictionary_book import DictionaryBook
from roadworthy.features.gateway.profile.opening import open_source
from roadworthy.features.gateway.profile.source import ProfileSource
from roadworthy.flows.load_batch_files import LoadBatchFiles
from roadworthy.flows.profile_connector import ProfileConnector
from roadworthy.kit.sealing import Sealer


def _open_mcp(connector: Connector, settings: Any, parts: Parts) -> ToolSystem:
    # Imported where one is opened; what changes meanwhile is of no matter to one call.
    from roadworthy.features.gateway.tools.opening import mcp_opener

    return mcp_opener(lambda _project, _connector: None)(connector, settings, parts)


class Connecting:
    """What the core needs of connectors. `transport` makes one for the event loop it is called in."""

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        secrets: Path,
        folder: Path,
        transport: Callable[[], Transport] = HttpTransport,
        openers: Mapping[ConnectorKind, Opener] | None = None,
    ) -> None:
        self._sealer = Sealer(secrets)
        self._folder = folder
        self._transport = transport
        self._openers = openers = {ConnectorKind.MCP: _open_mcp} if openers is None else openers
        self.dictionaries = DictionaryBook(metadata)
        self.deliveries = BatchDeliveries(folder)
        book = ConnectorBook(metadata, seal=self._sealer)
        self.service = ConnectorService(
            book, parts=self.parts, folder=folder, deliveries=self.deliveries, openers=openers
        )
        self.loads = LoadBatchFiles(book, self.deliveries, look=lambda *asked: loader.look(*asked))
        loader = Loader(self.parts, stopping=self.loads.stopping.is_set)
        self.profiles = ProfileConnector(book, self.dictionaries, open_source=self._source, folder=folder)

    def start(self) -> None:
        self.loads.start()

    def stop(self) -> None:
        self.loads.stop(timeout=1.0)

    def parts(self) -> Parts:
        return Parts(
            transport=self._transport(),
            unseal=self._sealer.open,
            seal=self._sealer.seal,
            folder=self._folder,
            dictionary=self.dictionaries.dictionary,
        )

    @asynccontextmanager
    async def _source(self, connector: Connector) -> AsyncIterator[ProfileSource]:
        parts = self.parts()
        try:
            source = open_source(connector, parts, openers=self._openers)
            try:
                yield source
            finally:
                await source.close()
        finally:
            await parts.transport.close()
