from app.metrics import Metrics


def test_requests_are_counted_by_route_and_status() -> None:
    metrics = Metrics()
    metrics.answered("GET", "/notes", 200, 0.01)
    metrics.answered("GET", "/notes", 200, 0.02)
    text = metrics.text().decode()
    assert 'app_requests_total{method="GET",route="/notes",status="200"} 2.0' in text
    assert 'app_request_seconds_count{route="/notes"} 2.0' in text
