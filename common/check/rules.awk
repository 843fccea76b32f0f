# SPDX-License-Identifier: GPL-2.0
# The rules of rules.sh that can be told from a file's lines.

function bad(text)
{
	printf "%s:%d: %s\n", FILENAME, FNR, text
}

# Of the file that has just ended.
function file_ends()
{
	if (lines > 500)
		printf "%s:%d: the file has %d lines: 500 is the limit\n", name, lines, lines
}

# Where a tab goes to the next multiple of 8, and what stands in quotes may
# stick out: a message that can be searched for is worth more than a margin.
function width(line,    i, w)
{
	gsub(/"[^"]*"/, "\"\"", line)
	for (i = 1; i <= length(line); i++)
		w += substr(line, i, 1) == "\t" ? 8 - w % 8 : 1
	return w
}

# The name of the function whose head this is, unless it is static.
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
	named = name ~ /^(blkfront|blkback|common)\/[^\/]*\.[ch]$/
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

# A table may be as wide as it is easiest to read.
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
	if (named && symbol != "" && symbol !~ /^(xbfront|xbback|xvbd)_/)
		bad("public name without xbfront_, xbback_ or xvbd_: " symbol)
}

/^}/ {
	if (begin && FNR - begin - 1 > 60)
		bad("the function has " FNR - begin - 1 " lines: 60 is the limit")
	begin = 0
}

# What stands before a brace, from the last line that ends something.
{ head = /^($|[#}\/ ])|;[ \t]*$/ ? "" : head " " $0 }

END { file_ends() }
