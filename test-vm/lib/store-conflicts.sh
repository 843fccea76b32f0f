# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The body of two tests, one for each xenstored; they set $ROUNDS, and the $PAUSE (in s,
# at most) between two transactions of the writer.

# Makes and removes nodes beside those of the drivers, whose transactions then conflict
# with its own; counts how often its own do.
cat >writer.py <<'EOF'
import random, signal, sys, threading, time
sys.path.append("/usr/lib/test-vm/xen/lib/python")
from xen.lowlevel.xs import xs
going, done, conflicts = True, 0, 0
def stop(*_):
    global going
    going = False
signal.signal(signal.SIGTERM, stop)
def write(number):
    global done, conflicts
    store = xs()
    while going:
        for top in sys.argv[2:]:
            time.sleep(random.uniform(0, float(sys.argv[1])))
            transaction = store.transaction_start()
            try:
                if store.read(transaction, top + "/state"):
                    store.write(transaction, f"{top}/junk{number}", str(done))
                    store.rm(transaction, f"{top}/junk{number}")
            except RuntimeError:
                pass
            done += 1
            conflicts += not store.transaction_end(transaction)
writers = [threading.Thread(target=write, args=(i,)) for i in range(2)]
for writer in writers:
    writer.start()
for writer in writers:
    writer.join()
print(f"{done} transactions of the writer, {conflicts} conflicts")
EOF
make_nullb
python3 writer.py "$PAUSE" "$(back_dir pv1 xvdb)" "$(front_dir pv1 xvdb)" >written 2>&1 &
for ((round = 0; round < ROUNDS; round++)); do
	attach pv1 "$DEVICE" xvdb
	detach pv1 xvdb
done
kill $!
wait $!
note "$round rounds, $(cat written)"
[ "$(sed 's/.*writer, \([0-9]*\) .*/\1/' written)" -gt 0 ] || fail "nothing was in conflict: $(cat written)"
