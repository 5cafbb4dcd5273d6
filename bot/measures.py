"""What the service counts and times. Labels are routes, statuses and step names; never a person or a word."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bot.suggestion import Suggestion

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Measures:
    """One service's metrics, in a registry of its own."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self.requests: Final = Counter(
            "redress_requests",
            "HTTP requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds: Final = Histogram(
            "redress_request_seconds",
            "Seconds from request to answer.",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.steps: Final = Histogram(
            "redress_step_seconds",
            "Seconds each step of a suggestion took.",
            ["step"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.suggestions: Final = Counter(
            "redress_suggestions",
            "Suggestions made.",
            ["language", "urgency", "abstained", "source"],
            registry=self.registry,
        )
        self.index_lag: Final = Gauge(
            "redress_index_lag_changes", "Changes the index has not applied yet.", registry=self.registry
        )

    def suggested(self, suggestion: Suggestion) -> None:
        """Count a suggestion and the time of its steps."""
        self.suggestions.labels(
            suggestion.language,
            suggestion.triage.urgency,
            str(suggestion.triage.abstained).lower(),
            suggestion.draft.source,
        ).inc()
        for step, milliseconds in suggestion.timings.items():
            self.steps.labels(step).observe(milliseconds / 1000)
