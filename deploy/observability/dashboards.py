"""Writes the Grafana dashboards: the platform at a glance, and one per service. `make dashboards` runs it."""

from dataclasses import dataclass
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard, prometheus, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

FOLDER = Path(__file__).parent / "dashboards"
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="${source}")
WIDTH, HEIGHT = 12, 8


@dataclass(frozen=True)
class Graph:
    """One graph: what it shows and why one looks at it; expressions by legend; the unit of its axis."""

    title: str
    why: str
    queries: dict[str, str]
    unit: str = "short"


def quantile(metric: str, share: float) -> str:
    """Return the expression for a quantile of a histogram."""
    return f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket[$__rate_interval])))"


def latency(title: str, why: str, metric: str) -> Graph:
    """Return the graph of a histogram of seconds."""
    shares = {"half of them within": 0.5, "19 of 20 within": 0.95, "99 of 100 within": 0.99}
    return Graph(title, why, {name: quantile(metric, share) for name, share in shares.items()}, "s")


MATCHES_LATE = latency(
    "From event to proposal",
    "From the later half of a pair to its proposal on Kafka. Under a second is usual. Alert: MatchesLate.",
    "match_latency_seconds",
)
MAILS_LATE = latency(
    "From proposal to mail",
    "Quiet hours and a stalled mail server both show here.",
    "notice_latency_seconds",
)
NOTICES = Graph(
    "Notices by how they ended",
    "`retried` without `accepted`: the mail server is away. Alerts: MailsNotGoingOut, MailComesBack.",
    {"{{outcome}}": "sum by (outcome) (rate(notices_total[$__rate_interval]))"},
    "ops",
)
UP = Graph(
    "Replicas that answer",
    "Two each. Alerts: ServiceDown, ReplicasMissing.",
    {"{{service}}": "sum by (service) (up)"},
)


def outbox(chosen: str = "") -> list[Graph]:
    """Return the graphs of events on their way out, of all services or one."""
    return [
        Graph(
            "Oldest event not yet on Kafka",
            "Over a minute: Kafka is away or refuses. Alert: OutboxOld.",
            {"{{service}}": f"max by (service) (outbox_oldest_seconds{chosen})"},
            "s",
        ),
        Graph(
            "Events not yet on Kafka",
            "They wait in the database; none is lost.",
            {"{{service}}": f"sum by (service) (outbox_pending{chosen})"},
        ),
    ]


def consumer(chosen: str = "") -> list[Graph]:
    """Return the graphs of events on their way in."""
    return [
        Graph(
            "Oldest record not yet handled",
            "Alert: ConsumerBehind.",
            {"{{group}}: {{topic}}": f"max by (topic, group) (consumer_oldest_seconds{chosen})"},
            "s",
        ),
        Graph(
            "Records not yet committed",
            "Growing: the service cannot keep up. More replicas help, up to six.",
            {"{{group}}: {{topic}}": f"sum by (topic, group) (consumer_lag_records{chosen})"},
        ),
        Graph(
            "Parked events",
            "They failed, are tried again for two minutes, and then are dead letters.",
            {"{{service}}": f"max by (service) (parked_events{chosen})"},
        ),
        Graph(
            "Dead letters",
            "Records that could not be processed. Alert: DeadLetters.",
            {
                "{{group}}: {{topic}} ({{cause}})": "sum by (topic, group, cause)"
                f" (increase(dead_letters_total{chosen}[1h]))"
            },
        ),
    ]


def of(service: str) -> str:
    """Return the selector of one service."""
    return f'{{service="{service}"}}'


MATCHING = [
    MATCHES_LATE,
    Graph(
        "Population", "What each replica holds in memory.", {"{{state}}": "max by (state) (match_population)"}
    ),
    Graph(
        "Pairs judged",
        "The engine's work.",
        {"pairs": "sum(rate(match_pairs_scored_total[$__rate_interval]))"},
        "ops",
    ),
    Graph(
        "First proposals",
        "By level. A shift is a reason to look at SELECTION.md.",
        {"{{level}}": "sum by (level) (rate(matches_proposed_total[$__rate_interval]))"},
        "ops",
    ),
]
NOTIFICATIONS = [
    NOTICES,
    MAILS_LATE,
    Graph(
        "Mail ended by",
        "Professionals who want no more mail, by reason.",
        {"{{reason}}": "sum by (reason) (increase(unsubscribed_total[1d]))"},
    ),
]
DESK = [
    Graph(
        "Recruiters at work",
        "Browsers with a live stream, by replica. None in working hours: people cannot reach the desk.",
        {"{{pod}}": "sum by (pod) (alert_streams)"},
    ),
]
DASHBOARDS = {
    "platform": (
        "Opdrachten: from assignment to mail",
        [MATCHES_LATE, MAILS_LATE, NOTICES, UP, *outbox(), *consumer()],
    ),
    "profiles": ("Opdrachten: profiles", [*outbox(of("profiles")), *consumer(of("profiles"))]),
    "assignments": ("Opdrachten: assignments", outbox(of("assignments"))),
    "matching": ("Opdrachten: matching", [*MATCHING, *outbox(of("matching")), *consumer(of("matching"))]),
    "notifications": (
        "Opdrachten: notifications",
        [*NOTIFICATIONS, *outbox(of("notifications")), *consumer(of("notifications"))],
    ),
    "desk": ("Opdrachten: desk", [*DESK, *consumer(of("desk"))]),
}


def panel(graph: Graph) -> timeseries.Panel:
    """Return a graph as Grafana's panel."""
    made = timeseries.Panel().title(graph.title).description(graph.why).unit(graph.unit).min(0)
    made = made.datasource(PROMETHEUS).span(WIDTH).height(HEIGHT)
    for legend, expression in graph.queries.items():
        made = made.with_target(prometheus.Dataquery().expr(expression).legend_format(legend))
    return made


def written(name: str) -> str:
    """Return a dashboard as JSON."""
    title, graphs = DASHBOARDS[name]
    made = dashboard.Dashboard(title).uid(f"opdrachten-{name}").tags(["opdrachten"]).refresh("30s")
    made = made.time("now-3h", "now").timezone("browser")
    made = made.with_variable(dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus"))
    for graph in graphs:
        made = made.with_panel(panel(graph))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def main() -> None:
    """Write all."""
    for name in DASHBOARDS:
        (FOLDER / f"{name}.json").write_text(written(name))


if __name__ == "__main__":
    main()
