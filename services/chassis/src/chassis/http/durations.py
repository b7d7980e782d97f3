"""How long requests take, by route and status: what `TraceRequests` measures of each."""

from starlette.types import Scope

from chassis.metrics import HTTP_DURATION

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"


def observe(scope: Scope, status: int, seconds: float) -> None:
    """Measure a request up to the beginning of its answer, when its route is known.

    A caller chooses neither paths nor methods that become a label: what fits no route, and a method that no
    route knows, are `other`.
    """
    method = scope["method"] if scope["method"] in METHODS else OTHER
    route = getattr(scope.get("route"), "path", None) or OTHER
    HTTP_DURATION.labels(method, route, str(status)).observe(seconds)
