"""Profile pictures for the demo: drawn, so that nobody's face is borrowed."""

from __future__ import annotations

import hashlib
import io

from PIL import Image, ImageDraw

EDGE = 512
BACKGROUNDS = ("#c9dcf5", "#d6ead9", "#f3dfc6", "#e6d8f0", "#f5d5d8", "#d3e8ea")
SKINS = ("#f2cfb3", "#e0ac85", "#c68c5f", "#a36b43", "#7c4d2e", "#fadfca")
HAIRS = ("#2d2420", "#5b3a22", "#a8672e", "#d9b36a", "#8d8d92", "#1f2a3a")
SHIRTS = ("#1f5fa8", "#2f7d5b", "#8a3b5c", "#5a4a9c", "#b4552d", "#33475b")


def draw_face(name: str) -> bytes:
    """A simple portrait as PNG; the same name always gives the same one."""
    pick = hashlib.sha256(name.encode()).digest()
    background, skin, hair, shirt = (
        palette[pick[index] % len(palette)]
        for index, palette in enumerate((BACKGROUNDS, SKINS, HAIRS, SHIRTS))
    )
    image = Image.new("RGB", (EDGE, EDGE), background)
    draw = ImageDraw.Draw(image)
    is_long = pick[4] % 2 == 0
    if is_long:
        draw.rounded_rectangle((136, 100, 376, 400), 120, fill=hair)
    draw.ellipse((66, 366, 446, 700), fill=shirt)
    draw.rounded_rectangle((216, 300, 296, 410), 36, fill=skin)
    draw.ellipse((160, 116, 352, 344), fill=skin)
    draw.pieslice((148, 84, 364, 320), 180 - pick[5] % 24, 360, fill=hair)
    for x in (214, 278):
        draw.ellipse((x, 222, x + 20, 244), fill="#2a2320")
    draw.arc((220, 246, 292, 302), 20, 160, fill="#7d3b34", width=7)
    out = io.BytesIO()
    image.resize((EDGE // 2, EDGE // 2), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()
