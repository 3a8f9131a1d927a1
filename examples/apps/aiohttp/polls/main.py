import logging
import sys

import aiohttp_jinja2
import jinja2
from aiohttp import web

from polls.db import database
from polls.settings import get_config
from polls.views import add, index, uploaded


async def init_app(argv=None):
    app = web.Application()
    app["config"] = get_config(argv)
    aiohttp_jinja2.setup(app, loader=jinja2.PackageLoader("polls", "templates"))
    app.cleanup_ctx.append(database)
    app.router.add_get("/", index)
    app.router.add_get("/notes", index)
    app.router.add_post("/notes", add)
    app.router.add_get("/files/{name}", uploaded)
    return app


def main():
    logging.basicConfig(level=logging.DEBUG)
    config = get_config(sys.argv[1:])
    web.run_app(init_app(sys.argv[1:]), host=config["host"], port=config["port"])
