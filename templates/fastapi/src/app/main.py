"""The web app: notes that people leave."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Annotated

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, StringConstraints

from app.config import Config
from app.metrics import CONTENT_TYPE, Metrics
from app.notes import LONGEST, Notes


class NewNote(BaseModel):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]


class Note(BaseModel):
    id: int
    text: str


class Listed(BaseModel):
    notes: list[Note]


def create_app(config: Config | None = None) -> FastAPI:
    config = config or Config.from_environment()
    notes, metrics = Notes(config.database), Metrics()
    app = FastAPI(title="Notes")

    # Plain `def`: SQLite blocks, so FastAPI runs these in a thread.
    @app.get("/notes")
    def listed() -> Listed:
        found = notes.newest(config.page)
        return Listed(notes=[Note(id=note.id, text=note.text) for note in found])

    @app.post("/notes", status_code=201)
    def left(new: NewNote) -> Note:
        note = notes.leave(new.text)
        return Note(id=note.id, text=note.text)

    @app.get("/health", include_in_schema=False)
    def health() -> Response:
        """Well is who can read."""
        notes.newest(1)
        return Response('{"status": "ok"}', media_type="application/json")

    @app.get("/metrics", include_in_schema=False)
    def numbers() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    @app.exception_handler(RequestValidationError)
    def refused(_: Request, error: RequestValidationError) -> JSONResponse:
        """Without what was sent: NaN, or half a character, can't be said again."""
        told = [{key: one[key] for key in ("type", "loc", "msg")} for one in error.errors()]
        return JSONResponse({"detail": told}, 422)

    @app.middleware("http")
    async def counted(
        request: Request, answer: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        began, status = perf_counter(), 500
        try:
            response = await answer(request)
            status = response.status_code
            return response
        finally:
            route = getattr(request.scope.get("route"), "path", "none")
            metrics.answered(request.method, route, status, perf_counter() - began)

    return app
