"""Read the marts through Apache Superset while nights publish; runs in Superset's own environment.

Usage: superset_reader.py FOLDER BUNDLE STOP ANSWERS QUESTION. Imports the bundle, then asks every chart and one
question over two marts again and again until the file STOP is there, and writes what it saw.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

CONFIG = """
SECRET_KEY = "only for this test, which nobody else can reach"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
WTF_CSRF_ENABLED = False
PREVENT_UNSAFE_DB_CONNECTIONS = False
DATA_DIR = "{folder}"
"""


def started(folder: Path):
    """A Superset of its own, with an administrator."""
    config = folder / "superset_config.py"
    config.write_text(CONFIG.format(folder=folder), encoding="utf-8")
    os.environ["SUPERSET_CONFIG_PATH"] = str(config)
    os.environ["SUPERSET_HOME"] = str(folder)
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from flask_appbuilder import Model
        from superset import appbuilder, db, security_manager

        Model.metadata.create_all(db.engine)
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        security_manager.add_user(
            "admin", "Ad", "Min", "admin@example.com", security_manager.find_role("Admin"), "admin"
        )
    return app


def import_bundle(bundle: Path) -> None:
    from superset.commands.dashboard.importers.dispatcher import ImportDashboardsCommand
    from superset.commands.importers.v1.utils import get_contents_from_bundle

    with ZipFile(bundle) as packed:
        contents = get_contents_from_bundle(packed)
    ImportDashboardsCommand(contents, overwrite=True).run()


def ask_charts() -> int:
    """Every chart of the dashboard as its page asks for it; returns the rows seen."""
    from superset import db
    from superset.charts.schemas import ChartDataQueryContextSchema
    from superset.commands.chart.data.get_data_command import ChartDataCommand
    from superset.models.slice import Slice

    rows = 0
    for chart in db.session.query(Slice).all():
        asked = json.loads(chart.query_context)
        asked["datasource"]["id"] = chart.datasource_id
        command = ChartDataCommand(ChartDataQueryContextSchema().load(asked))
        command.validate()
        for answer in command.run()["queries"]:
            if answer.get("error"):
                raise RuntimeError(f"{chart.slice_name}: {answer['error']}")
            rows += answer["rowcount"]
    return rows


def ask_two_marts(question: str) -> list[str]:
    """One statement over two marts, as SQL Lab sends it."""
    from superset import db
    from superset.models.core import Database

    database = db.session.query(Database).filter_by(database_name="gapwise").one()
    return [str(value) for value in database.get_df(question).iloc[0].tolist()]


def main(folder: Path, bundle: Path, stop: Path, answers: Path, question: str) -> None:
    app = started(folder)
    seen: dict[str, int] = {}
    errors: list[str] = []
    loops = rows = 0
    with app.test_request_context():
        from flask import g
        from superset import db, security_manager

        g.user = security_manager.find_user("admin")
        import_bundle(bundle)
        (folder / "ready").touch()
        while loops == 0 or not stop.exists():
            try:
                rows += ask_charts()
                night = json.dumps(ask_two_marts(question))
                seen[night] = seen.get(night, 0) + 1
            except Exception as error:  # whatever goes wrong for a reader is what this is about
                errors.append(f"{type(error).__name__}: {error}"[:2000])
                db.session.rollback()
            loops += 1
            time.sleep(0.2)
        named = ("apache-superset", "SQLAlchemy", "psycopg2-binary", "duckdb", "duckdb-engine")
        versions = ", ".join(f"{name} {version(name)}" for name in named)
    found = {"versions": versions, "loops": loops, "rows": rows, "seen": seen, "errors": errors}
    answers.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]), question=sys.argv[5])
