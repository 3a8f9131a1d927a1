"""A guest book in memory."""

from flask import Flask, Response, jsonify, request


def create_app() -> Flask:
    app = Flask(__name__)
    guests: list = []

    @app.get("/")
    def hello() -> str:
        return "Hello from Flask\n"

    @app.get("/health")
    def health() -> Response:
        return jsonify(status="ok")

    @app.get("/guests")
    def read() -> Response:
        return jsonify(guests)

    @app.post("/guests")
    def sign():
        name = (request.get_json(silent=True) or {}).get("name")
        if not isinstance(name, str) or not name.strip():
            return jsonify(error="a guest has a name"), 400
        guests.append(name.strip())
        return jsonify(name=name.strip()), 201

    @app.post("/echo")
    def echo() -> Response:
        return Response(request.get_data(), mimetype="application/octet-stream")

    return app


app = create_app()
