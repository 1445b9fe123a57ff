"""RapidOCR: finds lines of text in a picture, and reads lines that were cut out. It fetches no model."""

import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

Picture = Any  # a numpy array; only this package knows numpy
Reading = tuple[str, float]  # a text, and how sure it is, from 0 to 1

_BATCH = 8  # lines that are read at once


def is_installed() -> bool:
    """Tell whether scans can be read: the extra `ocr` is installed."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "cv2"))


def find_lines(picture: Picture) -> list[list[tuple[float, float]]]:
    """Find lines of text in a grey picture; returns the corners of each, from the left upper one on."""
    boxes = _load(os.getpid())._load_det_model()(_to_colours(picture)).boxes  # noqa: SLF001  # there is no public way
    return [] if boxes is None else [[(float(x), float(y)) for x, y in box] for box in boxes]


def read_lines(pictures: Sequence[Picture]) -> list[Reading]:
    """Read grey pictures of one line each."""
    from rapidocr.ch_ppocr_rec.typings import TextRecInput  # noqa: PLC0415  # heavy

    if not pictures:
        return []
    read = _load(os.getpid())._load_rec_model()(TextRecInput(img=[_to_colours(one) for one in pictures]))  # noqa: SLF001  # see above
    return [(str(text), float(score)) for text, score in zip(read.txts, read.scores, strict=True)]


@cache
def _load(_process: int) -> Any:  # noqa: ANN401  # rapidocr has no types
    """Load the models, once in each process: a fork has none of the threads that they use."""
    import cv2  # noqa: PLC0415  # heavy
    from rapidocr import RapidOCR  # noqa: PLC0415  # heavy

    cv2.setNumThreads(1)
    params = {"Global.log_level": "error", "Rec.rec_batch_num": _BATCH, "Rec.rec_img_shape": [3, 48, 96]}
    if (threads := os.environ.get("OMP_NUM_THREADS", "")).isdecimal():  # by default one for each core
        params["EngineConfig.onnxruntime.intra_op_num_threads"] = int(threads)  # which wait in loops that take CPU time
    return RapidOCR(params=params)


def _to_colours(picture: Picture) -> Picture:
    import cv2  # noqa: PLC0415  # heavy

    return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
