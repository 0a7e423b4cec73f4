"""A picture of a page as a PNG of 256 colours: a third of the size, for the same look at the size of a manual.

Pixels come from the browser itself, so that no imaging library is needed. Knows nothing of what is in the picture.
"""

import base64
import struct
import zlib
from typing import Any

import numpy as np

COLOURS = 256
ALIKE_BITS = 3  # colours that differ only in the last bits of each channel are alike
READ_PIXELS = """async (data) => {
  const image = new Image();
  image.src = "data:image/png;base64," + data;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width; canvas.height = image.height;
  const brush = canvas.getContext("2d");
  brush.drawImage(image, 0, 0);
  const bytes = brush.getImageData(0, 0, image.width, image.height).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return [image.width, image.height, btoa(text)];
}"""


def lighter(blank: Any, picture: bytes) -> bytes:
    """``picture`` (a PNG) with at most 256 colours. ``blank`` is an empty page of a browser."""
    width, height, text = blank.evaluate(READ_PIXELS, base64.b64encode(picture).decode())
    pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)[:, :, :3]
    palette, places = reduced(pixels.reshape(-1, 3))
    return encoded(palette, places.reshape(height, width))


def reduced(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(palette, index of each pixel): the frequent colours, no two of them alike; each other one goes to the nearest."""
    packed = (pixels.astype(np.uint32) << np.array([16, 8, 0], np.uint32)).sum(axis=1, dtype=np.uint32)
    colours, where, counts = np.unique(packed, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    every = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.int32)
    alike = every[order] >> ALIKE_BITS  # shades of one grey must not push out the small mark of another hue
    _first, firsts = np.unique(alike, axis=0, return_index=True)
    palette = every[order[np.sort(firsts)[:COLOURS]]]
    nearest = np.empty(len(every), np.uint8)
    for first in range(0, len(every), 4096):
        part = every[first : first + 4096]
        distance = ((part[:, None, :] - palette[None, :, :]) ** 2).sum(axis=2)
        nearest[first : first + 4096] = distance.argmin(axis=1)
    return palette.astype(np.uint8), nearest[where.reshape(-1)]


def encoded(palette: np.ndarray, places: np.ndarray) -> bytes:
    """A PNG with a palette, its rows unfiltered: what compresses best for flat colours."""
    height, width = places.shape
    rows = np.zeros((height, width + 1), np.uint8)
    rows[:, 1:] = places
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
