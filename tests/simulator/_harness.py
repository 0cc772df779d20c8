"""What the checks of the command share: running it, a terminal to run it on, counting what holds."""
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
SCENARIOS = HERE.parents[1] / "simulator" / "scenarios"
CLI = os.environ["CRYPTOPERIOD_CLI"]
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="cryptoperiod_"))

CHECKS = []


def check(function):
    """Registers a test; its name, read as a sentence, is what it says."""
    CHECKS.append(function)
    return function


def main():
    """Runs all checks, or those whose name contains a word of the command line."""
    failed = 0
    wanted = [c for c in CHECKS if all(word in c.__name__ for word in sys.argv[1:])]
    for function in wanted:
        try:
            function()
        except Exception as problem:  # noqa: BLE001: whatever it is, the others run
            failed += 1
            where = traceback.extract_tb(problem.__traceback__)[-1]
            said = str(problem) or type(problem).__name__
            print(f"FAILED {function.__name__.replace('_', ' ')} ({where.name}:{where.lineno}: {where.line})\n"
                  + "\n".join(f"    {line}" for line in said.splitlines()[:40]))
    for path in sorted(FOLDER.rglob("*"), reverse=True):
        path.unlink() if not path.is_dir() else path.rmdir()
    FOLDER.rmdir()
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return int(failed > 0)


def equal(got, expected):
    assert got == expected, f"got:      {got!r}\nexpected: {expected!r}" if "\n" not in str(got) else \
        f"got:\n{got}\nexpected:\n{expected}"


def contains(text, part):
    assert part in text, f"'{part}' is not in:\n{text}"


def lacks(text, part):
    assert part not in text, f"'{part}' is in:\n{text}"


def surroundings(**changes):
    """A plain environment: UTF-8, no colour wishes. A change to None removes the variable."""
    own = {k: v for k, v in os.environ.items()
           if k not in ("NO_COLOR", "CLICOLOR_FORCE", "CRYPTOPERIOD_SEED", "LANG", "LC_CTYPE", "COLUMNS")}
    own |= {"LC_ALL": "C.UTF-8", "TERM": "xterm"} | changes
    return {k: v for k, v in own.items() if v is not None}


class Said:
    """What one call of the command said."""

    def __init__(self, code, out, error):
        self.code, self.out, self.error = code, out, error

    @property
    def json(self):
        return json.loads(self.out)


def run(*words, cwd=None, env=None, timeout=600):
    """Runs the command without a terminal."""
    done = subprocess.run([CLI, *map(str, words)], cwd=cwd or FOLDER, env=surroundings(**(env or {})),
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


def expect(code, *words, **options):
    """The same; it must end with that exit code, and no error may be empty."""
    said = run(*words, **options)
    assert said.code == code, f"exit code {said.code}, not {code}, of {words}\n{said.out}\n{said.error}"
    return said


def refuses(error, remedy, *words, **options):
    """The call is wrong: exit code 2, nothing on standard output, the error and its remedy on two lines."""
    said = expect(2, *words, **options)
    equal(said.out, "")
    equal(said.error, f"cryptoperiod: error: {error}\n" + (f"  {remedy}\n" if remedy else ""))


def shell(line, env=None):
    """Runs a line of bash in which $CLI is the command."""
    done = subprocess.run(["bash", "-c", line], cwd=FOLDER, env=surroundings(CLI=CLI, **(env or {})),
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


def on_terminal(*words, columns=80, env=None, out_is_terminal=True, interrupt_after=None):
    """Runs the command with standard error, and output unless told otherwise, on a terminal.

    What the terminal was told is in `error`; what went elsewhere in `out`. With `interrupt_after`, SIGINT is sent when
    the terminal has been told a text that contains it.
    """
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (40, columns)) if hasattr(termios, "tcsetwinsize") else set_columns(follower, columns)
    child = subprocess.Popen([CLI, *map(str, words)], cwd=FOLDER, env=surroundings(**(env or {})),
                             stdin=subprocess.DEVNULL, stdout=follower if out_is_terminal else subprocess.PIPE,
                             stderr=follower)
    os.close(follower)
    told, out = bytearray(), bytearray()
    sources = {leader: told} | ({child.stdout.fileno(): out} if child.stdout else {})
    stop = time.monotonic() + 600
    while sources and time.monotonic() < stop:
        for source in select.select(list(sources), [], [], 0.05)[0]:
            try:
                piece = os.read(source, 65536)
            except OSError:  # nobody holds the other end of the terminal any more
                piece = b""
            sources[source] += piece
            if not piece:
                del sources[source]
        if interrupt_after is not None and interrupt_after in told:
            child.send_signal(signal.SIGINT)
            interrupt_after = None
    code = child.wait(timeout=60)
    os.close(leader)
    if child.stdout:
        child.stdout.close()
    return Said(code, out.decode(), told.decode().replace("\r\n", "\n"))


def set_columns(descriptor, columns):
    """For Python before 3.11."""
    import fcntl
    import struct
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))


def write(name, text):
    path = FOLDER / name
    path.write_text(text)
    return path


def leaked_key(name="leaked-key.toml", devices=20_000, changes=()):
    """The README's scenario with a smaller fleet and some texts replaced."""
    text = (SCENARIOS / "leaked-key.toml").read_text().replace("devices = 1_000_000", f"devices = {devices}")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return write(name, text)


def columns_of(text):
    """Columns of a terminal; no text of these checks has wide or combining characters."""
    return len(text)


def golden(name, got):
    """Compares with a committed text; CRYPTOPERIOD_WRITE_GOLDEN=1 writes it anew, to be read before it is committed."""
    path = HERE / "golden" / name
    if os.environ.get("CRYPTOPERIOD_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(got)
    equal(got, path.read_text())


def screen_of(said):
    """What is left on the terminal: without progress and colours."""
    text = re.sub(r"\r[^\r\n]*?\x1b\[K", "", said.error)
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
