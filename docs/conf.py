# SPDX-License-Identifier: GPL-2.0
"""
How Sphinx makes HTML of the documents (make docs-html). The pages stay plain markdown: links are
relative, anchors are those of GitHub, and a link to a source file becomes a download. The
navigation is docs/README.md: its headings, and below each the pages that its table links to.
"""
# pylint: disable=invalid-name
import os
import re

project = "xen-vbd"
extensions = ["myst_parser"]
root_doc = "docs/README"
include_patterns = ["README.md", "docs/**.md", "test-vm/README.md"]
# matrix.md is not in git: no page links to it.
exclude_patterns = [".git", "out", "docs/matrix.md"]
myst_heading_anchors = 6
smartquotes = False
highlight_language = "none"

html_theme = "alabaster"
html_theme_options = {"page_width": "1200px", "sidebar_width": "260px"}
html_sidebars = {"**": ["searchbox.html", "navigation.html", "localtoc.html"]}
html_title = "A block driver pair for Xen"
html_use_index = False
html_copy_source = False
html_show_copyright = False
# A page may help several readers: then it is in several groups.
suppress_warnings = ["toc.multiple_toc_parents"]


def groups(text):
    """Each heading of docs/README.md with the pages that are linked to below it."""
    for part in re.split(r"^## ", text, flags=re.M):
        heading, _, body = part.partition("\n")
        links = re.findall(r"\]\(([^)#]+\.md)", body)
        pages = [os.path.normpath(os.path.join("docs", link))[:-3] for link in links]
        yield ("" if heading.startswith("# ") else heading), list(dict.fromkeys(pages))


def add_navigation(_app, name, source):
    if name != root_doc:
        return
    trees = []
    for caption, pages in groups(source[0]):
        lines = ["```{toctree}", ":hidden:"]
        if caption:
            lines.append(f":caption: {caption}")
        trees += lines + ["", *("/" + page for page in pages), "```", ""]
    source[0] += "\n" + "\n".join(trees)


def setup(app):
    app.connect("source-read", add_navigation)
