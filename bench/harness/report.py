"""Tables out of what was measured, for people; the same as JSON is written beside."""

FLOOR = "floor: hashing alone"
OURS = "atbackup"

WITH = {"on": "with the processor's SHA instructions", "off": "without SHA instructions"}


def find(group, name):
    return next((row for row in group["rows"] if row["program"] == name), None)


def peers_of(group):
    return [row for row in group["rows"] if row["program"] not in (FLOOR, OURS)]


def fastest(rows):
    return min(rows, key=lambda row: row["cpu_s"], default=None)


def ratio(value):
    return "" if value is None else f"{value:.2g}" if value < 10 else f"{value:.0f}"


def seconds(value):
    return f"{value:.3f}" if value < 1 else f"{value:.2f}"


def table(head, lines):
    width = [max(len(str(line[i])) for line in [head, *lines]) for i in range(len(head))]
    show = lambda cells: "| " + " | ".join(
        str(cell).ljust(size) if i == 0 else str(cell).rjust(size) for i, (cell, size) in enumerate(zip(cells, width))) + " |"
    rule = "| " + " | ".join("-" * size if i == 0 else "-" * (size - 1) + ":" for i, size in enumerate(width)) + " |"
    return "\n".join([show(head), rule, *map(show, lines)])


def title(group):
    has_sha = f", {WITH[group['sha']]}" if "sha" in group else ""
    return (f"{group['work'].upper()} {group['file']}: {group['bytes'] / 1e6:.1f} MB, {group['records']:,} records, "
            f"{group['blocks']:,} blocks{has_sha}")


def race_table(group):
    """Of programs that do the same work: by processor time, against the fastest peer and the floor."""
    best, floor = fastest(peers_of(group)), find(group, FLOOR)
    lines = []
    for row in sorted(group["rows"], key=lambda row: row["cpu_s"]):
        cpu = max(row["cpu_s"], 1e-6)
        lines.append([
            row["program"], seconds(row["cpu_s"]), seconds(row["wall_min_s"]), f"{row['peak_bytes'] / 2**20:.1f}",
            f"{group['bytes'] / 1e6 / cpu:.0f}", ratio(best["cpu_s"] / cpu) if best else "",
            ratio(cpu / floor["cpu_s"]) if floor else "", row["runs"],
        ])
    head = ["", "CPU s", "wall s", "peak MiB", "MB/s", "x fastest peer", "x floor", "runs"]
    return table(head, lines)


def legend(peers, missing, cited):
    lines = ["What the peers check, and what they leave out (atbackup leaves out nothing of it):"]
    for peer in peers:
        lines.append(f"- {peer.name} {peer.version}: checks {peer.checks}. Leaves out {peer.leaves_out}.")
    lines += [f"- not measured: {name}: {why}" for name, why in missing.items()]
    lines += [f"- not measured: {text}" for text in cited]
    return "\n".join(lines)
