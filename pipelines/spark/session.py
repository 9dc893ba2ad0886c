"""Open the Spark session that builds a night: local, a standalone master or Spark Connect."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pipelines.settings import ConfigurationError

MASTER = "GAPWISE_SPARK_MASTER"
CONF = "GAPWISE_SPARK_CONF"
REMOTE = "SPARK_REMOTE"  # Spark's own name for a Connect server: sc://host:15002
LOCAL = "local[2]"

# Without these the figures differ from DuckDB's; nobody may change them.
_MEANING = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    "spark.sql.caseSensitive": "false",
}
# What fits one company on one machine; GAPWISE_SPARK_CONF replaces any of them.
_SIZE = {
    "spark.driver.memory": "2g",
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
    # Many small models: what is compiled for a query costs more than it saves.
    "spark.sql.codegen.wholeStage": "false",
    # What a user interface would show of them is not kept: it fills the driver's memory.
    "spark.sql.ui.retainedExecutions": "1",
    "spark.ui.retainedJobs": "10",
    "spark.ui.retainedStages": "10",
    "spark.ui.retainedTasks": "100",
}


def open_session(lake: Path) -> Any:
    """Open the session that dbt will find, with its catalog in memory and its tables below `lake`.

    Args:
        lake: a folder that driver and workers see under one path.

    Raises:
        ConfigurationError: the extra is not installed, or no session can be had.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ConfigurationError(
            "--engine spark needs pyspark, dbt-spark and Java 17: "
            f"pip install 'gapwise[spark]' ({error})"
        ) from error
    remote = os.environ.get(REMOTE)
    builder: Any = SparkSession.builder.appName("gapwise")
    if remote:
        builder = builder.remote(remote)
    else:
        builder = builder.master(os.environ.get(MASTER, LOCAL))
        builder = builder.config("spark.sql.catalogImplementation", "in-memory")
        builder = builder.config("spark.sql.warehouse.dir", str(lake))
        for name, value in {**_SIZE, **wanted_settings(os.environ.get(CONF, ""))}.items():
            builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
        for name, value in _MEANING.items():
            session.conf.set(name, value)
    except (PySparkException, RuntimeError) as error:
        where = remote or os.environ.get(MASTER, LOCAL)
        raise ConfigurationError(f"no Spark session at {where}: {error}") from error
    return session


def wanted_settings(text: str) -> dict[str, str]:
    """Return the settings of GAPWISE_SPARK_CONF: `name=value` pairs between blanks."""
    pairs = [part.partition("=") for part in text.split()]
    wrong = [name for name, sign, _ in pairs if not sign or not name.startswith("spark.")]
    if wrong:
        raise ConfigurationError(
            f"{CONF}: {wrong[0]!r} is no Spark setting; write name=value, "
            "such as spark.executor.memory=4g"
        )
    fixed = sorted(name for name, _, _ in pairs if name in _MEANING)
    if fixed:
        raise ConfigurationError(f"{CONF}: {fixed[0]} decides what figures mean and stays as it is")
    return {name: value for name, _, value in pairs}
