"""libx264 as a screen wants it, by ctypes: each frame's fineness is ours to say, for every row of blocks apart.

PyAV brings the library along, but opens the door to few of its settings, and to none after the first frame. What is
used here is libx264's public interface; its layout belongs to the build number that stands in the name of
`x264_encoder_open`, and is checked before anything is written. One thread uses an `X264`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from ctypes import POINTER, Structure, byref, c_char_p, c_double, c_float, c_int, c_int64, c_void_p
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import av

from remotehelp_app.media.travel import FARTHEST
from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.texts import gettext as _

BLOCK: Final = 16  # pixels along the side of a macroblock
COARSEST: Final = (
    51  # the quantiser at which nothing of a block that stayed as it was is coded again
)
_BUILDS = (165, 164)
_PARAM_BYTES = 8192  # several times what a parameter block takes
_WIDTH_AT, _HEIGHT_AT, _CSP_AT, _DEPTH_AT, _LEVEL_AT = 28, 32, 36, 40, 44
_I420, _IDR, _AUTO = 2, 1, 0
_NEAR, _WIDE = "dia", "umh"
_LEAST_RANGE, _MARGIN = 16, 4
_SETTINGS = {
    "fps": "60",
    "threads": "2",
    "me": _NEAR,
    # The widest that `search` may ask for later.
    "merange": str(FARTHEST),
    "scenecut": "0",
    "keyint": "infinite",
    "repeat-headers": "1",
    "qpmin": "4",
    # Each frame names its quantiser. Rows can be told apart from it where x264 may tell blocks apart; at this strength
    # its own ideas of what deserves more bits change nothing.
    "crf": "25",
    "mbtree": "0",
    "aq-mode": "1",
    "aq-strength": "0.001",
    "colorprim": "smpte170m",
    "transfer": "smpte170m",
    "colormatrix": "smpte170m",
    "fullrange": "off",
    "log": "-1",
}


class _Image(Structure):
    _fields_ = [
        ("csp", c_int),
        ("planes", c_int),
        ("stride", c_int * 4),
        ("plane", c_void_p * 4),
    ]


class _Picture(Structure):
    """x264_picture_t"""

    _fields_ = [
        ("type", c_int),
        ("qpplus1", c_int),
        ("pic_struct", c_int),
        ("keyframe", c_int),
        ("pts", c_int64),
        ("dts", c_int64),
        ("param", c_void_p),
        ("img", _Image),
        ("quant_offsets", POINTER(c_float)),
        ("quant_offsets_free", c_void_p),
        ("mb_info", c_void_p),
        ("mb_info_free", c_void_p),
        ("statistics", c_double * 6),
        ("hrd", c_double * 4),
        ("sei_number", c_int),
        ("sei", c_void_p),
        ("sei_free", c_void_p),
        ("opaque", c_void_p),
        ("room", c_void_p * 16),
    ]


class _Nal(Structure):
    """x264_nal_t"""

    _fields_ = [
        ("ref_idc", c_int),
        ("type", c_int),
        ("long_startcode", c_int),
        ("first_mb", c_int),
        ("last_mb", c_int),
        ("size", c_int),
        ("payload", c_void_p),
        ("padding", c_int),
    ]


@dataclass(frozen=True, slots=True)
class Coded:
    """One frame's bits (H.264 with start codes)."""

    data: bytes
    is_key: bool


@cache
def _library() -> tuple[ctypes.CDLL, Any]:
    """libx264 from beside PyAV, else the system's; and its `x264_encoder_open`."""
    home = Path(av.__file__).parent
    places = (home.parent / "av.libs", home / ".dylibs")
    beside = [str(found) for place in places for found in sorted(place.glob("libx264*"))]
    for name in [*beside, *(f"libx264.so.{build}" for build in _BUILDS)]:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        for build in _BUILDS:
            found = getattr(library, f"x264_encoder_open_{build}", None)
            if found is not None:
                return _typed(library, found)
    raise UnavailableError(_("The video encoder (libx264) is missing. Install this app anew."))


def _typed(library: ctypes.CDLL, opens: Any) -> tuple[ctypes.CDLL, Any]:
    opens.restype, opens.argtypes = c_void_p, [c_void_p]
    library.x264_param_default_preset.argtypes = [c_void_p, c_char_p, c_char_p]
    library.x264_param_parse.argtypes = [c_void_p, c_char_p, c_char_p]
    library.x264_param_apply_profile.argtypes = [c_void_p, c_char_p]
    library.x264_encoder_encode.argtypes = [
        c_void_p, POINTER(POINTER(_Nal)), POINTER(c_int), POINTER(_Picture), POINTER(_Picture),
    ]  # fmt: skip
    library.x264_encoder_reconfig.argtypes = [c_void_p, c_void_p]
    library.x264_encoder_close.argtypes = [c_void_p]
    library.x264_encoder_close.restype = None
    library.x264_picture_init.argtypes = [POINTER(_Picture)]
    library.x264_picture_init.restype = None
    return library, opens


class X264:
    """One picture size, with even sides, until `close`. Raises UnavailableError where there is no libx264."""

    def __init__(self, width: int, height: int) -> None:
        self._handle: int | None = None
        self._x, opens = _library()
        self.columns, self.rows = -(-width // BLOCK), -(-height // BLOCK)
        self._param = ctypes.create_string_buffer(_PARAM_BYTES)
        if self._x.x264_param_default_preset(self._param, b"ultrafast", b"zerolatency") != 0:
            raise UnavailableError(_("The video encoder (libx264) cannot be used."))
        self._check_layout()
        self._write(_WIDTH_AT, width)
        self._write(_HEIGHT_AT, height)
        for name, value in _SETTINGS.items():
            self._set(name, value)
        self._x.x264_param_apply_profile(self._param, b"baseline")
        self._handle = opens(self._param)
        if not self._handle:
            raise UnavailableError(_("The video encoder (libx264) cannot be used."))
        self._number = self._distance = 0
        self._offsets = (c_float * (self.columns * self.rows))()
        self._picture, self._made = _Picture(), _Picture()
        self._x.x264_picture_init(byref(self._picture))
        self._picture.img.csp, self._picture.img.planes = _I420, 3

    def _read(self, at: int) -> int:
        return c_int.from_buffer(self._param, at).value

    def _write(self, at: int, value: int) -> None:
        c_int.from_buffer(self._param, at).value = value

    def _check_layout(self) -> None:
        """What stands around the size has defaults of its own: another layout would show others there."""
        found = [self._read(at) for at in (_WIDTH_AT, _HEIGHT_AT, _CSP_AT, _DEPTH_AT, _LEVEL_AT)]
        if found != [0, 0, _I420, 8, -1]:
            raise UnavailableError(_("The video encoder (libx264) cannot be used."))

    def _set(self, name: str, value: str) -> None:
        if self._x.x264_param_parse(self._param, name.encode(), value.encode()) != 0:
            raise UnavailableError(_("The video encoder (libx264) cannot be used."))

    def search(self, distance: int) -> None:
        """From the next frame on, looks for what is there in the frame before up to so many pixels away; 0: near by only.

        Near by is half the work. A page that was scrolled costs a fiftieth when it is found again.
        """
        distance = min(distance, FARTHEST)
        if distance == self._distance:
            return
        self._distance = distance
        self._set("me", _WIDE if distance else _NEAR)
        self._set("merange", str(max(_LEAST_RANGE, min(distance + _MARGIN, FARTHEST))))
        if self._x.x264_encoder_reconfig(self._handle, self._param) != 0:
            raise UnavailableError(_("The video encoder (libx264) cannot be used."))

    def encode(
        self,
        planes: Iterable[tuple[int, int]],
        *,
        quantiser: int,
        rows: Iterable[int],
        is_key: bool = False,
    ) -> Coded | None:
        """A frame from the address and the bytes in a row of each of its three planes.

        The rows of blocks named are coded with that quantiser; of all others nothing is coded as long as they stayed
        as they were. A key frame has all rows.
        """
        picture = self._picture
        for plane, (address, stride) in enumerate(planes):
            picture.img.plane[plane], picture.img.stride[plane] = address, stride
        picture.qpplus1 = quantiser + 1
        picture.type = _IDR if is_key else _AUTO
        picture.pts = self._number
        self._number += 1
        self._tell_apart(range(self.rows) if is_key else rows, COARSEST - quantiser)
        picture.quant_offsets = ctypes.cast(self._offsets, POINTER(c_float))
        nals, number = POINTER(_Nal)(), c_int()
        size = self._x.x264_encoder_encode(
            self._handle, byref(nals), byref(number), byref(picture), byref(self._made)
        )
        if size <= 0:
            return None
        # All of a frame's parts stand in one piece.
        return Coded(ctypes.string_at(nals[0].payload, size), bool(self._made.keyframe))

    def _tell_apart(self, rows: Iterable[int], coarser: int) -> None:
        at, size = ctypes.addressof(self._offsets), self.columns * ctypes.sizeof(c_float)
        there, elsewhere = bytes(size), bytes(c_float(coarser)) * self.columns
        wanted = set(rows)
        offsets = b"".join(there if row in wanted else elsewhere for row in range(self.rows))
        ctypes.memmove(at, offsets, len(offsets))

    def close(self) -> None:
        """May be called twice."""
        handle, self._handle = self._handle, None
        if handle:
            self._x.x264_encoder_close(handle)

    def __del__(self) -> None:
        self.close()
