# Turns the raw files that leaks.sh gathers into lines worded for a person.

function file() { return substr(FILENAME, match(FILENAME, /[^\/]*$/)) }

function name_of(id) { return (id in names) ? names[id] : "domain " id " (gone)" }

file() == "store" && match($1, /^\/local\/domain\/[0-9]+\/name$/) {
	split($1, part, "/")
	names[part[4]] = $3
	gsub(/"/, "", names[part[4]])
}

# every directory of a device, whatever is in it
file() == "store" && match($1, /\/(backend|device)\/vbd\/[0-9\/]+/) {
	path = substr($1, 1, RSTART + RLENGTH - 1)
	sub(/\/$/, "", path)
	if (!(path in seen))
		print "xenstore directory " path
	seen[path] = 1
}

file() == "channels" && $1 == "domain" { domain = $2; next }

file() == "channels" {
	other = "itself"
	if (match($0, /Remote Domain [0-9]+/))
		other = name_of(substr($0, RSTART + 14, RLENGTH - 14))
	channels[name_of(domain) " to " other]++
}

# Xen's log holds every table printed so far: the last one counts.
file() == "xen" && /gnttab_usage_print_all \[/ { split("", grants) }
file() == "xen" && match($0, /grant-table for remote d[0-9]+/) {
	domain = substr($0, RSTART + 24, RLENGTH - 24)
}
file() == "xen" && /^\(XEN\) \[0x/ { grants[domain]++ }

# A worker of the kernel's pool bears the name of what it did last.
file() == "threads" && !/^kworker/ && /xbback|xen-vbd|vbd|blkback|[0-9]+\.xvd/ { print "kernel thread " $0 }

file() == "interrupts" && /blkif|vbd|xbback|xbfront|blkback|blkfront/ { print "interrupt " $NF }

file() == "modules" && /^xen_blk(front|back) / {
	print "module " $1 " used " $3 " times"
}

file() == "kprobe_profile" && $1 == "test_watch_add" { watches += $2 }
file() == "kprobe_profile" && $1 == "test_watch_del" { watches -= $2 }

END {
	for (pair in channels)
		print "event channels of " pair ": " channels[pair]
	for (domain in grants)
		print "active grants of " name_of(domain) ": " grants[domain]
	print "xenbus watches registered since the start: " watches + 0
}
