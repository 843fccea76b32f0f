# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The body of two tests, one for each xenstored.

page=$JOB/docs/xenstore-walk.md
for tool in list read exists 'ls -f' 'ls -f -p' write watch chmod rm; do
	grep -Eq "^    .*xenstore-$tool" "$page" || fail "the page has no command xenstore-$tool"
done
[ "$(domid pv1)" = 1 ] || fail "pv1 is not domain 1, as the page has it"

# What Debian's package has; here a guest has one program for all.
must guest pv1 'for name in list read write; do ln -sf xenstore /usr/bin/xenstore-$name; done'
must python3 "$JOB/lib/transcript.py" "$page" pv1 web01
note "$OUTPUT"

# The program notices a page that is wrong.
wrong=/tmp/wrong.md
printf '    %s\n' 'dom0# echo "a b"' 'a ...' 'dom0# echo yes' no >"$wrong"
expect_fail python3 "$JOB/lib/transcript.py" "$wrong" pv1 web01
[[ $OUTPUT == *'shows something else'*no ]] || fail "it ends otherwise: $OUTPUT"
rm "$wrong"
