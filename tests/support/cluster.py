"""The overlay `minimal` on a real cluster, with Kafka, PostgreSQL and the mail catcher beside it."""

import json
import os
import re
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from contracts.vocabulary import Role
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from stack import issuer
from stack.layout import SERVICES, Layout

from support.openapi import SETTINGS
from support.production import TASKS, Production, running
from support.stacks import a_folder_for_all

ROOT = Path(__file__).parents[2]
OVERLAY = ROOT / "deploy/kubernetes/overlays/minimal"
NAMESPACE = "opdrachten"
TRUST = "/etc/opdrachten"
SMTP_PORT, MAIL_PORT = 25, 8125
LOGGED = re.compile(r"[EWI]\d{4} \d\d:\d\d:\d\d\.\d+ ")


def kubectl(*words: str, given: str | None = None, check: bool = True, seconds: float = 120) -> str:
    """Run kubectl in the platform's namespace; return what it prints, and what it warns of before that."""
    said, warned = _kubectl(words, given, check, seconds)
    return warned + said


def _kubectl(words: Sequence[str], given: str | None, check: bool, seconds: float) -> tuple[str, str]:
    command = ["kubectl", "--namespace", NAMESPACE, *words]
    done = subprocess.run(command, input=given, text=True, capture_output=True, timeout=seconds, check=False)
    assert done.returncode == 0 or not check, f"{' '.join(words)}: {done.stdout}{done.stderr}"
    # Some builds of kubectl log to their standard output.
    said = [line for line in done.stdout.splitlines(keepends=True) if not LOGGED.match(line)]
    return "".join(said), done.stderr


def get(*words: str) -> Any:
    """Return what `kubectl get` knows, as JSON."""
    return json.loads(_kubectl(["get", *words, "--output=json"], None, True, 60)[0])


def pods(service: str) -> list[dict[str, Any]]:
    """Return a service's server pods that are not on their way out."""
    chosen = f"app.kubernetes.io/name={service},app.kubernetes.io/component=server"
    items = get("pods", f"--selector={chosen}")["items"]
    return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]


class Cluster:
    """The platform on the cluster, and a client in it."""

    def __init__(self, production: Production, layout: Layout, caught: Path, applied: str) -> None:
        self.production = production
        self.layout = layout
        self.applied = applied
        self.tokens = {role: issuer.token(layout, role, role.value) for role in Role}
        self.caught = caught

    def ask(self, script: str, *arguments: str, pod: str = "client", seconds: float = 60) -> str:
        """Run a Python script in a pod of the cluster; return what it prints, which must be something.

        It must bear running again: `kubectl exec` loses now and then what a command printed as it ended.
        """
        command = ["exec", pod, "--", "python", "-c", script, *arguments]
        for _ in range(3):
            said, _ = _kubectl(command, None, True, seconds)
            if said:
                return said
        raise AssertionError(f"{pod} says nothing")

    def call(
        self, method: str, service: str, path: str, body: Any = None, role: Role = Role.RECRUITER
    ) -> Any:
        """Call a service from inside the cluster; return the answer's body."""
        words = (method, f"http://{service}{path}", self.tokens[role], json.dumps(body), str(uuid4()))
        return json.loads(self.ask(CALL, *words))

    def mails(self) -> list[tuple[str, str]]:
        """Return the recipient and the subject of every caught mail.

        They are read from the catcher's file: while its API lists hundreds of mails it takes none in.
        """
        with closing(sqlite3.connect(f"file:{self.caught}?mode=ro", uri=True)) as caught:
            return caught.execute("SELECT recipients_envelope, subject FROM message").fetchall()


CALL = """
import json, sys, httpx
method, url, token, body, key = sys.argv[1:]
headers = {"Authorization": "Bearer " + token, "Idempotency-Key": key}
answer = httpx.request(method, url, headers=headers, json=json.loads(body), timeout=20)
assert answer.is_success, answer.text
print(answer.text)
"""

CLIENT = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "client", "labels": {"opdrachten/may-call": "true", "app": "client"}},
    "spec": {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "client",
                "image": "opdrachten/opdrachtctl:dev",
                "imagePullPolicy": "IfNotPresent",
                "command": ["python", "-c", "import time; time.sleep(86400)"],
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    },
}
CLIENT_POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "client"},
    "spec": {
        "podSelector": {"matchLabels": {"app": "client"}},
        "policyTypes": ["Egress"],
        "egress": [{"to": [{"podSelector": {}}]}],
    },
}


def apply_secrets(production: Production, *link_secrets: str) -> None:
    """Bring one's own Kafka, PostgreSQL and mail server, as docs/operations/deploy.md says."""
    # Of the issuer of scripts and the catcher of mails neither has TLS.
    platform = {**production.kafka_settings(f"{TRUST}/kafka-ca.crt"), "ALLOW_INSECURE": "1"}
    _apply_secret("platform", platform)
    for task in TASKS:
        _apply_secret(task, production.kafka_user(task))
    for service in SERVICES:
        migrating = production.migrating_url(service, f"{TRUST}/postgres-ca.crt")
        _apply_secret(f"{service}-migration", {"DATABASE_URL": migrating, "DATABASE_ROLE": service})
        url = production.database_url(service, f"{TRUST}/postgres-ca.crt")
        values = {"DATABASE_URL": url, **production.kafka_user(service)}
        if service == "notifications":
            values["SMTP_URL"] = f"smtp://{production.address}:{SMTP_PORT}"
            values["LINK_SECRET"] = ",".join(link_secrets)
            values |= {"DKIM_KEY_FILE": "/etc/dkim/dkim.pem", "DKIM_SELECTOR": "opdrachten"}
        if service == "desk":
            # Nobody signs in here: the desk takes tokens, as scripts send them.
            values |= {"OIDC_CLIENT_SECRET": secrets.token_hex(16), "SESSION_SECRET": secrets.token_hex(16)}
            values["PROFESSIONALS_KEY_FILE"] = "/etc/professionals/keys.json"
            _apply_secret("professionals", {"keys.json": SETTINGS["professionals_key_file"].read_text()})
        _apply_secret(service, values)


def _apply_secret(name: str, values: dict[str, str]) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}
    kubectl("apply", "--filename=-", given=json.dumps(secret))


def settings_of_the_stack(address: str, overlay: Path = OVERLAY) -> str:
    """Return the overlay with this issuer's settings in place of the example's, `address` for each
    of its networks."""
    rendered = _kubectl(["kustomize", str(overlay)], None, True, 60)[0]
    rendered = re.sub(r"192\.0\.2\.\d+/32", f"{address}/32", rendered)
    return rendered.replace("https://login.example.org/opdrachten", issuer.ISSUER)


def bring_what_is_brought(production: Production, layout: Layout) -> None:
    """Make the namespace, which is empty then, and the Secrets that an overlay `minimal` is brought."""
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", seconds=180)
    kubectl("apply", "--filename", str(OVERLAY / "namespace.yaml"))
    issuer.key(layout)
    files = (production.kafka_ca, production.postgres_ca, issuer.jwks_path(layout))
    kubectl("create", "secret", "generic", "trust", *(f"--from-file={file}" for file in files))
    apply_secrets(production, issuer.link_secret(layout))
    _apply_secret("dkim", {"dkim.pem": _dkim_key()})


def start_client() -> None:
    """Start a pod that may call the services."""
    client = {"apiVersion": "v1", "kind": "List", "items": [CLIENT, CLIENT_POLICY]}
    kubectl("apply", "--filename=-", given=json.dumps(client))


def _dkim_key() -> str:
    pem, nothing = serialization.Encoding.PEM, serialization.NoEncryption()
    return (
        Ed25519PrivateKey.generate().private_bytes(pem, serialization.PrivateFormat.PKCS8, nothing).decode()
    )


@contextmanager
def deployed() -> Iterator[Cluster]:
    """Run the platform on the cluster, with what it needs beside it, until the end of the block."""
    with a_folder_for_all("cluster-") as folder:
        production, layout = Production(folder, os.environ["BESIDE_ADDRESS"]), Layout(8100, folder)
        caught = folder / "mails.sqlite"
        catcher = [
            *(str(Path(sys.executable).with_name("sendria")), "--foreground", "--no-quit"),
            *("--db", str(caught), "--smtp-ip", production.address, "--smtp-port", str(SMTP_PORT)),
            *("--http-ip", production.address, "--http-port", str(MAIL_PORT)),
        ]
        with (folder / "mail.log").open("ab") as log, running(production):
            mail = subprocess.Popen(catcher, stdout=log, stderr=log)
            try:
                bring_what_is_brought(production, layout)
                given = settings_of_the_stack(production.address)
                applied = kubectl("apply", "--filename=-", given=given)
                start_client()
                yield Cluster(production, layout, caught, applied)
                kubectl("delete", "namespace", NAMESPACE, "--wait=false", "--ignore-not-found")
            finally:
                mail.terminate()
                mail.wait()
