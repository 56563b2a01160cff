import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.services import Service, Stack
from deploy.local.supervisor import NotReady, Supervisor


def eventually(true: Callable[[], bool], within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def runs(pid: int) -> bool:
    """Whether a process is alive; one that ended and that nobody collected is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class Home:
    """A stack of shell scripts, and everything that was heard of it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.notices: list[tuple[str, str]] = []
        self.lines: list[tuple[str, str]] = []
        self.on_notice: Callable[[str, str], None] = lambda *_: None

    def service(self, name: str, script: str = "", end: str = "exec sleep 60") -> Service:
        pid_file = self.directory / name
        command = ("sh", "-c", f"{script}\necho $$ > {pid_file}.new; mv {pid_file}.new {pid_file}\n{end}")
        return Service(name, command, pid_file.exists)

    def pid_of(self, name: str) -> int:
        return int((self.directory / name).read_text())

    def supervise(self, *stages: tuple[Service, ...], start_timeout_s: float = 10) -> Supervisor:
        stack = Stack(stages, "", "", (), "", "")
        return Supervisor(
            stack,
            start_timeout_s,
            echo=lambda name, line: self.lines.append((name, line)),
            notice=self._note,
        )

    def _note(self, name: str, state: str) -> None:
        self.notices.append((name, state))
        self.on_notice(name, state)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_stages_start_in_order_and_stop_in_reverse(home: Home) -> None:
    with home.supervise((home.service("redis"),), (home.service("planner"),), (home.service("gateway"),)):
        pids = [home.pid_of(name) for name in ("redis", "planner", "gateway")]
        assert all(runs(pid) for pid in pids)
    names = ("redis", "planner", "gateway")
    started = [(name, state) for name in names for state in ("starting", "ready")]
    assert home.notices == started + [(name, "stopped") for name in reversed(names)]
    assert not any(runs(pid) for pid in pids)


def test_a_service_that_is_killed_is_started_again(home: Home) -> None:
    with home.supervise((home.service("visualizer"),)) as stack:
        first = stack.pid("visualizer")
        os.kill(first, signal.SIGKILL)
        eventually(lambda: stack.pid("visualizer") != first and home.pid_of("visualizer") != first)
        assert ("visualizer", "died") in home.notices
        assert runs(home.pid_of("visualizer"))


def test_a_service_that_was_started_again_is_stopped_in_its_turn(home: Home) -> None:
    ran_on: list[bool] = []
    with home.supervise((home.service("redis"),), (home.service("gateway"),)) as stack:
        first = stack.pid("redis")
        os.kill(first, signal.SIGKILL)
        eventually(lambda: stack.pid("redis") != first and home.pid_of("redis") == stack.pid("redis"))

        def note(name: str, state: str) -> None:
            if (name, state) == ("gateway", "stopped"):
                ran_on.append(runs(stack.pid("redis")))

        home.on_notice = note
    assert ran_on == [True]
    assert not runs(stack.pid("redis"))


def test_services_are_started_again_whatever_went_wrong_at_one_look(home: Home) -> None:
    def break_once(name: str, state: str) -> None:
        if home.notices.count(("planner", "died")) == 1:
            raise OSError("nobody hears this")

    with home.supervise((home.service("planner"),)) as stack:
        home.on_notice = break_once
        first = stack.pid("planner")
        os.kill(first, signal.SIGKILL)
        eventually(lambda: stack.pid("planner") != first)


def test_a_service_that_ends_while_starting_is_reported_with_its_last_words(home: Home) -> None:
    broken = Service("planner", ("sh", "-c", "echo no such model; exit 1"), ready=lambda: False)
    with pytest.raises(NotReady, match=r"planner ended while starting") as caught:
        home.supervise((home.service("redis"),), (broken,)).__enter__()
    assert "no such model" in str(caught.value)
    assert not runs(home.pid_of("redis"))


def test_a_service_that_never_becomes_ready_is_reported_and_stopped(home: Home) -> None:
    supervisor = home.supervise((home.service("planner", script="exec sleep 60"),), start_timeout_s=0.5)
    with pytest.raises(NotReady, match="was not ready in time"):
        supervisor.__enter__()
    assert not runs(supervisor.pid("planner"))


def test_children_of_a_dead_service_do_not_outlive_it(home: Home) -> None:
    script = f"sh -c \"trap '' TERM; echo \\$\\$ > {home.directory}/engine; while :; do sleep 60; done\" &"
    ready = home.service("planner", script)
    with home.supervise((ready,)) as stack:
        eventually(
            lambda: (home.directory / "engine").exists() and (home.directory / "engine").read_text() != ""
        )
        engine = home.pid_of("engine")
        os.kill(stack.pid("planner"), signal.SIGKILL)
        eventually(lambda: not runs(engine))


def test_output_is_passed_on_with_the_name_of_its_service(home: Home) -> None:
    with home.supervise((home.service("gateway", script="echo listening; echo oops >&2"),)):
        pass
    assert home.lines == [("gateway", "listening"), ("gateway", "oops")]


def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    script = f"""
        from deploy.local.services import Service, Stack
        from deploy.local.supervisor import Supervisor
        from pathlib import Path
        import signal
        pid = Path("{tmp_path}/pid")
        service = Service("s", ("sh", "-c", f"echo $$ > {{pid}}.new; mv {{pid}}.new {{pid}}; exec sleep 60"), pid.exists)
        with Supervisor(Stack(((service,),), "", "", (), "", ""), 10, lambda *_: None, lambda *_: None):
            print("up", flush=True)
            signal.pause()
    """
    supervisor = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    )
    with supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "up\n"
        pid = int((tmp_path / "pid").read_text())
        supervisor.kill()
    eventually(lambda: not runs(pid))
