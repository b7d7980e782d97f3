"""Each pod reaches what it needs, and holds the secrets and the rights that it needs: by enumeration, so that
whatever is new is asked too."""

import json
from ipaddress import ip_network

import pytest
from stack.layout import SERVICES
from support.production import CREATOR, migrator
from support.rendered import OPERATORS, OVERLAYS, PUBLISHED, Manifest, of_kind, pods, reached

NAMES = {53, 5353}
MAIL = {25, 465, 587}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_pod_reaches_what_it_needs_and_nothing_else(overlay: str) -> None:
    kafka = {9092, 9093} if overlay == "minimal" else {9093}
    traces = set() if overlay == "minimal" else {4318}
    seen = set()
    for workload in of_kind(overlay, "Deployment", "Job"):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        component, name = labels["app.kubernetes.io/component"], labels["app.kubernetes.io/name"]
        own = MAIL if name == "notifications" else set()
        needs = {
            "server": kafka | {5432, 443, 8000} | traces | own,
            "migration": {5432},
            "operator": kafka,
            "topics": kafka,
        }[component]
        assert {port for port, _ in reached(overlay, labels)} == NAMES | needs, workload["metadata"]["name"]
        seen.add(component)
    assert seen >= {"server", "migration", "operator"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_whatever_is_reached_is_named_and_never_the_whole_internet(overlay: str) -> None:
    for policy in of_kind(overlay, "NetworkPolicy"):
        name = policy["metadata"]["name"]
        for rule in policy["spec"].get("egress", ()):
            assert rule.get("to"), name
            for to in rule["to"]:
                assert to not in ({}, {"namespaceSelector": {}}), name
                if "ipBlock" in to:
                    assert ip_network(to["ipBlock"]["cidr"]).prefixlen >= 16, name
        for rule in policy["spec"].get("ingress", ()):
            assert rule.get("from"), name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_callers_do_not_measure_and_who_measures_does_not_call(overlay: str) -> None:
    known = {
        one["metadata"]["name"]: one["spec"]["ingress"]
        for one in of_kind(overlay, "NetworkPolicy")
        if "ingress" in one["spec"]
    }
    for name, port in (("callers", 8000), ("measurers", 8001)):
        (rule,) = known[name]
        assert rule["ports"] == [{"port": port}]
    assert "may-call" not in json.dumps(known["measurers"])
    assert "may-measure" not in json.dumps(known["callers"])
    for monitor in (one for one in of_kind(overlay, "PodMonitor") if one["metadata"]["name"] == "opdrachten"):
        assert [one["port"] for one in monitor["spec"]["podMetricsEndpoints"]] == ["metrics"]


def held(pod: Manifest) -> set[str]:
    """Return what a pod gets of Secrets: whole ones by name, single keys as `name/key`."""
    found = set()
    for container in (*pod["containers"], *pod.get("initContainers", ())):
        found |= {one["secretRef"]["name"] for one in container.get("envFrom", ()) if "secretRef" in one}
        refs = [one.get("valueFrom", {}).get("secretKeyRef") for one in container.get("env", ())]
        found |= {f"{ref['name']}/{ref['key']}" for ref in refs if ref}
    for secret in (volume["secret"] for volume in pod["volumes"] if "secret" in volume):
        found |= {f"{secret['secretName']}/{item['key']}" for item in secret["items"]}
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_pod_gets_the_secrets_that_it_needs_and_no_other(overlay: str) -> None:
    own = overlay == "minimal"  # one's own Kafka and PostgreSQL
    public = {f"trust/{name}" for name in ("kafka-ca.crt", "postgres-ca.crt", "jwks.json")}
    kafka_ca = {"trust/kafka-ca.crt"} | (set() if own else {"opdrachten-cluster-ca-cert/ca.crt"})
    postgres_ca = {"trust/postgres-ca.crt"} | (set() if own else {"postgres-ca/ca.crt"})
    for name, pod in pods(overlay):
        if name in SERVICES:
            wanted = public | kafka_ca | postgres_ca | {name}
            wanted |= {"platform"} if own else {f"kafka-{name}/password", f"postgres-{name}/password"}
            wanted |= {"dkim/dkim.pem"} if name == "notifications" else set()
            wanted |= {"professionals/keys.json"} if name == "desk" else set()
        elif name in OPERATORS | {CREATOR}:
            wanted = kafka_ca | {name} | ({"platform"} if own else {f"kafka-{name}/password"})
        else:
            service = name.removesuffix("-migration")
            assert service in SERVICES
            wanted = postgres_ca | ({name} if own else {f"postgres-{service}-migrator/password"})
        assert held(pod) == wanted, name


def test_every_secret_that_a_pod_needs_is_fetched_or_made() -> None:
    fetched = {one["metadata"]["name"] for one in of_kind("production", "ExternalSecret")}
    made = {f"kafka-{one['metadata']['name']}" for one in of_kind("production", "KafkaUser")}
    made |= {"opdrachten-cluster-ca-cert", "postgres-ca"}  # by Strimzi, and by CloudNativePG
    wanted = {one.partition("/")[0] for _, pod in pods("production") for one in held(pod)}
    assert wanted - made - OPERATORS <= fetched  # what an operator has besides is optional
    assert fetched <= wanted | {"postgres-backups"}


@pytest.mark.parametrize("overlay", PUBLISHED)
def test_who_migrates_owns_the_tables_and_the_service_comes_in_as_another(overlay: str) -> None:
    (cluster,) = [one["spec"] for one in of_kind(overlay, "Cluster")]
    roles = {role["name"]: role for role in cluster["managed"]["roles"]}
    assert roles.keys() == {role for service in SERVICES for role in (service, migrator(service))}
    for name, role in roles.items():
        assert role["passwordSecret"]["name"] == f"postgres-{name.replace('_', '-')}"
        assert not {"superuser", "createdb", "createrole", "inRoles", "bypassrls"} & role.keys()
    assert {one["spec"]["name"]: one["spec"]["owner"] for one in of_kind(overlay, "Database")} == {
        service: migrator(service) for service in SERVICES
    }
    *let_in, refused = cluster["postgresql"]["pg_hba"]
    assert let_in == [
        f"hostssl {service} {service},{migrator(service)} all scram-sha-256" for service in sorted(SERVICES)
    ]
    assert refused == f"host all {','.join(sorted(roles))} all reject"
    for workload in of_kind(overlay, "Deployment", "Job"):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        if labels["app.kubernetes.io/name"] in SERVICES:
            (container,) = workload["spec"]["template"]["spec"]["containers"]
            values = {one["name"]: one.get("value") for one in container["env"]}
            migrates = labels["app.kubernetes.io/component"] == "migration"
            assert values["DATABASE_URL"].startswith(
                "postgresql://$(NAME)_migrator:" if migrates else "postgresql://$(NAME):"
            )
            assert (values.get("DATABASE_ROLE") == "$(NAME)") == migrates
