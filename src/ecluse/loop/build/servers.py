"""The pinned requirements of the server that Écluse starts for the app."""

from __future__ import annotations

from importlib.resources import files

from ecluse.model.app import App, Interface
from ecluse.model.problem import Problem, ProblemError
from ecluse.serving.servers import NoServerError, choose

_FOLDER = "requirements"


def server_requirements(app: App, python: str) -> tuple[str, ...]:
    """Texts with versions and hashes, for Python `X.Y`; none for an app that brings a server of its own."""
    web = app.web
    if web is None or web.interface is Interface.COMMAND:
        return ()
    try:
        choice = choose(web.interface.value, python, web.server.value)
    except NoServerError as error:
        raise ProblemError(
            Problem(
                code="B040",
                what=f"process '{web.name}' can't be served: {error}",
                fix=f"set another build.python, or give [processes.{web.name}] a command of its own",
            )
        ) from error
    return (files("ecluse.serving").joinpath(_FOLDER, choice.requirements).read_text(encoding="utf-8"),)
