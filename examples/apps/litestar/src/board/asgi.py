from advanced_alchemy.extensions.litestar import SQLAlchemyAsyncConfig, SQLAlchemyPlugin
from litestar import Litestar
from litestar.datastructures import State

from board.controllers import Notes, uploaded
from board.settings import Settings


def create_app() -> Litestar:
    settings = Settings()
    database = SQLAlchemyAsyncConfig(connection_string=settings.database, create_all=True)
    return Litestar(
        route_handlers=[Notes, uploaded],
        plugins=[SQLAlchemyPlugin(database)],
        state=State({"settings": settings}),
    )
