"""A shell in dom0 of a resumed snapshot, with the job of a test unpacked and its modules loaded."""
import contextlib
import os
import shlex
import sys
import tempfile
import termios
import threading
import time
import tty

from .host import HarnessError
from . import job, runner, snapshot

LONG = 7 * 24 * 3600    # seconds; whoever types may take his time
END_OF_INPUT = b"\x04"  # what the terminal's driver in dom0 takes for it


@contextlib.contextmanager
def raw_terminal():
    """dom0's terminal edits and echoes, ours only hands on."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


def show(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def type_into(link):
    """Sends what is typed here; runs as a thread of its own until the input ends."""
    with contextlib.suppress(OSError):      # the VM has ended
        while data := os.read(0, 4096):
            link.sendall(data)
        link.sendall(END_OF_INPUT)


def interactive_command():
    """bash on a terminal of its own, whose other end is the port that takes output."""
    columns, rows = os.get_terminal_size() if sys.stdin.isatty() else (100, 30)
    start = (f"stty rows {rows} columns {columns}; "
             f"TERM={shlex.quote(os.environ.get('TERM', 'dumb'))} exec bash --rcfile /job/lib/shell-rc -i")
    # The port can be open once only, and what the command has of it is for output.
    reopen = "exec >&- 2>&-; exec <>/dev/vport0p2 >&0 2>&0"
    return f"{reopen}; exec script -qefc {shlex.quote(start)} /dev/null"


def one_command(command):
    """A command for which no terminal is needed."""
    return f"bash -c {shlex.quote('. /job/lib/shell-rc; ' + command)}"


def start_gdb_stub(machine, port):
    answer = machine.qmp("human-monitor-command",
                         **{"command-line": f"gdbserver tcp:127.0.0.1:{port}"})
    if "Could not" in answer or "rror" in answer:
        raise HarnessError(f"QEMU opens no gdb stub: {answer.strip()}; choose another port")


def run(dom0, test, command=None, gdb=None):
    """
    Opens the shell, or runs `command` in its place, and returns the exit status. gdb is the
    port on this machine at which QEMU's gdb stub waits.
    """
    snapshot.ensure(dom0, test.guests)
    with tempfile.TemporaryDirectory(prefix="xvbd-job-") as scratch:
        tar = os.path.join(scratch, "job.tar")
        job.build(test, tar)
        with snapshot.resume(dom0, test.guests, tar) as machine:
            print(f"# console of Xen and dom0: {machine.console}", file=sys.stderr)
            if gdb:
                start_gdb_stub(machine, gdb)
                print(f"# gdb: target remote 127.0.0.1:{gdb}", file=sys.stderr)
            if machine.run(f"date -s @{time.time():.0f} >/dev/null; {runner.UNPACK}", 60, show):
                raise HarnessError("the job could not be unpacked in dom0")
            if command:
                return machine.run(one_command(command), LONG, show)
            threading.Thread(target=type_into, args=(machine.output,), daemon=True).start()
            with raw_terminal():
                return machine.run(interactive_command(), LONG, show)
