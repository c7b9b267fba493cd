"""From a layout to a recogniser of sherpa-onnx's own, and whether that can be opened at all.

sherpa-onnx ends the whole process when a model is not as it expects. So a model is opened in a
process of its own first (`python -m models.sherpa.opening DIR`); one that ends that is refused
with a sentence, and nothing else is lost.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from models.errors import MissingPackage, UnusableModel
from models.sherpa import layouts
from models.sherpa.layouts import ModelKind, ModelLayout

__all__ = ["PACKAGE", "check_opens", "chunk_of", "native"]

PACKAGE: Final = "sherpa_onnx"
_PATIENCE_S: Final = 300
_LANGUAGE: Final = "zh"
_BPE: Final = "bpe.vocab"


def native(layout: ModelLayout, *, threads: int, device: str) -> Any:
    """`OfflineRecognizer` or `OnlineRecognizer`. A bad model ends the process (`check_opens`)."""
    import sherpa_onnx

    files = {name: str(path) for name, path in layout.files.items()}
    options: dict[str, Any] = {"num_threads": threads, "provider": _provider(device)}
    if layout.online:
        return _online(sherpa_onnx.OnlineRecognizer, layout, files, options)
    return _offline(sherpa_onnx.OfflineRecognizer, layout, files, options)


def chunk_of(layout: ModelLayout) -> int:
    """How many outputs a WeNet stream gives at once; those that say it are opened so."""
    return int(layout.stated.get("chunk_size") or 16)


def check_opens(directory: Path) -> None:
    """Raises `MissingPackage`, or `UnusableModel` where opening the model ends the process."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise MissingPackage(directory, "sherpa-onnx", "sherpa")
    tried = subprocess.run(
        [sys.executable, "-m", "models.sherpa.opening", str(directory)],
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    if tried.returncode:
        raise UnusableModel(directory, _why(tried.stderr), "files that sherpa-onnx can open")


def _why(told: str) -> str:
    """The last line of its log without the place in its source."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    last = lines[-1].rpartition(" ")[2] if not lines else lines[-1]
    text = last.partition("] ")[2] or last
    return f"files that it cannot open ({text[:120]})" if text else "files that it cannot open"


def _provider(device: str) -> str:
    return "cuda" if device == "cuda" else "cpu"


def _offline(made: Any, layout: ModelLayout, files: dict[str, str], options: dict[str, Any]) -> Any:
    match layout.kind:
        case ModelKind.SENSE_VOICE:
            return made.from_sense_voice(**files, language=_LANGUAGE, **options)
        case ModelKind.PARAFORMER:
            files["paraformer"] = files.pop("model")
            return made.from_paraformer(**files, **options)
        case ModelKind.TRANSDUCER:
            return made.from_transducer(**files, **_searching(layout), **options)
        case ModelKind.NEMO_TRANSDUCER:
            return made.from_transducer(**files, model_type="nemo_transducer", **options)
        case ModelKind.FIRE_RED:
            return made.from_fire_red_asr(**files, **options)
        case ModelKind.WHISPER:
            return made.from_whisper(**files, language=_LANGUAGE, **options)
        case _:
            return getattr(made, f"from_{layout.kind.value}")(**files, **options)


def _online(made: Any, layout: ModelLayout, files: dict[str, str], options: dict[str, Any]) -> Any:
    match layout.kind:
        case ModelKind.PARAFORMER:
            return made.from_paraformer(**files, **options)
        case ModelKind.WENET_CTC:
            chunk = {"chunk_size": chunk_of(layout), "num_left_chunks": _left_chunks(layout)}
            return made.from_wenet_ctc(**files, **chunk, **options)
        case ModelKind.ZIPFORMER_CTC:
            return made.from_zipformer2_ctc(**files, **options)
        case ModelKind.NEMO_CTC:
            return made.from_nemo_ctc(**files, **options)
        case ModelKind.TRANSDUCER:
            return made.from_transducer(**files, **_searching(layout), **options)
        case _:
            return made.from_transducer(**files, **options)


def _left_chunks(layout: ModelLayout) -> int:
    return max(1, int(layout.stated.get("left_chunks") or 4))


def _searching(layout: ModelLayout) -> dict[str, Any]:
    """The search that hotwords bend, over characters, and pieces of words where they are listed."""
    search: dict[str, Any] = {"decoding_method": "modified_beam_search"}
    pieces = layout.files["tokens"].with_name(_BPE)
    if pieces.is_file():
        search |= {"modeling_unit": "cjkchar+bpe", "bpe_vocab": str(pieces)}
    return search


if __name__ == "__main__":
    native(layouts.read(Path(sys.argv[1])), threads=1, device="cpu")
