"""The app of a service: FastAPI, whose document also has what our own dependencies and errors mean."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.encoders import jsonable_encoder
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import ModelSchema, StringSchema
from starlette.types import ASGIApp

from chassis.http.forms import FormBody
from chassis.http.limits import FORMS
from chassis.http.problems import ProblemDetails
from chassis.http.rates import Rates
from chassis.http.requests import DIRECTIONAL, JsonBody, PartBody, if_match

REF = "#/components/schemas/"
Schemas = dict[str, Any]


class WebApp(FastAPI):
    """A FastAPI app; its document needs neither a database nor a running loop.

    `docs` serves that, and nothing else does. `front` is what every request comes through first, and every
    answer last, that to an unexpected error too: no other middleware stands outside of it.
    """

    front: Callable[[ASGIApp], ASGIApp] | None = None

    def __init__(self, **options: Any) -> None:
        super().__init__(openapi_url=None, **options)
        self.state.rates = Rates(0, 0)

    def build_middleware_stack(self) -> ASGIApp:
        """Return the whole app, made once."""
        stack = super().build_middleware_stack()
        return self.front(stack) if self.front else stack

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
        parts: list[tuple[dict[str, Any], type[BaseModel], str]] = []
        for operation, method, calls in self._operations(document):
            _summarize(operation)
            # FastAPI's own form of an error, which it adds where a route documents no 422.
            if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                del operation["responses"]["422"]
            for call in calls:
                if isinstance(call, JsonBody):
                    bodies.append((operation, call.model))
                elif isinstance(call, PartBody):
                    kind = "merge-patch+json" if method == "PATCH" else "json"
                    parts.append((operation, call.model, f"application/{kind}"))
                elif isinstance(call, FormBody):
                    _add_form(schemas, operation, call.model)
                elif call is if_match:
                    _require(operation, "If-Match")
        _add_problem(schemas)
        names = _add_closed(schemas, [*(model for _, model in bodies), *(model for _, model, _ in parts)])
        for operation, model in bodies:
            content = {"application/json": {"schema": {"$ref": REF + names[model]}}}
            operation["requestBody"] = {"required": True, "content": content}
        for operation, model, kind in parts:
            content = {kind: {"schema": {"$ref": REF + _add_partial(schemas, names[model])}}}
            operation["requestBody"] = {"required": True, "content": content}

    def _operations(self, document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, list[Any]]]:
        """Yield what the document has of each route, the method, and what the route depends on."""
        for route in iter_route_contexts(self.routes):
            for method in route.methods or ():
                operation = document["paths"].get(route.path, {}).get(method.lower())
                if operation is not None:
                    yield operation, method, [one.call for one in _dependencies(route.dependant)]


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


def _add_problem(schemas: Schemas) -> None:
    made = ProblemDetails.model_json_schema(ref_template=REF + "{model}", mode="serialization")
    schemas.update(jsonable_encoder({**made.pop("$defs"), ProblemDetails.__name__: made}, exclude_none=True))


def _add_form(schemas: Schemas, operation: dict[str, Any], form: type[BaseModel]) -> None:
    schemas[form.__name__] = form.model_json_schema(ref_template=REF + "{model}")
    content = {kind: {"schema": {"$ref": REF + form.__name__}} for kind in FORMS}
    operation["requestBody"] = {"required": True, "content": content}


class _Closed(GenerateJsonSchema):
    """What comes in has no field that we do not know, and no text that turns others; what goes out may
    have both.
    """

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        return {**super().model_schema(schema), "additionalProperties": False}

    def str_schema(self, schema: StringSchema) -> JsonSchemaValue:
        return {**super().str_schema(schema), "not": {"pattern": DIRECTIONAL}}


def _add_closed(schemas: Schemas, bodies: Sequence[type[BaseModel]]) -> dict[type[BaseModel], str]:
    """Add the schemas of what comes in, and return each body's name.

    The parts of a body are `Place-Input` and so on, as FastAPI names them: `Place` goes out, and may grow.
    """
    refs, made = models_json_schema(
        [(body, "validation") for body in bodies],
        ref_template=REF + "{model}",
        schema_generator=_Closed,
    )
    whole = {ref["$ref"].removeprefix(REF) for ref in refs.values()}
    closed: Schemas = jsonable_encoder(made.get("$defs", {}), exclude_none=True)
    names = {
        name: f"{name}-Input"
        if schema["type"] == "object" and (name not in whole or name in schemas)
        else name
        for name, schema in closed.items()
    }
    for name, schema in closed.items():
        schemas[names[name]] = {**_renamed(schema, names), "title": names[name]}
    return {body: names[refs[body, "validation"]["$ref"].removeprefix(REF)] for body in bodies}


def _add_partial(schemas: Schemas, name: str) -> str:
    """Add what a part of a schema holds, and return its name: nothing is required, and null takes away what
    need not be there."""
    partial = f"{name.removesuffix('-Input')}-Part"
    if partial not in schemas:
        schemas[partial] = {}
        whole = {key: value for key, value in schemas[name].items() if key not in ("required", "examples")}
        fields = {field: _partial_field(schemas, schema) for field, schema in whole["properties"].items()}
        for field in fields.keys() - schemas[name].get("required", ()):
            fields[field] = _or_null(fields[field])
        schemas[partial] = {**whole, "title": partial, "properties": fields}
    return partial


def _partial_field(schemas: Schemas, schema: JsonSchemaValue) -> JsonSchemaValue:
    name = schema.get("$ref", "").removeprefix(REF)
    if schemas.get(name, {}).get("type") != "object":
        return schema
    return {**schema, "$ref": REF + _add_partial(schemas, name)}


def _or_null(schema: JsonSchemaValue) -> JsonSchemaValue:
    null = {"type": "null"}
    return schema if null in schema.get("anyOf", ()) else {"anyOf": [schema, null]}


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
