"""The providers' own published types, made strict: what a real endpoint would refuse, this refuses."""

import importlib
import pkgutil
import sys
import types
import typing
from functools import cache

import typing_extensions
from pydantic import BaseModel, TypeAdapter, ValidationError


class Refused(Exception):
    """A request that does not fit the provider's published type; the text says where."""


def check(package: str, module: str, name: str, body: object) -> None:
    """Raises Refused when `body` is not a value of the published type `package.types.module.name`."""
    try:
        _adapter(package, module, name).validate_python(body)
    except ValidationError as fault:
        raise Refused(_reason(fault)) from None


@cache
def _adapter(package: str, module: str, name: str) -> TypeAdapter:
    _make_strict(package)
    return TypeAdapter(getattr(importlib.import_module(f"{package}.types.{module}"), name))


@cache
def _make_strict(package: str) -> None:
    """Forbids unknown keys in every request type, and has iterables checked now instead of when they are read.

    The SDKs annotate lists as `Iterable`, which pydantic checks lazily, that is never. So the name means `List` while
    the package is imported (for aliases, made at once) and in its modules ever after (for fields, resolved later).
    """
    if f"{package}.types" in sys.modules:
        raise RuntimeError(f"{package} was imported before its types could be made strict")
    lazy, typing.Iterable = typing.Iterable, typing.List
    try:
        root = importlib.import_module(f"{package}.types")
        for found in pkgutil.walk_packages(root.__path__, f"{package}.types."):
            importlib.import_module(found.name)
    finally:
        typing.Iterable = lazy
    for name, module in list(sys.modules.items()):
        if not name.startswith(f"{package}.types.") or not isinstance(module, types.ModuleType):
            continue
        if hasattr(module, "SequenceNotStr"):
            module.SequenceNotStr = typing.List
        for value in list(vars(module).values()):
            if isinstance(value, type) and typing_extensions.is_typeddict(value):
                value.__pydantic_config__ = {"extra": "forbid", "arbitrary_types_allowed": True}
            elif isinstance(value, type) and issubclass(value, BaseModel):
                # Answers' types are part of requests' types, since callers send answers back. They are built when used.
                value.model_config["extra"] = "forbid"


def _reason(fault: ValidationError) -> str:
    """The complaints that go deepest into the body: in a union those of the intended member."""
    errors = fault.errors(include_url=False, include_input=False, include_context=False)
    deepest = max(len(error["loc"]) for error in errors)
    lines = {".".join(map(str, error["loc"])) + ": " + error["msg"] for error in errors if len(error["loc"]) >= deepest - 1}
    return "; ".join(sorted(lines)[:6])
