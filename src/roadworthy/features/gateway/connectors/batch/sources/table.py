"""Every source of batch files: one visible table."""

from __future__ import annotations

from roadworthy.domain.connector import Connector
from roadworthy.features.gateway.connectors.batch.sources.entry import FileSource
from roadworthy.features.gateway.connectors.batch.sources.folder import Folder
from roadworthy.features.gateway.connectors.opened import Parts
from roadworthy.features.gateway.connectors.settings.batch import BatchSettings, FolderSource, SftpSource


def open_files(connector: Connector, settings: BatchSettings, parts: Parts) -> FileSource:
    """Raises SecretMissing."""
    source = settings.source
    if isinstance(source, FolderSource):
        return Folder(source, forbidden=parts.folder.parent)
    if isinstance(source, SftpSource):
        # Imported where it is used: it takes a quarter of a second.
        from roadworthy.features.gateway.connectors.batch.sources.sftp import Sftp

        return Sftp(
            source,
            password=parts.secret(connector, source.password),
            key=parts.secret(connector, source.key),
            passphrase=parts.secret(connector, source.passphrase),
            allow_private=connector.allow_private,
            timeout_s=connector.timeout_s,
        )
    from roadworthy.features.gateway.connectors.batch.sources.s3 import S3

    return S3(
        source,
        secret_key=parts.secret(connector, source.secret_key),
        session_token=parts.secret(connector, source.session_token),
        transport=parts.transport,
        allow_private=connector.allow_private,
        timeout_s=connector.timeout_s,
    )
