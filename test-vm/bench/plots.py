"""SVG plots, by gnuplot."""
import os
import subprocess

from vm.host import HarnessError

SETTINGS = """\
set terminal svg size {width},480 font 'sans-serif,12' background '#ffffff'
set output '{output}'
set title '{title}' noenhanced
set style fill solid 0.8 noborder
set boxwidth 0.8 relative
set grid ytics back lc rgb '#dddddd'
set errorbars lc rgb '#333333'
set xtics rotate by -30 noenhanced
set key outside below center horizontal noenhanced
set yrange [0:*]
"""
COLOURS = ("#2a6f97", "#e07a5f", "#81b29a", "#f2cc8f", "#6d597a", "#3d405b")


def _gnuplot(script):
    try:
        result = subprocess.run(["gnuplot"], input=script, check=False, stderr=subprocess.PIPE,
                                text=True)
    except FileNotFoundError:
        raise HarnessError("gnuplot is missing: run test-vm/install-deps bench") from None
    if result.returncode:
        raise HarnessError(f"gnuplot failed: {result.stderr.strip()}")


def _bars(path, title, series, line=None):
    """Clustered bars: series is {name: {label: (value, low, high)}}."""
    labels = list(dict.fromkeys(label for values in series.values() for label in values))
    script = SETTINGS.format(output=path, title=title,
                             width=max(960, 22 * len(labels) * (1 + len(series))))
    script += "set style data histogram\nset style histogram errorbars gap 1 lw 1\n"
    for number, values in enumerate(series.values()):
        script += f"$s{number} << END\n"
        for label in labels:
            value, low, high = values.get(label, ("NaN", "NaN", "NaN"))
            script += f"\"{label}\" {value} {low} {high}\n"
        script += "END\n"
    shown = [f"$s{number} using 2:3:4:xtic(1) title \"{name}\" lc rgb '{colour}'"
             for number, (name, colour) in enumerate(zip(series, COLOURS * 4))]
    if line is not None:
        shown.append(f"{line} with lines lc rgb '#000000' dt 2 notitle")
    _gnuplot(script + "plot " + ", ".join(shown) + "\n")


def _ratios(entries, device):
    series = {}
    for item in entries:
        if item["device"] == device:
            series.setdefault("against " + item["baseline"], {})[item["job"]] = (
                item["ratio_iops"], item["ci_low"], item["ci_high"])
    return series


def _hypercalls(run):
    series = {}
    for step in run.steps:
        if step["kind"] == "count" and step["device"] == "null_blk":
            series[step["arm"]] = {
                job: (counted["driver_hypercalls_per_io"],) * 3
                for job, counted in step["jobs"].items()}
    return series


def _scaling(run):
    series = {}
    for step in run.steps:
        if step["phase"] == "scale":
            for outcome in step["jobs"].values():
                series.setdefault(step["arm"].split("-")[0], {}).setdefault(
                    step["label"], []).append(outcome["iops"])
    return {name: {label: (sorted(values)[len(values) // 2], min(values), max(values))
                   for label, values in labels.items()} for name, labels in series.items()}


def draw(run, entries, folder, mode):
    """Draws what was measured; the (file, title) of each plot."""
    drawn = []

    def plot(name, title, series, line=None):
        if series:
            _bars(os.path.join(folder, f"{mode}-{name}.svg"), title, series, line)
            drawn.append((f"{mode}-{name}.svg", title))

    for device in dict.fromkeys(item["device"] for item in entries):
        plot(f"ratios-{device}", f"IOPS on {device}: ratio of medians with 95% interval",
             _ratios(entries, device), 1)
    plot("hypercalls", "driver hypercalls an I/O on null_blk", _hypercalls(run))
    plot("scaling", "IOPS by queues and by disks: median, least and most", _scaling(run))
    return drawn
