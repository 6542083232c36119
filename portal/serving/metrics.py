"""What a process of the portal counts of itself, as Prometheus reads it at `/metrics`."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from portal.asgi import AsgiApp, Message, Receive, Scope, Send
from portal.serving.lanes import Lane, is_question, is_stream

CONTENT_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


def kind_of(scope: Scope) -> str:
    """Returns which kind of request it is: one for a page or file of ours, or a question in one of the lanes."""
    if not is_question(scope):
        return "pages"
    return "streams" if is_stream(scope) else "questions"


class Metrics:
    """The counts of one process.

    Args:
        release_id: the release that it serves.
        landed_at: when each source was last fetched, as ISO 8601, by its card.
        lanes: where questions wait.
    """

    def __init__(self, release_id: str, landed_at: dict[str, str], lanes: Iterable[Lane]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "regiokompas_requests", "Requests that were answered", ["kind", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "regiokompas_request_seconds", "Seconds to the end of an answer", ["kind"],
            buckets=BUCKETS, registry=self._registry,
        )  # fmt: skip
        self._registry.register(_State(release_id, landed_at, list(lanes)))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Returns everything, in Prometheus' text format."""
        return generate_latest(self._registry)

    def counting(self, app: AsgiApp) -> AsgiApp:
        """Returns an application whose answers are counted."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            began, status = time.perf_counter(), "none"

            async def send_and_see(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = str(message["status"])
                await send(message)

            try:
                await app(scope, receive, send_and_see)
            finally:
                self._requests.labels(kind_of(scope), status).inc()
                self._seconds.labels(kind_of(scope)).observe(time.perf_counter() - began)

        return counted


class _State(Collector):
    """What is true when it is asked: the release, the age of its sources, who is in the lanes."""

    def __init__(self, release_id: str, landed_at: dict[str, str], lanes: list[Lane]) -> None:
        self._release_id, self._lanes = release_id, lanes
        self._landed_at = {source: datetime.fromisoformat(when) for source, when in landed_at.items()}

    def collect(self) -> Iterator[Metric]:
        """Yields the families of metrics."""
        release = GaugeMetricFamily("regiokompas_release", "The release that is served", labels=["release"])
        release.add_metric([self._release_id], 1)
        age = GaugeMetricFamily("regiokompas_source_age_seconds", "Since a source was last fetched", labels=["source"])
        now = datetime.now(UTC)
        for source, when in self._landed_at.items():
            age.add_metric([source], (now - (when if when.tzinfo else when.replace(tzinfo=UTC))).total_seconds())
        yield from (release, age)
        of_lane: dict[str, GaugeMetricFamily | CounterMetricFamily] = {
            "places": GaugeMetricFamily("regiokompas_lane_places", "Questions at a time", labels=["lane"]),
            "taken": GaugeMetricFamily("regiokompas_lane_taken", "Questions being answered", labels=["lane"]),
            "waits": GaugeMetricFamily("regiokompas_lane_waiting", "Questions that wait", labels=["lane"]),
            "refused": CounterMetricFamily("regiokompas_lane_rejected", "Answered with 429", labels=["lane"]),
        }
        for lane in self._lanes:
            for name, family in of_lane.items():
                family.add_metric([lane.name], getattr(lane, name))
        yield from of_lane.values()
