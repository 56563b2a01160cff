"""`weaver` as people run it, on a terminal that shows what they would see, and as scripts run it, through pipes."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import sys
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyte

WEAVER = str(Path(sys.executable).with_name("weaver"))
COLUMNS, ROWS = 80, 24
CELL_PX = (10, 20)
PLAIN = {"TERM": "xterm-256color", "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
KITTY = PLAIN | {"TERM": "xterm-kitty"}
COLOURFUL = PLAIN | {"COLORTERM": "truecolor"}
COLOURLESS = PLAIN | {"NO_COLOR": "1"}
SEQUENCE = re.compile(
    r"\x1b_G(?P<kitty>[^\x1b]*)\x1b\\|\x1b\[(?P<count>[0-9;?]*)(?P<command>[A-Za-z])|(?P<plain>.)", re.DOTALL
)


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def around(url: str) -> dict[str, str]:
    """Where the gateway is, and where pictures and what is remembered are put."""
    folder = os.environ.get("TMPDIR", "/tmp")
    return {"WEAVER_URL": url, "TMPDIR": folder, "XDG_STATE_HOME": f"{folder}/state"}


async def weaver(url: str, *words: str, stdin: str = "", **environment: str) -> Outcome:
    """Run it as a script would; bytes that are no text are halves of characters here, as they are in names of files."""
    process = await asyncio.create_subprocess_exec(
        WEAVER,
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=PLAIN | around(url) | environment,
    )
    out, err = await asyncio.wait_for(process.communicate(os.fsencode(stdin)), 60)
    assert process.returncode is not None
    return Outcome(process.returncode, os.fsdecode(out), os.fsdecode(err))


class Terminal:
    """Runs one command; `screen` is all that was written and not drawn over, scrolled away or not. `answer` is what it answers when asked."""

    def __init__(self, url: str, *words: str, environment: dict[str, str] = PLAIN, answer: str = "") -> None:
        self.raw = ""
        self._answer = answer
        self._news = asyncio.Event()
        self._words, self._environment = words, environment | around(url)

    async def __aenter__(self) -> Terminal:
        self._master, slave = pty.openpty()
        fcntl.ioctl(
            slave,
            termios.TIOCSWINSZ,
            struct.pack("HHHH", ROWS, COLUMNS, COLUMNS * CELL_PX[0], ROWS * CELL_PX[1]),
        )
        if self._answer:
            # There before it is asked for, so that it comes in time however busy the machine is.
            quiet = termios.tcgetattr(slave)
            quiet[3] &= ~termios.ECHO
            termios.tcsetattr(slave, termios.TCSANOW, quiet)
            os.write(self._master, self._answer.encode())

        def log_in() -> None:
            os.login_tty(slave)
            # Tests that run in a script's background ignore Ctrl-C, and what they start would inherit that.
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        self._process = await asyncio.create_subprocess_exec(
            WEAVER, *self._words, env=self._environment, preexec_fn=log_in
        )
        os.close(slave)
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._reading
        os.close(self._master)

    async def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with contextlib.suppress(OSError):  # the other end is closed
            while piece := await asyncio.to_thread(os.read, self._master, 65536):
                self.raw += decoder.decode(piece)
                self._news.set()

    async def until(self, text: str) -> None:
        """Wait until this is on the screen."""
        async with asyncio.timeout(60):
            while text not in self.screen:
                await self._news.wait()
                self._news.clear()

    def press_control_c(self) -> None:
        os.write(self._master, b"\x03")

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    async def ended(self) -> int:
        """The exit status, once everything is on the screen."""
        code = await asyncio.wait_for(self._process.wait(), 60)
        await self._reading
        return code

    @property
    def screen(self) -> str:
        lines, row, column = [""], 0, 0
        for found in SEQUENCE.finditer(self.raw):
            match found["plain"], found["command"]:
                case "\r", _:
                    column = 0
                case "\n", _:
                    row += 1
                    lines += [""] * (row + 1 - len(lines))
                case str(character), _:
                    lines[row] = lines[row].ljust(column)[:column] + character + lines[row][column + 1 :]
                    column += 1
                case _, "A":
                    row -= int(found["count"] or 1)
                case _, "K":
                    lines[row] = ""
            if found["kitty"] and "a=T" in found["kitty"]:
                lines[row] += "<picture>"
        return "\n".join(line.rstrip() for line in lines)

    @property
    def blocks(self) -> list[list[tuple[str, str]]]:
        """The rows of half blocks: of each cell, the colours above and below."""
        screen = pyte.Screen(COLUMNS, 20 * ROWS)
        pyte.Stream(screen).feed(re.sub(r"\x1b_.*?\x1b\\\\", "", self.raw, flags=re.DOTALL))
        rows = [[screen.buffer[y][x] for x in range(COLUMNS)] for y in range(screen.lines)]
        return [
            [(cell.fg, cell.bg) for cell in row if cell.data == "▀"]
            for row in rows
            if any(cell.data == "▀" for cell in row)
        ]

    @property
    def seen(self) -> list[str]:
        """The lines of text that are not empty."""
        return [line for line in self.screen.split("\n") if line.strip(" ▀")]
