"""The description as a page to read. It loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import orjson

_HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>rlaif reward server</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
pre { background: #8881; padding: .7rem; overflow: auto } h2 { font-family: monospace }
</style>
<h1>rlaif reward server</h1>
<p>The whole description: <a href="openapi.json">openapi.json</a></p>
"""


def page(description: Mapping[str, Any]) -> str:
    """HTML of an OpenAPI description: each way, with its line and its example."""
    return _HEAD + "".join(_way(path, ways) for path, ways in description["paths"].items())


def _way(path: str, ways: Mapping[str, Any]) -> str:
    return "".join(
        f"<h2>{escape(method.upper())} {escape(path)}</h2>\n"
        f"<p>{escape(way['summary'])}</p>\n{_taken(way)}"
        for method, way in ways.items()
    )


def _taken(way: Mapping[str, Any]) -> str:
    if "requestBody" not in way:
        return ""
    body = way["requestBody"]["content"]["application/json"]
    schema = _json({"example": body["example"], "schema": body["schema"]})
    answer = _json(way["responses"]["200"]["content"]["application/json"]["schema"])
    return f"<pre>{schema}</pre>\n<p>answers with</p>\n<pre>{answer}</pre>\n"


def _json(value: Any) -> str:
    return escape(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
