"""What one replica of matching costs by its profiles, as a picture: each point was measured, the lines lead
from one to the next."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from performance.figures import GROWING, Figures
from performance.growing import name_of

PANELS = {
    "memory at rest (MiB)": ("memory",),
    "memory while it grows (MiB)": ("memory_peak",),
    "an opdracht: the median and the slowest of 30 (ms)": ("assignment_p50", "assignment_slowest"),
    "reach of a draft (ms)": ("reach_p50",),
}
assert {name for names in PANELS.values() for name in names} == set(GROWING)


def draw(bench: Figures, file: Path) -> None:
    """Write the picture, as SVG: the same figures give the same bytes."""
    sizes = bench.sizes()
    with mpl.rc_context({"svg.hashsalt": "growing", "font.size": 9}):
        figure = Figure(figsize=(9, 6), layout="constrained")
        for panel, (title, names) in zip(figure.subplots(2, 2).flat, PANELS.items(), strict=True):
            for name, marker in zip(names, "os", strict=False):
                heights = [bench[f"growing_{name_of(size)}_{name}"] for size in sizes]
                panel.plot(sizes, heights, f"{marker}-", color="#12395b")
            panel.set(xscale="log", yscale="log", title=title, xlabel="profiles")
            panel.set_xticks(sizes, [name_of(size) for size in sizes])
            panel.yaxis.set_major_formatter("{x:,g}")
            panel.minorticks_off()
            panel.grid(visible=True, color="#e3e8ed", linewidth=0.6)
        figure.savefig(file, format="svg", metadata={"Date": None})
