"""What the landing of a source depends on besides its files: when it changes, the source lands anew."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path

import duckdb

from pipelines.landing.contract import Entity
from pipelines.landing.mapping import Vocabulary
from pipelines.settings import CompanySettings, FileSource, SourceSettings
from pipelines.settings.source_base import SourceBase
from pipelines.sources.presets import load_preset

PACKAGE = Path(__file__).parent.parent
# What landing asks of the core about a delivered row: names, periods, the day of an export, a cursor;
# and how it writes what was delivered into SQL.
CORE_MODULES = ("cursor", "export_time", "names", "period_names", "sql_text")


@cache
def _code_hash() -> str:
    """Return the hash of the code that reads and types rows (DuckDB's row hash included)."""
    digest = hashlib.sha256(duckdb.__version__.encode())
    own = (path for name in ("landing", "sources") for path in sorted((PACKAGE / name).rglob("*")))
    core = (PACKAGE / "core" / f"{name}.py" for name in CORE_MODULES)
    for path in (*own, *core):
        if path.suffix in {".py", ".sql", ".yml"} and "presets" not in path.parts:
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _landing_settings(source: SourceSettings) -> dict[str, object]:
    """Return what of a source decides how its files land; how a pull is made decides nothing."""
    fields = set(type(source).model_fields) - {"required", "max_age_workdays"}
    if not isinstance(source, FileSource):
        fields = {"kind", "load", *SourceBase.model_fields} - {"required", "max_age_workdays"}
    return {"load": source.load} | source.model_dump(mode="json", include=fields)


def landing_fingerprint(
    settings: CompanySettings, source: SourceSettings, entity: Entity, vocabulary: Vocabulary
) -> str:
    """Return 16 hex digits over code, contract, mapping, words and the settings that landing reads."""
    words = {name: vocabulary.words[name] for name in sorted(vocabulary.words)}
    depends_on = {
        "code": _code_hash(),
        "entity": asdict(entity),
        "source": _landing_settings(source),
        "preset": asdict(load_preset(source.preset).entity(entity.name)) if source.preset else None,
        "words": words,
        "strict": sorted(vocabulary.strict),
        "zone": settings.company.timezone,
        "day_close": settings.day_close.isoformat(),
        "quality": settings.quality.model_dump(),
    }
    text = json.dumps(depends_on, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
