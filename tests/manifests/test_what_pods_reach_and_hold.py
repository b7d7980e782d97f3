"""Each pod reaches what it needs, and holds the secrets and the rights that it needs: by enumeration, so that
whatever is new is asked too."""

import json
import re
from ipaddress import ip_network

import pytest
import yaml
from stack.layout import SERVICES
from support.production import CREATOR, migrator
from support.rendered import (
    DEPLOY,
    OPERATORS,
    OVERLAYS,
    PUBLISHED,
    ROOT,
    Manifest,
    of_kind,
    pods,
    reached,
    template,
)

NAMES = {53, 5353}
# Whatever a provider offers it at: the table of docs/operations/deploy.md.
KAFKA = {9092, 9093, 9094, 9096, 9098}
POSTGRES = {5432, 6432}
MAIL = {25, 465, 587, 2525}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_pod_reaches_what_it_needs_and_nothing_else(overlay: str) -> None:
    own = overlay != "minimal"  # Kafka and PostgreSQL of ours
    kafka, postgres, traces = ({9093}, {5432}, {4318}) if own else (KAFKA, POSTGRES, set())
    seen = set()
    for workload in of_kind(overlay, "Deployment", "Job", "CronJob"):
        labels = template(workload)["metadata"]["labels"]
        component, name = labels["app.kubernetes.io/component"], labels["app.kubernetes.io/name"]
        mail = MAIL if name == "notifications" else set()
        needs = {
            "server": kafka | postgres | {443, 8000} | traces | mail,
            "migration": postgres,
            "operator": kafka | postgres | {8000},
            "topics": kafka,
            "probe": {8000, 443, 993},
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


def role(name: str) -> set[str]:
    return {f"postgres-{name}/username", f"postgres-{name}/password"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_pod_gets_the_secrets_that_it_needs_and_no_other(overlay: str) -> None:
    own = overlay == "minimal"  # one's own Kafka and PostgreSQL
    public = {f"trust/{name}" for name in ("kafka-ca.crt", "postgres-ca.crt", "jwks.json")}
    kafka_ca = {"trust/kafka-ca.crt"} | (set() if own else {"opdrachten-cluster-ca-cert/ca.crt"})
    postgres_ca = {"trust/postgres-ca.crt"} | (set() if own else {"postgres-ca/ca.crt"})
    for name, pod in pods(overlay):
        if name in SERVICES:
            wanted = public | kafka_ca | postgres_ca
            wanted |= {name} if own or name in {"desk", "notifications"} else set()
            wanted |= {"platform"} if own else {f"kafka-{name}/password", *role(name)}
            wanted |= {"dkim/dkim.pem"} if name == "notifications" else set()
            wanted |= {"professionals/keys.json"} if name == "desk" else set()
        elif name in OPERATORS | {CREATOR}:
            wanted = kafka_ca | {name} | (set() if name == CREATOR else postgres_ca)
            wanted |= {"platform"} if own else {f"kafka-{name}/password"}
        elif name == "probe":
            wanted = {"probe"}
        else:
            service = name.removesuffix("-migration")
            assert service in SERVICES
            wanted = postgres_ca | ({name} if own else role(f"{service}-migrator"))
        assert held(pod) == wanted, name


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
                "postgresql://postgres-rw:5432/$(NAME)?sslmode=verify-full"
            )
            secret = f"postgres-{labels['app.kubernetes.io/name']}{'-migrator' if migrates else ''}"
            assert {f"{secret}/username", f"{secret}/password"} <= held(workload["spec"]["template"]["spec"])
            assert (values.get("DATABASE_ROLE") == "$(NAME)") == migrates


def test_the_document_lists_every_port_that_is_reached_outside() -> None:
    text = (ROOT / "docs/operations/deploy.md").read_text()
    table = re.search(r"\| policy \| reaches \|.*?\n\n", text, re.DOTALL)
    assert table is not None
    listed = {
        name: {int(port) for port in re.findall(r"\b\d+\b", ports)}
        for name, ports in re.findall(r"^\| `([a-z-]+)` \| [^|]* \| ([^|]*) \|", table[0], re.MULTILINE)
    }
    proxy = yaml.safe_load((DEPLOY / "components/proxy/egress.yaml").read_text())
    policies = [proxy, *(one for overlay in OVERLAYS for one in of_kind(overlay, "NetworkPolicy"))]
    wanted: dict[str, set[int]] = {}
    for policy in policies:
        for rule in policy["spec"].get("egress", ()):
            if any("ipBlock" in to for to in rule["to"]) and policy["metadata"]["name"] != "names":
                ports = wanted.setdefault(policy["metadata"]["name"], set())
                ports |= {port["port"] for port in rule["ports"]}
    assert listed == wanted
