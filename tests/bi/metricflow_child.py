"""Ask MetricFlow for metrics, in a process of its own: it keeps dbt's adapter for itself.

Usage: metricflow_child.py PROJECT OUTPUT, with {metric: [dimension, …]} as JSON on standard input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest


def main(project: Path, output: Path) -> None:
    place = ["--project-dir", str(project), "--profiles-dir", str(project)]
    assert dbtRunner().invoke(["--quiet", "parse", *place]).success
    configuration = CLIConfiguration()
    configuration.setup(project, project, configure_file_logging=False)
    answers = {}
    for metric, dimensions in json.load(sys.stdin).items():
        asked = MetricFlowQueryRequest.create(metric_names=[metric], group_by_names=dimensions)
        table = configuration.mf.query(asked).result_df
        assert table is not None, metric
        answers[metric] = [table.column_names, [list(map(str, row)) for row in table.rows]]
    output.write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
