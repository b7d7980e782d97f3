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


def of(service: str = "") -> str:
    """Return the selector of the chosen namespace, and of one service in it or all."""
    return f'{{namespace="$namespace", service="{service}"}}' if service else '{namespace="$namespace"}'


ALL = of()


def quantile(metric: str, share: float) -> str:
    """Return the expression for a quantile of a histogram."""
    return f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket{ALL}[$__rate_interval])))"


def latency(title: str, why: str, metric: str) -> Graph:
    """Return the graph of a histogram of seconds."""
    shares = {"half of them within": 0.5, "19 of 20 within": 0.95, "99 of 100 within": 0.99}
    return Graph(title, why, {name: quantile(metric, share) for name, share in shares.items()}, "s")


MATCHES_LATE = latency(
    "From event to proposal",
    "From the later half of a pair to its proposal on Kafka. Under a second is usual. Alert: ProposalsLate.",
    "match_latency_seconds",
)
MAILS_LATE = latency(
    "From being due to the mail server",
    "Quiet hours do not count. Alert: MailsLate.",
    "notice_due_seconds",
)
OLDEST_DUE = Graph(
    "Oldest mail that is due",
    "Over a quarter of an hour, for a link to sign in three minutes: MailsNotGoingOut.",
    {
        "mails": f"max(notices_oldest_due_seconds{ALL})",
        "links to sign in": f"max(sign_in_links_oldest_due_seconds{ALL})",
    },
    "s",
)
PROMISES = Graph(
    "What we promise, as used in an hour",
    "The share that was late or failed, over what may be: above 1 the thirty days' budget does not last."
    " Alerts: ProposalsLate, MailsLate, RequestsFailing.",
    {
        "proposals": f"namespace:proposals_late:ratio_rate1h{ALL} / 0.01",
        "mails": f"namespace:mails_late:ratio_rate1h{ALL} / 0.01",
        "requests of {{service}}": f"namespace_service:requests_failed:ratio_rate1h{ALL} / 0.001",
    },
)
READY = Graph(
    "Replicas that are ready",
    "By what they need. Alerts: NotReady, ReplicasMissing.",
    {"{{service}}: {{check}}": f"sum by (service, check) (ready{ALL})"},
)
PROBE = Graph(
    "Since the last probe that came through",
    "Over two minutes: ProbeFailing.",
    {"probe": f'time() - max(kube_cronjob_status_last_successful_time{ALL[:-1]}, cronjob="probe"}})'},
    "s",
)
WHAT_WAITS = Graph(
    "What waits for somebody",
    "Dead letters, rows that cannot be read, days that data is held too long. Alerts: DeadLetters,"
    " UnreadableRows, DataHeldTooLong.",
    {
        "letters: {{group}}: {{topic}}": f"max by (topic, group) (dead_letters_waiting{ALL})",
        "rows: {{service}}: {{table}}": f"max by (service, table) (unreadable_rows{ALL})",
        "days: {{service}}: {{kind}}": f"max by (service, kind) (overdue_personal_data_days{ALL})",
    },
)
NOTICES = Graph(
    "Notices by how they ended",
    "`retried` without `accepted`: the mail server is away. Alerts: MailsGivenUp, MailComesBack.",
    {"{{outcome}}": f"sum by (outcome) (rate(notices_total{ALL}[$__rate_interval]))"},
    "ops",
)
UP = Graph(
    "Replicas that answer",
    "Two each at least. Alert: ServiceDown.",
    {"{{service}}": f"sum by (service) (up{ALL})"},
)


def outbox(chosen: str = ALL) -> list[Graph]:
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


def consumer(chosen: str = ALL) -> list[Graph]:
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
            "Growing: the service cannot keep up. More replicas help, up to a topic's partitions.",
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


def requests(chosen: str) -> list[Graph]:
    """Return the graphs of what callers get from a service."""
    inside = f'{chosen[:-1]}, status=~"5.."}}'
    duration = f"rate(http_request_duration_seconds_bucket{chosen}[$__rate_interval])"
    return [
        Graph(
            "Answers",
            "By status.",
            {
                "{{status}}": "sum by (status)"
                f" (rate(http_request_duration_seconds_count{chosen}[$__rate_interval]))"
            },
            "reqps",
        ),
        Graph(
            "Errors of ours",
            "By route. Alert: RequestsFailing.",
            {
                "{{route}} {{status}}": "sum by (route, status)"
                f" (rate(http_request_duration_seconds_count{inside}[$__rate_interval]))"
            },
            "reqps",
        ),
        Graph(
            "How long an answer takes",
            "19 of 20 within, by route.",
            {"{{route}}": f"histogram_quantile(0.95, sum by (le, route) ({duration}))"},
            "s",
        ),
        Graph(
            "Since each job was done",
            "Over three times as long as it may: TimerStuck.",
            {
                "{{timer}} {{pod}}": "time() - max by (timer, pod)"
                f" (timer_last_success_timestamp_seconds{chosen})"
            },
            "s",
        ),
    ]


MATCHING = [
    MATCHES_LATE,
    Graph(
        "Population",
        "What each replica holds in memory. Alert: PopulationsDiffer.",
        {"{{state}} {{pod}}": f"max by (state, pod) (match_population{ALL})"},
    ),
    Graph(
        "Pairs judged",
        "The engine's work.",
        {"pairs": f"sum(rate(match_pairs_scored_total{ALL}[$__rate_interval]))"},
        "ops",
    ),
    Graph(
        "First proposals",
        "By level. A shift is a reason to look at SELECTION.md. Alert: ProposesNothing.",
        {"{{level}}": f"sum by (level) (rate(matches_proposed_total{ALL}[$__rate_interval]))"},
        "ops",
    ),
]
NOTIFICATIONS = [
    NOTICES,
    MAILS_LATE,
    OLDEST_DUE,
    Graph(
        "Mail ended by",
        "Professionals who want no more mail, by reason.",
        {"{{reason}}": f"sum by (reason) (increase(unsubscribed_total{ALL}[1d]))"},
    ),
]
DESK = [
    Graph(
        "Recruiters at work",
        "Browsers with a live stream, by replica. None in working hours: people cannot reach the desk.",
        {"{{pod}}": f"sum by (pod) (alert_streams{ALL})"},
    ),
]
DASHBOARDS = {
    "platform": (
        "Opdrachten: from assignment to mail",
        [
            *(PROMISES, PROBE, MATCHES_LATE, MAILS_LATE, NOTICES, OLDEST_DUE, UP, READY, WHAT_WAITS),
            *outbox(),
            *consumer(),
        ],
    ),
    "profiles": (
        "Opdrachten: profiles",
        [*requests(of("profiles")), *outbox(of("profiles")), *consumer(of("profiles"))],
    ),
    "assignments": (
        "Opdrachten: assignments",
        [*requests(of("assignments")), *outbox(of("assignments")), *consumer(of("assignments"))],
    ),
    "matching": (
        "Opdrachten: matching",
        [*MATCHING, *outbox(of("matching")), *consumer(of("matching")), *requests(of("matching"))],
    ),
    "notifications": (
        "Opdrachten: notifications",
        [
            *NOTIFICATIONS,
            *outbox(of("notifications")),
            *consumer(of("notifications")),
            *requests(of("notifications")),
        ],
    ),
    "desk": ("Opdrachten: desk", [*DESK, *requests(of("desk")), *consumer(of("desk"))]),
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
    # one set of dashboards for staging and production: whose rules say which namespaces are ours
    namespaces = dashboard.QueryVariable("namespace").label("Namespace").datasource(PROMETHEUS)
    made = made.with_variable(namespaces.query("label_values(opdrachten:namespace, namespace)").refresh(2))
    for graph in graphs:
        made = made.with_panel(panel(graph))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def main() -> None:
    """Write all."""
    for name in DASHBOARDS:
        (FOLDER / f"{name}.json").write_text(written(name))


if __name__ == "__main__":
    main()
