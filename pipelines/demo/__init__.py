"""A whole invented Chinese company: two years of history, then daily exports, with its truth.

This package imports nothing else of the project: it knows the files' format, not the pipeline that
reads them, so that what it says was in them is an independent answer.
"""

from __future__ import annotations

from pipelines.demo.write import write_demo_company

__all__ = ["write_demo_company"]
