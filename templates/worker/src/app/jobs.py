"""What is done with a job: words are counted. Put your own work in this place."""

import json
from typing import Any

Result = dict[str, Any]


class BadJobError(ValueError):
    """It will not get better by trying again."""


def work(job: bytes) -> Result:
    """BadJobError for what is no job."""
    try:
        document = json.loads(job)
    except ValueError as error:
        raise BadJobError(f"not a JSON document: {error}") from error
    text = document.get("text") if isinstance(document, dict) else None
    if not isinstance(text, str):
        raise BadJobError("a job has a `text`")
    return {"words": len(text.split()), "characters": len(text)}
