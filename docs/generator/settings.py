"""The page on settings, from the classes that read them."""

from collections.abc import Iterable
from typing import Any

from assignments.settings import AssignmentsSettings
from chassis.settings import MigrationSettings, Settings
from desk.settings import DeskSettings
from matching.settings import MatchingSettings
from notifications.settings import NotificationsSettings
from opdrachtctl.probe_settings import ProbeSettings
from profiles.settings import ProfilesSettings
from pydantic_settings import BaseSettings

from generator.markdown import code, one_line, page, sections, table
from generator.schemas import kind

INTRODUCTION = """
Settings are environment variables. A service checks all of them when it starts, names each that is missing or
malformed, and ends with status 2. It demands TLS to whatever is not beside it, unless `ALLOW_INSECURE` is
set. The operator's command `opdracht`, and `republish`, read the same names, and reach Kafka as these say.
"""
MIGRATING = """
`python -m SERVICE migrate`, and the operator's `opdracht migrate`, read `DATABASE_URL`, the settings of logs,
and
"""
OF_SERVICES: dict[str, type[Settings]] = {
    "profiles": ProfilesSettings,
    "assignments": AssignmentsSettings,
    "matching": MatchingSettings,
    "notifications": NotificationsSettings,
    "desk": DeskSettings,
}
# Name, default, meaning, and the file that reads it.
OF_TOOLS = (
    (
        "STACK_PORT_BASE",
        "8100",
        "What the ports of `make run` and `make stack` are counted from.",
        "deploy/local/src/stack/layout.py",
    ),
    ("STACK_DIR", ".stack", "The folder of its data, keys and logs.", "deploy/local/src/stack/layout.py"),
    (
        "STACK_PROBE_SECONDS",
        "0",
        "How often `opdracht probe` tries it, from 10; 0 for never. The outcomes are in `log/probe.log`.",
        "deploy/local/src/stack/probing.py",
    ),
    (
        "TEST_PORT_BASE",
        "18100",
        "What the ports of the tests are counted from: five hundred for each worker.",
        "tests/support/ports.py",
    ),
    (
        "KUBECONFIG",
        "",
        "The cluster for `make test-kubernetes`; without it a node is booted.",
        "tests/kubernetes/run",
    ),
    (
        "BESIDE_ADDRESS",
        "192.0.2.1",
        "An address of this machine that pods reach, required beside KUBECONFIG: Kafka, PostgreSQL and the"
        " mail catcher listen there.",
        "tests/kubernetes/run",
    ),
    (
        "KUBERNETES_NODE_CACHE",
        "$HOME/.cache/kubernetes-node",
        "Where that node's programs and images are kept.",
        "tests/kubernetes/node/lib/settings.sh",
    ),
    (
        "KUBERNETES_NODE_PYTHON",
        "",
        "The prefix of the CPython for that node's images, where it is not found.",
        "tests/kubernetes/node/lib/base-image.sh",
    ),
)


def render() -> str:
    """Return the page as Markdown."""
    tools = ((code(name), code(default), meaning, code(file)) for name, default, meaning, file in OF_TOOLS)
    return page(
        "Settings",
        INTRODUCTION,
        "## Every service",
        _table(Settings, Settings.model_fields),
        *(_service(name, model) for name, model in OF_SERVICES.items()),
        "## migrate",
        MIGRATING,
        _table(MigrationSettings, ["database_role"]),
        "## opdracht probe",
        _table(ProbeSettings, ProbeSettings.model_fields),
        "## Tools",
        table(("name", "default", "meaning", "read by"), tools),
    )


def _service(name: str, model: type[Settings]) -> str:
    own = [field for field in model.model_fields if field not in Settings.model_fields]
    return sections(f"## {name}", _table(model, own) or "None of its own.")


def _whole(schema: Any, definitions: dict[str, Any]) -> Any:
    """Return a schema with definitions in place of references to them: this page has no others to link to."""
    if isinstance(schema, dict):
        if reference := schema.get("$ref"):
            return definitions[reference.rpartition("/")[2]]
        return {name: _whole(one, definitions) for name, one in schema.items()}
    if isinstance(schema, list):
        return [_whole(one, definitions) for one in schema]
    return schema


def _table(model: type[BaseSettings], names: Iterable[str]) -> str:
    schema = model.model_json_schema()
    rows = []
    for name in names:
        one = _whole(schema["properties"][name], schema.get("$defs", {}))
        default = "" if one.get("default") is None else code(str(one["default"]))
        if name in schema.get("required", ()):
            default = "required"
        rows.append(
            (code(name.upper()), kind(one).removesuffix(" or null"), default, one_line(one["description"]))
        )
    return table(("name", "type", "default", "meaning"), rows)
