"""Notes that people leave. Nobody logs in: there is no cookie to misuse."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_http_methods

from app.counting import METRICS
from app.metrics import CONTENT_TYPE
from app.models import LONGEST, Note

PAGE = 20


@require_http_methods(["GET", "POST"])
def notes(request: HttpRequest) -> JsonResponse:
    return left(request) if request.method == "POST" else listed()


def listed() -> JsonResponse:
    return JsonResponse({"notes": list(Note.objects.values("id", "text")[:PAGE])})


def left(request: HttpRequest) -> JsonResponse:
    text = text_in(request.body)
    if not 0 < len(text) <= LONGEST:
        return JsonResponse({"error": f"a note has 1 to {LONGEST} characters"}, status=422)
    note = Note.objects.create(text=text)
    return JsonResponse({"id": note.pk, "text": note.text}, status=201)


def text_in(body: bytes) -> str:
    """What the document says under `text`; empty where it isn't one."""
    try:
        document = json.loads(body)
        text = document.get("text") if isinstance(document, dict) else None
        said = text.strip() if isinstance(text, str) else ""
        said.encode()  # JSON may hold half a character, which nothing can keep
    except ValueError:
        return ""
    return said


@require_GET
def health(_: HttpRequest) -> HttpResponse:
    """Well is who can read."""
    Note.objects.first()
    return HttpResponse('{"status": "ok"}', content_type="application/json")


@require_GET
def numbers(_: HttpRequest) -> HttpResponse:
    return HttpResponse(METRICS.text(), content_type=CONTENT_TYPE)
