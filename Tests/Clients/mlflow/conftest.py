"""The MLflow client's tests run twice: against a server on SQLite and against one on PostgreSQL.

With TERN_URL they run against that server; MLflow's own server answers the questions about the grammar the same way.
"""

import os

import pytest
from tern_process import Server


@pytest.fixture(scope="session", params=["running"] if "TERN_URL" in os.environ else ["sqlite", "postgresql"])
def server(request, tmp_path_factory):
    if request.param == "running":
        yield None
        return
    database = request.getfixturevalue("postgres").create_database() if request.param == "postgresql" else None
    with Server(tmp_path_factory.mktemp(request.param), database=database) as running:
        yield running


@pytest.fixture(scope="session")
def server_url(server):
    return server.url if server else os.environ["TERN_URL"]
