"""Models that were published for sherpa-onnx and hear Mandarin, with where each one lies.

Repositories, archives, licences and sizes are as their publishers' pages showed them; what no page
showed is left empty, and told as not verified. An archive's checksum is published nowhere.
"""

from __future__ import annotations

from models.published import PublishedModel

__all__ = ["SHERPA"]

_RELEASES = "https://github.com/k2-fsa/sherpa-onnx/releases/download/asr-models"
_APACHE = "Apache-2.0"
_FUNASR = "FunASR Model License"

SHERPA: tuple[PublishedModel, ...] = (
    PublishedModel(
        name="sense-voice",
        repository="csukuangfj/sherpa-onnx-sense-voice-zh-en-ja-ko-yue-2024-07-17",
        files=("model.int8.onnx", "tokens.txt"),
        download_mb=239,
        licence=_FUNASR,
        archive=f"{_RELEASES}/sherpa-onnx-sense-voice-zh-en-ja-ko-yue-int8-2024-07-17.tar.bz2",
        note="SenseVoice: whole sentences; tells emotion and events",
    ),
    PublishedModel(
        name="paraformer",
        repository="csukuangfj/sherpa-onnx-paraformer-zh-2023-09-14",
        files=("model.int8.onnx", "tokens.txt"),
        download_mb=243,
        licence=_APACHE,
        archive=f"{_RELEASES}/sherpa-onnx-paraformer-zh-2023-09-14.tar.bz2",
        note="Paraformer large: whole sentences",
    ),
    PublishedModel(
        name="zipformer-streaming",
        repository="csukuangfj/sherpa-onnx-streaming-zipformer-bilingual-zh-en-2023-02-20",
        files=(
            "encoder-epoch-99-avg-1.int8.onnx",
            "decoder-epoch-99-avg-1.onnx",
            "joiner-epoch-99-avg-1.int8.onnx",
            "tokens.txt",
            "bpe.vocab",
        ),
        download_mb=199,
        licence=_APACHE,
        archive=f"{_RELEASES}/sherpa-onnx-streaming-zipformer-bilingual-zh-en-2023-02-20.tar.bz2",
        note="Zipformer transducer: as it is said; takes hotwords",
    ),
    PublishedModel(
        name="zipformer-ctc-streaming",
        repository="k2-fsa/sherpa-onnx-streaming-zipformer-ctc-multi-zh-hans-2023-12-13",
        files=("ctc-epoch-20-avg-1-chunk-16-left-128.int8.onnx", "tokens.txt"),
        download_mb=71,
        licence=_APACHE,
        archive=f"{_RELEASES}/sherpa-onnx-streaming-zipformer-ctc-multi-zh-hans-2023-12-13.tar.bz2",
        note="Zipformer CTC: as it is said; small",
    ),
    PublishedModel(
        name="zipformer-ctc",
        repository="csukuangfj/sherpa-onnx-zipformer-ctc-zh-int8-2025-07-03",
        files=("model.int8.onnx", "tokens.txt"),
        download_mb=0,
        archive=f"{_RELEASES}/sherpa-onnx-zipformer-ctc-zh-int8-2025-07-03.tar.bz2",
        note="Zipformer CTC: whole sentences",
    ),
    PublishedModel(
        name="paraformer-streaming",
        repository="csukuangfj/sherpa-onnx-streaming-paraformer-bilingual-zh-en",
        files=("encoder.int8.onnx", "decoder.int8.onnx", "tokens.txt"),
        download_mb=0,
        archive=f"{_RELEASES}/sherpa-onnx-streaming-paraformer-bilingual-zh-en.tar.bz2",
        note="Paraformer: as it is said",
    ),
    PublishedModel(
        name="fire-red-asr",
        repository="csukuangfj/sherpa-onnx-fire-red-asr-large-zh_en-2025-02-16",
        files=("encoder.int8.onnx", "decoder.int8.onnx", "tokens.txt"),
        download_mb=1_800,
        licence=_APACHE,
        archive=f"{_RELEASES}/sherpa-onnx-fire-red-asr-large-zh_en-2025-02-16.tar.bz2",
        note="FireRed AED: whole sentences, dialects too; slow",
    ),
)
