"""The web app: notes that people leave."""

from dataclasses import asdict
from time import perf_counter

from flask import Flask, Response, g, request

from app.config import Config
from app.metrics import CONTENT_TYPE, Metrics
from app.notes import Notes


def create_app(config: Config | None = None) -> Flask:
    config = config or Config.from_environment()
    notes, metrics = Notes(config.database), Metrics()
    app = Flask("app")

    @app.get("/notes")
    def listed() -> dict[str, object]:
        return {"notes": [asdict(note) for note in notes.newest(config.page)]}

    @app.post("/notes")
    def left() -> tuple[dict[str, object], int]:
        body = request.get_json(silent=True)
        text = body.get("text") if isinstance(body, dict) else None
        try:
            return asdict(notes.leave(text if isinstance(text, str) else "")), 201
        except ValueError as error:
            return {"error": str(error)}, 422

    @app.get("/health")
    def health() -> Response:
        """Well is who can read."""
        notes.newest(1)
        return Response('{"status": "ok"}', content_type="application/json")

    @app.get("/metrics")
    def numbers() -> Response:
        return Response(metrics.text(), content_type=CONTENT_TYPE)

    @app.before_request
    def begin() -> None:
        g.began = perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        seconds = perf_counter() - g.began
        metrics.answered(request.method, route, response.status_code, seconds)
        return response

    return app
