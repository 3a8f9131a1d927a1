import pathlib

import aiohttp_jinja2
from aiohttp import web


@aiohttp_jinja2.template("index.html")
async def index(request):
    cursor = await request.app["db"].execute("SELECT text FROM question")
    return {"questions": [row[0] for row in await cursor.fetchall()]}


async def add(request):
    form = await request.post()
    folder = pathlib.Path(request.app["config"]["uploads"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / pathlib.Path(form["file"].filename).name).write_bytes(form["file"].file.read())
    await request.app["db"].execute("INSERT INTO question (text) VALUES (?)", (form["text"],))
    await request.app["db"].commit()
    return web.Response(status=201)


async def uploaded(request):
    return web.FileResponse(pathlib.Path(request.app["config"]["uploads"]) / request.match_info["name"])
