"""The app of a service: FastAPI, whose document also has what our own dependencies and errors mean."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.encoders import jsonable_encoder
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chassis.http.problems import ProblemDetails
from chassis.http.requests import JsonBody, if_match

SCHEMAS = "#/components/schemas/{model}"


class WebApp(FastAPI):
    """A FastAPI app; the document needs neither a database nor a running loop."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made once."""
        if self.openapi_schema is None:
            self._describe(super().openapi())
        assert self.openapi_schema is not None
        return self.openapi_schema

    def _describe(self, document: dict[str, Any]) -> None:
        """Add what FastAPI cannot see, and take out what it only supposes."""
        models: set[type[BaseModel]] = {ProblemDetails}
        for route in iter_route_contexts(self.routes):
            for method in route.methods or ():
                operation = document["paths"].get(route.path, {}).get(method.lower())
                if operation is None:
                    continue
                _summarize(operation)
                # FastAPI's own form of an error, which it adds where a route documents no 422.
                if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                    del operation["responses"]["422"]
                for dependency in _dependencies(route.dependant):
                    if isinstance(dependency.call, JsonBody):
                        models.add(dependency.call.model)
                        operation["requestBody"] = dependency.call.described
                    elif dependency.call is if_match:
                        _require(operation, "if-match")
        known = document.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            known.pop(name, None)
        _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=SCHEMAS)
        for name, schema in jsonable_encoder(schemas["$defs"], exclude_none=True).items():
            if known.setdefault(name, schema) != schema:
                raise ValueError(f"two schemas are named {name}")


def _summarize(operation: dict[str, Any]) -> None:
    """Take a docstring's first line as the summary and the rest as the description."""
    if "description" in operation:
        first, _, rest = operation.pop("description").partition("\n\n")
        operation["summary"] = first.removesuffix(".")
        if rest:
            operation["description"] = rest


def _dependencies(dependant: Dependant) -> Iterator[Dependant]:
    for dependency in dependant.dependencies:
        yield dependency
        yield from _dependencies(dependency)


def _require(operation: dict[str, Any], header: str) -> None:
    """FastAPI knows the header as optional, since without it the answer is 428 and not 422."""
    for parameter in operation["parameters"]:
        if (parameter["in"], parameter["name"].lower()) == ("header", header):
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "title": parameter["schema"]["title"]}
