from alembic import context
from sqlmodel import SQLModel, create_engine

from app.core.config import settings
from app.models import Note  # noqa: F401


def run_migrations_online():
    with create_engine(str(settings.SQLALCHEMY_DATABASE_URI)).connect() as connection:
        context.configure(connection=connection, target_metadata=SQLModel.metadata)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
