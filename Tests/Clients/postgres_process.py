"""A PostgreSQL server of the tests' own, which syncs what it commits and can be killed and started again."""

import os
import pathlib
import signal
import subprocess
import time
import uuid

from tern_process import ROOT


def is_alive(process: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Postgres:
    def __init__(self, folder: pathlib.Path, *settings: str):
        """`settings` are NAME=VALUE of postgresql.conf."""
        self.folder, self.settings, self.url = pathlib.Path(folder), settings, None

    def start(self) -> "Postgres":
        # Its user is another one than root's: every folder above must let it through.
        for above in self.folder.parents:
            if above.stat().st_uid == os.getuid() and above.stat().st_mode & 0o001 == 0:
                above.chmod(above.stat().st_mode | 0o055)
        self.url = self._script("start", *self.settings)
        return self

    def stop(self) -> None:
        """Stops it and removes everything."""
        self._script("stop")

    def kill(self) -> None:
        """kill -9 of the server and all of its processes, as when the machine's power goes."""
        leader = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        # Its processes end by themselves when the first is gone, but only after what they are doing: they are killed, too.
        children = [int(pid) for pid in pathlib.Path(f"/proc/{leader}/task/{leader}/children").read_text().split()]
        for process in [leader, *children]:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        give_up = time.monotonic() + 10
        while any(is_alive(process) for process in [leader, *children]) and time.monotonic() < give_up:
            time.sleep(0.01)
        # A killed process that nobody has waited for keeps its number, and the next server would take it for one that runs.
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def create_database(self) -> str:
        """The URL of a fresh, empty database."""
        name = "db_" + uuid.uuid4().hex[:12]
        self.run(f"CREATE DATABASE {name}")
        return self.url.rsplit("/", 1)[0] + "/" + name

    def run(self, sql: str, url: str | None = None) -> list:
        import psycopg2

        connection = psycopg2.connect(url or self.url)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def _script(self, action: str, *settings: str) -> str:
        done = subprocess.run([str(ROOT / "script" / "postgres"), action, str(self.folder), *settings], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
