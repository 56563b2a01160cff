"""Makes torchvision importable beside a CPU torch, for a test's own process only.

Its wheels are CUDA builds whose compiled operators cannot load here; the image transforms need none of them, but importing the package
registers shapes for each, which fails unless their schemas exist. `build/vision-site` holds the wheel, apart from everything else.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

SITE = Path("build/vision-site")
WHEEL = "torchvision==0.28.0"
OPERATORS = (
    *(
        "nms",
        "qnms",
        "roi_align",
        "qroi_align",
        "_roi_align_backward",
        "ps_roi_align",
        "_ps_roi_align_backward",
    ),
    *("roi_pool", "_roi_pool_backward", "ps_roi_pool", "_ps_roi_pool_backward"),
    *("deform_conv2d", "_deform_conv2d_backward"),
)


def install() -> None:
    """Download the wheel, unless it is there."""
    if not (SITE / "torchvision").is_dir():
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            str(SITE),
            WHEEL,
        ]
        subprocess.run(command, check=True, timeout=240)


def enter() -> torch.library.Library:
    """Put the wheel on the path of this process; the schemas live as long as what is returned."""
    sys.path.append(str(SITE.resolve()))
    library = torch.library.Library("torchvision", "DEF")
    for name in OPERATORS:
        library.define(f"{name}(Tensor input) -> Tensor")
    return library
