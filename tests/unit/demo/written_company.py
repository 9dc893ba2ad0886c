"""A written company as somebody sees it who knows only its files: everything is text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

GBK = {
    "crm/contacts",
    "crm/opportunities",
    "crm/activities",
    "erp/orders",
    "erp/credit_splits",
    "erp/payments",
}


class Written:
    """A written company: its truth, and its files as pandas reads them (all text)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox = folder / "inbox"
        self.truth: dict[str, Any] = json.loads((folder / "truth/truth.json").read_text("utf-8"))
        text = (folder / "company.yml").read_text("utf-8")
        self.settings: dict[str, Any] = yaml.safe_load(text)

    def files(self, stem: str) -> list[Path]:
        return sorted(self.inbox.glob(f"{stem}_2*.*"))

    def read(self, path: Path) -> pd.DataFrame:
        if path.suffix == ".xlsx":
            return pd.read_excel(path, dtype=object, engine="openpyxl")
        stem = path.relative_to(self.inbox).as_posix().rsplit("_", 1)[0]
        encoding = "gbk" if stem in GBK else "utf-8-sig"
        return pd.read_csv(path, dtype=str, encoding=encoding, keep_default_na=False)

    def last(self, stem: str) -> pd.DataFrame:
        return self.read(self.files(stem)[-1])

    def every(self, stem: str) -> pd.DataFrame:
        frames = [self.read(path).assign(file=path.name) for path in self.files(stem)]
        return pd.concat(frames, ignore_index=True)

    def bad_values(self, column: str) -> set[str]:
        return {f["value"] for f in self.truth["faults"] if f["column"] == column}
