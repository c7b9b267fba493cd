"""A bar chart for results that span powers of ten."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import log10

__all__ = ["bars"]


def bars(values: Mapping[str, float], title: str, marked: Collection[str] = ()) -> str:
    """An SVG picture, one bar a value (0.01 to 100) on a logarithmic axis."""
    rows = list(values.items())
    height = 30 * len(rows) + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {height}" '
        'font-family="system-ui,sans-serif" font-size="13">',
        f'<rect width="640" height="{height}" fill="#fff"/>',
        f'<text x="16" y="24" font-weight="600">{title}</text>',
    ]
    for power in range(-2, 3):
        x = 150 + 110 * (power + 2)
        parts.append(f'<line x1="{x}" y1="36" x2="{x}" y2="{height - 20}" stroke="#ddd"/>')
        parts.append(f'<text x="{x}" y="{height - 6}" text-anchor="middle">{10.0**power:g}</text>')
    for index, (stage, ms) in enumerate(rows):
        y = 44 + 30 * index
        width = 110 * (log10(max(ms, 0.011)) + 2)
        tone = "#0b6e69" if stage in marked else "#7a8f92"
        parts.append(f'<text x="140" y="{y + 15}" text-anchor="end">{stage}</text>')
        parts.append(f'<rect x="150" y="{y}" width="{width:.0f}" height="20" fill="{tone}"/>')
        parts.append(f'<text x="{156 + width:.0f}" y="{y + 15}">{ms:.2f}</text>')
    return "\n".join([*parts, "</svg>", ""])
