"""The command line as a process of its own: quick to start, one line for an error, quiet in a pipe."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from bot.cli import main

HEAVY = (
    "chromadb",
    "torch",
    "transformers",
    "sqlalchemy",
    "litestar",
    "pydantic",
    "numpy",
    "rich",
    "tantivy",
)


def redress(
    *arguments: str, home: Path, stdin: str = "", **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a process of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("REDRESS_")}
    env |= {"REDRESS_HOME": str(home), "PYTHONIOENCODING": "utf-8", **settings}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        input=stdin, env=env, capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import json, sys\nfrom bot.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as ended:\n    assert ended.code == 0\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_every_command_has_json_and_says_what_it_does() -> None:
    names = set(main.commands)
    assert names == snapshot(
        {
            "backtest",
            "bench",
            "clocks",
            "commitments",
            "demo",
            "eval",
            "export",
            "handover",
            "import",
            "init",
            "keys",
            "profiles",
            "promote",
            "rebuild",
            "search",
            "serve",
            "settings",
            "train",
            "triage",
        }
    )
    for command in main.commands.values():
        leaves = getattr(command, "commands", {"": command}).values()
        for leaf in leaves:
            assert "as_json" in {parameter.name for parameter in leaf.params}, leaf.name
            assert leaf.help, leaf.name


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nonsense"], 2, "No such command 'nonsense'"),
        (["triage"], 2, "give either TEXT or --input FILE"),
        (["search", "退款"], 2, "run 'redress init' first"),
        (["keys", "list"], 2, "run 'redress init' first"),
        (["import", "cases", "none.csv"], 2, "'none.csv' does not exist"),
        (["init", "--tenant", "a b"], 2, "letters, digits"),
        (["serve", "--port", "99999"], 2, "99999"),
    ],
)
def test_wrong_use_is_exit_code_two_and_no_traceback(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    done = redress(*arguments, home=tmp_path / "home")
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_setting_we_do_not_know_is_one_line(tmp_path: Path) -> None:
    done = redress("settings", home=tmp_path, REDRESS_PROT="8000")
    assert done.returncode == 2
    assert done.stderr == snapshot(
        "redress: no such setting: REDRESS_PROT; 'redress settings' lists the 30 there are\n"
    )


def test_a_home_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = redress("init", home=tmp_path / "file" / "home")
    assert done.returncode == 1
    assert done.stderr.startswith("redress: cannot make the folder") and done.stderr.count("\n") == 1


def test_on_a_terminal_a_text_becomes_a_card_and_in_a_pipe_json(tmp_path: Path) -> None:
    text = "年费说好免的又扣了三百，我打12378"
    assert json.loads(redress("triage", text, home=tmp_path).stdout)["triage"]["urgency"] == "high"
    ours, theirs = pty.openpty()
    env = {**os.environ, "REDRESS_HOME": str(tmp_path), "COLUMNS": "100", "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "bot.cli", "triage", text]
    process = subprocess.Popen(command, env=env, stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    while chunk := read_terminal(ours):
        shown += chunk
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert "╭" in shown.decode() and "回复草稿" in shown.decode() and b"\x1b[" in shown


def read_terminal(descriptor: int) -> bytes:
    """What was written to a pseudo-terminal; nothing once the other side has gone."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""
