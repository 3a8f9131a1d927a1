"""A guest book in memory, with a room to talk in."""

from typing import Annotated

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, StringConstraints


class Guest(BaseModel):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def create_app() -> FastAPI:
    app = FastAPI()
    guests: list = []

    @app.get("/", response_class=PlainTextResponse)
    async def hello() -> str:
        return "Hello from FastAPI\n"

    @app.get("/health")
    async def health() -> dict:
        return {"status": "ok"}

    @app.get("/guests")
    async def read() -> list:
        return guests

    @app.post("/guests", status_code=201)
    async def sign(guest: Guest) -> Guest:
        guests.append(guest.name)
        return guest

    @app.post("/echo")
    async def echo(request: Request) -> Response:
        return Response(await request.body(), media_type="application/octet-stream")

    @app.websocket("/room")
    async def room(socket: WebSocket) -> None:
        await socket.accept()
        async for text in socket.iter_text():
            await socket.send_text("you said: " + text)

    return app


app = create_app()
