import pathlib

import aiosqlite

TABLES = "CREATE TABLE IF NOT EXISTS question (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"


async def database(app):
    path = pathlib.Path(app["config"]["database"])
    path.parent.mkdir(parents=True, exist_ok=True)
    app["db"] = await aiosqlite.connect(path)
    await app["db"].execute(TABLES)
    yield
    await app["db"].close()
