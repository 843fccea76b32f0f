# SPDX-License-Identifier: GPL-2.0
# The rules of rules.sh that need only the lines of a file.

function bad(text)
{
	printf "%s:%d: %s\n", FILENAME, FNR, text
}

# Checks the file that has just ended.
function file_ends()
{
	if (lines > 500)
		printf "%s:%d: the file has %d lines: 500 is the limit\n", name, lines, lines
}

# Width in columns. A tab ends at the next multiple of 8. Text in quotes does not
# count: a message in one piece can be searched for, and may exceed the margin.
function width(line,    i, w)
{
	gsub(/"[^"]*"/, "\"\"", line)
	for (i = 1; i <= length(line); i++)
		w += substr(line, i, 1) == "\t" ? 8 - w % 8 : 1
	return w
}

# The class that each directory belongs to; a public name begins with it, or as in the core.
BEGIN {
	class["common"] = "xsplit"
	class["common/block"] = "vbd"
	while ((getline line <"common/classes") > 0) {
		count = split(line, word)
		for (i = 4; line !~ /^#/ && i <= count; i++)
			class[word[i]] = word[1]
	}
}

# The name of the function that has this head; empty if the function is static.
function public_name(head)
{
	if (head ~ /(^|[ \t])static[ \t]/ || head !~ /\(/)
		return ""
	sub(/[ \t]*\(.*/, "", head)
	sub(/.*[ \t*]/, "", head)
	return head
}

FNR == 1 {
	file_ends()
	name = FILENAME
	c = name ~ /\.[ch]$/
	dir = name
	sub(/\/[^\/]*$/, "", dir)
	# Tests and scenarios are programs of their own.
	owner = c && dir in class && name !~ /(_test|\/sim)\.c$/ ? class[dir] : ""
	head = ""
	begin = 0
	table = 0
	spdx = name ~ /\.c$/ ? "^// SPDX-License-Identifier: GPL-2.0$" : \
	       name ~ /\.h$/ ? "^/\\* SPDX-License-Identifier: GPL-2.0 \\*/$" : \
			       "^# SPDX-License-Identifier: GPL-2.0$"
	first = /^#!/ ? 2 : 1
}

FNR == first && $0 !~ spdx { bad("the first line is not the SPDX line of such a file") }

{ lines = FNR }

/[ \t]$/ { bad("space at the end of the line") }

# A table between clang-format off and on may be wider.
/clang-format (off|on)/ { table = /off/ }

!table && width($0) > 100 { bad("longer than 100 columns") }

/(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)/ { bad("unfinished: TODO, FIXME, XXX") }

!c { next }

/(^|[^A-Za-z0-9_])BUG(_ON)?[ \t]*\(/ { bad("BUG() or BUG_ON(): handle it") }

/^ / && !/^ \*/ && !/^ +\\$/ { bad("indented with spaces") }

/^\t* +\t/ { bad("a space before a tab") }

FNR > 1 {
	line = $0
	gsub(/"[^"]*"/, "", line)
	if (line ~ /\/\//)
		bad("comments stand in /* */")
}

/^[ \t]*\/\*[^*]/ && !/\*\// { bad("the text of a long comment starts on its second line") }

/^{/ {
	begin = FNR
	symbol = public_name(head)
	if (owner != "" && symbol != "" && symbol !~ ("^(xbfront|xbback|xvbd|xsplit|" owner ")_"))
		bad("public name without xbfront_, xbback_, xvbd_, xsplit_ or " owner "_: " symbol)
}

/^}/ {
	if (begin && FNR - begin - 1 > 60)
		bad("the function has " FNR - begin - 1 " lines: 60 is the limit")
	begin = 0
}

# The text before a brace, since the last line that ends a statement or a block.
{ head = /^($|[#}\/ ])|;[ \t]*$/ ? "" : head " " $0 }

END { file_ends() }
