# Prints a log without the reports that match a line of the file `known`.

BEGIN {
	while ((getline line < known) > 0)
		if (line != "" && line !~ /^#/)
			regexps[++nr] = line
}

function is_known(report, i) {
	gsub(/\n/, " ", report)
	for (i = 1; i <= nr; i++)
		if (report ~ regexps[i])
			return 1
	return 0
}

/\[ cut here \]/ {
	printf "%s", report
	report = ""
	inside = 1
}

inside {
	report = report $0 "\n"
	if (/\[ end trace /) {
		if (!is_known(report))
			printf "%s", report
		report = ""
		inside = 0
	}
	next
}

{ print }

END { printf "%s", report }
