#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Checks the documents. Prints one line for each violation; the exit status is 1 if
there is any. The rules: a line of prose has at most 100 columns. A relative link
leads to a file that exists, and to a heading of that file if the link names one.
Checks every *.md and *.md.in file that git knows or would add. Tables and code
blocks may be wider.
Usage: docs.py [REPOSITORY]
"""
import os
import re
import subprocess
import sys

COLUMNS = 100
# Programs write these documents, and each X.md that has an X.md.in: check only their links.
GENERATED = re.compile(r"docs/(benchmarks/.*|interop|matrix|xenstore)\.md$")
LINK = re.compile(r"\]\(([^()\s]+)\)")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")


def documents():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md", "*.md.in"],
                            check=True, capture_output=True, text=True).stdout.split("\n")
    return [name for name in sorted(set(listed)) if name and os.path.exists(name)]


def blocks(lines):
    """Each line with its number and kind: prose, table or code."""
    fenced = False
    for number, line in enumerate(lines, 1):
        fence = line.lstrip().startswith("```")
        if fenced or fence:
            kind = "code"
        elif line.startswith(("    ", "\t")):
            kind = "code"
        else:
            kind = "table" if line.startswith("|") else "prose"
        fenced ^= fence
        yield number, line, kind


def read(name):
    with open(name, encoding="utf-8") as text:
        return text.read().split("\n")


def anchors(name):
    """The anchors that GitHub makes from the headings."""
    found = set()
    for _, line, kind in blocks(read(name)):
        if kind != "prose" or not re.match(r"#{1,6} ", line):
            continue
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", line.lstrip("#").strip()).lower()
        base = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        anchor, again = base, 0
        while anchor in found:
            again += 1
            anchor = f"{base}-{again}"
        found.add(anchor)
    return found


def wrong_link(name, target):
    path, _, anchor = target.partition("#")
    if ELSEWHERE.match(target):
        return None
    path = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
    if not os.path.exists(path):
        return f"link to {target}: there is no such file"
    if anchor and anchor not in anchors(path):
        return f"link to {target}: there is no such heading"
    return None


def violations(name):
    generated = GENERATED.match(name) or os.path.exists(name + ".in")
    for number, line, kind in blocks(read(name)):
        if kind == "code":
            continue
        if kind == "prose" and not generated and len(line) > COLUMNS:
            yield f"{name}:{number}: {len(line)} columns of prose, at most {COLUMNS}"
        for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            wrong = wrong_link(name, target)
            if wrong:
                yield f"{name}:{number}: {wrong}"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    os.chdir(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", ".."))
    found = [line for name in documents() for line in violations(name)]
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


main()
