"""Counts what is answered, around all else that Django does."""

from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest, HttpResponse

from app.metrics import Metrics

METRICS = Metrics()


def count_requests(
    answer: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def counted(request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        response = answer(request)
        route = f"/{request.resolver_match.route}" if request.resolver_match else "none"
        METRICS.answered(request.method or "", route, response.status_code, perf_counter() - began)
        return response

    return counted
