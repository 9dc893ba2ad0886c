"""Where real exports lie, outside the repository; tests that need them skip with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = next(
    (
        a / "shared" / "data"
        for a in Path(__file__).resolve().parents
        if (a / "shared" / "data").is_dir()
    ),
    None,
)

needs_shared_data = [
    pytest.mark.real_data,
    pytest.mark.skipif(SHARED is None, reason="no shared/data beside the repository"),
]


def reference(name: str) -> dict[str, Any]:
    """Return the independently computed figures of one set: query → rows."""
    assert SHARED is not None
    content = json.loads((SHARED / name / "reference.json").read_text(encoding="utf-8"))
    return {query: body["rows"] for query, body in content["results"].items()}
