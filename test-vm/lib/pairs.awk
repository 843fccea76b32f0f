# SPDX-License-Identifier: GPL-2.0
# Cases that try every value of every setting with every value of every other
# setting, and few of them. Input: a line a setting, its name and its values.
# Output: a line a case: NAME=VALUE for each setting.

{
	name[NR] = $1
	values[NR] = NF - 1
	for (i = 2; i <= NF; i++)
		value[NR, i - 1] = $i
}

# Pairs of value v of setting s, with what the case has, that no case had yet.
function news(s, v,    t, n)
{
	for (t = 1; t <= NR; t++)
		if (t != s && (t in chosen) && !((s, v, t, chosen[t]) in seen))
			n++
	return n + 0
}

# The first pair that no case had: every case has one, so there is an end.
function start(    s, t, v, w)
{
	for (s = 1; s <= NR; s++)
		for (t = s + 1; t <= NR; t++)
			for (v = 1; v <= values[s]; v++)
				for (w = 1; w <= values[t]; w++)
					if (!((s, v, t, w) in seen)) {
						chosen[s] = v
						chosen[t] = w
						return 1
					}
	return 0
}

END {
	while (start()) {
		cases++
		line = ""
		for (s = 1; s <= NR; s++) {
			if (!(s in chosen)) {
				best = -1
				for (i = 0; i < values[s]; i++) {
					v = (i + cases) % values[s] + 1
					if (news(s, v) > best) {
						best = news(s, v)
						pick = v
					}
				}
				chosen[s] = pick
			}
			line = line (s > 1 ? " " : "") name[s] "=" value[s, chosen[s]]
		}
		for (s = 1; s <= NR; s++)
			for (t = 1; t <= NR; t++)
				seen[s, chosen[s], t, chosen[t]] = 1
		delete chosen
		print line
	}
}
