#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Runs the commands of a document in dom0 and in a guest, and compares what they print with
what the document shows. Ends with status 1 at the first difference.

In a code block (indented by four spaces), "dom0# " and "guest# " begin a command, "> "
continues it, and other lines are what it prints. A line "..." there stands for any lines,
"..." in a line for any text. A block that begins with "#!" is a file; the prose before
the block names it.

Usage: transcript.py PAGE GUEST NAME    NAME: what the document calls the guest
"""
import os
import re
import subprocess
import sys
import tempfile

GUEST = "/job/bin/guest"
PROMPT = re.compile(r"(dom0|guest)# (.*)")
END = "--end of the command--"


def blocks(lines):
    """Each code block with the last line of text before it."""
    block, before = [], ""
    for line in lines + ["end"]:
        if line.startswith("    "):
            block.append(line[4:])
        elif block and not line:
            block.append("")
        elif line:
            if block:
                yield before, block
            block, before = [], line


def commands(block):
    """Each command with where it runs and the lines that it prints."""
    where, command, output = None, [], []
    for line in block + ["dom0# "]:
        prompt = PROMPT.match(line)
        if prompt:
            if where:
                yield where, "\n".join(command), "\n".join(output).strip("\n")
            where, command, output = prompt[1], [prompt[2]], []
        elif line.startswith("> ") and not output:
            command.append(line[2:])
        else:
            output.append(line)


def pattern(output):
    """What a command may print, as a regular expression."""
    lines = []
    for line in output.split("\n") if output else []:
        if line == "...":
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(".*".join(re.escape(part) for part in line.split("...")) + r"\n")
    return "".join(lines)


class Shell:
    """One bash in dom0 that runs all commands, so that it keeps variables."""

    def __init__(self, folder):
        self.bash = subprocess.Popen(["bash"], cwd=folder, text=True, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, command):
        self.bash.stdin.write(f"{{ {command}\n}} </dev/null\necho '{END}'\n")
        self.bash.stdin.flush()
        output = ""
        for line in self.bash.stdout:
            if line.endswith(END + "\n"):
                rest = line[:-len(END) - 1]     # output without a newline at its end
                return output + (rest + "\n" if rest else "")
            output += line
        raise SystemExit(f"the shell ended in: {command}")


def in_guest(guest, command):
    done = subprocess.run([GUEST, guest, command], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout if not done.stdout or done.stdout.endswith("\n") else done.stdout + "\n"


def follow(lines, guest, shell, folder):
    """Does what the document says; returns how many commands it has."""
    count = 0
    for before, block in blocks(lines):
        if block[0].startswith("#!"):
            name = re.findall(r"`([\w.-]+)`", before)[-1]
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write("\n".join(block))
            continue
        for where, command, expected in commands(block):
            print(f"{where}# {command}", flush=True)
            printed = shell.run(command) if where == "dom0" else in_guest(guest, command)
            print(printed, end="", flush=True)
            count += 1
            if not re.fullmatch(pattern(expected), printed):
                raise SystemExit(f"the page shows something else:\n{expected}")
    return count


def main():
    page, guest, name = sys.argv[1:]
    with open(page, encoding="utf-8") as text:
        lines = text.read().replace(name, guest).split("\n")
    with tempfile.TemporaryDirectory() as folder:
        print(f"{follow(lines, guest, Shell(folder), folder)} commands")


main()
