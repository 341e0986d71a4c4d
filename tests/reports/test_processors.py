"""The bytes of a published page on other processors: one machine stands for several.

OpenBLAS and NumPy choose their loops by processor, and sums of floats then differ in their last digits. Both can be told
to run as on another one. What this processor cannot run is left out: AVX-512 on a machine without it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from numpy._core import _multiarray_umath as numpy_core

PARAMS = "title: CDNOW\nas_of: 1998-06-30\ncurrency: USD\norders: cdnow_sample\nnotebooks: [clv]\n"
PARAMS += "draw_count: 100\norigin_count: 2\n"
HAS = numpy_core.__cpu_features__
DISPATCHED = [name for name in numpy_core.__cpu_dispatch__ if HAS.get(name)]
WIDE = {name for name in DISPATCHED if name.startswith(("AVX512", "X86_V4"))}
VARIANTS: dict[str, tuple[int | None, dict[str, str]]] = {
    "an AMD Zen, on one core": (1, {"OPENBLAS_CORETYPE": "Zen"} if HAS.get("AVX2") else {}),
    "the oldest of all": (
        None,
        {
            "OPENBLAS_CORETYPE": "Haswell" if HAS.get("AVX2") else "",
            "NPY_DISABLE_CPU_FEATURES": " ".join(DISPATCHED),
        },
    ),
}
"""How many cores, and what is told to the libraries. Only where one differs need its parts be tried alone."""
if HAS.get("AVX512_SKX") or HAS.get("X86_V4"):
    without = {"OPENBLAS_CORETYPE": "SkylakeX", "NPY_DISABLE_CPU_FEATURES": " ".join(sorted(WIDE))}
    VARIANTS["a SkylakeX whose NumPy has no AVX-512"] = (None, without)


def page(folder: Path, *, cores: int | None = None, **environment: str) -> bytes:
    """The page on lifetime value of CDNOW's sample, made in a process of its own."""
    folder.mkdir()
    params = folder / "sample.yml"
    params.write_text(PARAMS, encoding="utf-8")
    command = [sys.executable, "-m", "helpers", "run", str(params), "--out", str(folder / "out"), "--jobs", "1"]
    bound = ["taskset", "--cpu-list", ",".join(str(core) for core in sorted(os.sched_getaffinity(0))[:cores])]
    done = subprocess.run(
        [*(bound if cores else []), *command],
        env={**os.environ, **{name: value for name, value in environment.items() if value}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return (folder / "out" / "sample" / "1998-06-30" / "clv.html").read_bytes()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return page(tmp_path_factory.mktemp("here") / "run")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="a process can be bound to one core on Linux alone")
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_page_has_the_same_bytes_on_another_processor(variant: str, here: bytes, tmp_path: Path) -> None:
    cores, environment = VARIANTS[variant]
    assert page(tmp_path / "run", cores=cores, **environment) == here
