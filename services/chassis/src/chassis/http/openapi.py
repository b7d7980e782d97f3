"""The app of a service: FastAPI, whose document also has what our own dependencies and errors mean."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.encoders import jsonable_encoder
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import ModelSchema

from chassis.http.problems import ProblemDetails
from chassis.http.requests import JsonBody, if_match

REF = "#/components/schemas/"
Schemas = dict[str, Any]


class WebApp(FastAPI):
    """A FastAPI app; its document needs neither a database nor a running loop."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made once."""
        if self.openapi_schema is None:
            self._describe(super().openapi())
        assert self.openapi_schema is not None
        return self.openapi_schema

    def _describe(self, document: dict[str, Any]) -> None:
        """Add what FastAPI cannot see, and take out what it only supposes."""
        schemas: Schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        bodies: list[tuple[dict[str, Any], type[BaseModel]]] = []
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
                        bodies.append((operation, dependency.call.model))
                    elif dependency.call is if_match:
                        _require(operation, "If-Match")
        names = _add_closed(schemas, ProblemDetails, *(model for _, model in bodies))
        for operation, model in bodies:
            content = {"application/json": {"schema": {"$ref": REF + names[model]}}}
            operation["requestBody"] = {"required": True, "content": content}


def _dependencies(dependant: Dependant) -> Iterator[Dependant]:
    for dependency in dependant.dependencies:
        yield dependency
        yield from _dependencies(dependency)


def _summarize(operation: dict[str, Any]) -> None:
    """Take a docstring's first line as the summary and the rest as the description."""
    if "description" in operation:
        first, _, rest = operation.pop("description").partition("\n\n")
        operation["summary"] = first.removesuffix(".")
        if rest:
            operation["description"] = rest


def _require(operation: dict[str, Any], header: str) -> None:
    """FastAPI knows the header as optional, since without it the answer is 428 and not 422."""
    for parameter in operation["parameters"]:
        if parameter["name"] == header:
            parameter.update(required=True, schema={"type": "string"})


class _Closed(GenerateJsonSchema):
    """What comes in has no field that we do not know; what goes out may grow."""

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        return {**super().model_schema(schema), "additionalProperties": False}


def _add_closed(schemas: Schemas, *models: type[BaseModel]) -> dict[type[BaseModel], str]:
    """Add the schemas of what comes in, and return each model's name.

    One that also goes out, where it may grow, gets a name of its own: `Contact-Input`, as FastAPI says it.
    """
    refs, made = models_json_schema(
        [(model, "validation") for model in models],
        ref_template=REF + "{model}",
        schema_generator=_Closed,
    )
    closed: Schemas = jsonable_encoder(made["$defs"], exclude_none=True)
    names = {
        name: name if schemas.get(name, schema) == schema else f"{name}-Input"
        for name, schema in closed.items()
    }
    for name, schema in closed.items():
        schemas[names[name]] = {**_renamed(schema, names), "title": names[name]}
    return {model: names[refs[model, "validation"]["$ref"].removeprefix(REF)] for model in models}


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:
    """Return the schema with its references under their new names."""
    if isinstance(schema, list):
        return [_renamed(part, names) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: REF + names[part.removeprefix(REF)] if key == "$ref" else _renamed(part, names)
        for key, part in schema.items()
    }
