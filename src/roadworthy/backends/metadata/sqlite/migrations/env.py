"""What Alembic runs: migrations over the connection that `migrate` opened."""

from alembic import context

from roadworthy.backends.metadata.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
