"""A real PostgreSQL server, made and started for a test run."""

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_NUMBERS = itertools.count(1)


def find_binaries() -> Path | None:
    """The folder that holds initdb and postgres, wherever the system put it."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    if found:
        candidates.append(Path(found).resolve().parent)
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


class PostgresServer:
    """A cluster in a folder of its own, on a free port, with fsync off: it lives as long as the tests."""

    def __init__(self, binaries: Path) -> None:
        self._binaries: Final = binaries
        # not under pytest's own folder, which other users may not enter
        self._folder: Final = Path(tempfile.mkdtemp(prefix="redress-postgres-"))
        self._data: Final = self._folder / "data"
        self._log: Final = self._folder / "log"
        # initdb and postgres refuse to run as root
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: Final[int] = probe.getsockname()[1]

    def __enter__(self) -> Self:
        self._run(
            "initdb", "-D", str(self._data), "-U", self._user, "-A", "trust", "-E", "UTF8", "--locale=C"
        )
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -c unix_socket_directories=''"
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self._log), "-w", "-o", options, "start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"redress_{os.getpid()}_{next(_NUMBERS)}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", self._user, name)
        return f"postgresql://{self._user}@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--init-groups", *command]
        subprocess.run(command, check=True, capture_output=True, cwd="/")
