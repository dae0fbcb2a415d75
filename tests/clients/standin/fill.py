"""Values that fit a JSON schema, for tool arguments and structured output; small, deterministic, not random."""


def fill(schema: dict, root: dict | None = None) -> object:
    """One value that fits the schema; covers what SDKs generate from Pydantic and Zod, not all of JSON Schema."""
    root = root if root is not None else schema
    if "$ref" in schema:
        target = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return fill(target, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return fill(schema[choice][0], root)
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        return {name: fill(of, root) for name, of in schema.get("properties", {}).items()}
    if kind == "array":
        return [fill(schema.get("items", {"type": "string"}), root)]
    return {"string": "stand-in", "integer": 7, "number": 1.5, "boolean": True, "null": None}[kind]
