"""The first words after a wait: is as much of them heard as of words that come at once?

Sentences of real speakers (a folder of *.flac, $QA_HUMAN_SPEECH) over a telephone line, each after
a second of silence and after 25 s of silence, noise and ringing: the share of frames that the voice
activity takes for speech, as the network says it and as sessions hear it; and what they take for
speech of two minutes in which nobody speaks.

    python -m benchmarks.first_words [--json FILE]
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.constructed_calls import telephone, tone
from benchmarks.mono_voices import RATE, speakers
from models.recogniser import Samples
from models.voice_activity import FRAME_SAMPLES, SpeechProbability, VoiceActivity
from qa_engine.hearing.fresh_voice import FreshVoice
from qa_engine.hearing.policy import EndpointPolicy

RESULT = Path(__file__).parent / "results" / "first_words.json"
SENTENCES = 12


def share(stream: SpeechProbability, lead: Samples, said: Samples) -> float:
    """Of the frames after `lead`, those that are taken for speech."""
    sound = np.concatenate([lead, np.zeros(RATE // 2, np.float32), said])
    narrow = telephone(sound[None].astype(np.float32))[0]
    whole = narrow[: len(narrow) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    heard = stream.feed(whole)[(len(lead) + RATE // 2) // FRAME_SAMPLES :]
    return float((heard >= EndpointPolicy().onset).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    voice = VoiceActivity()
    noise = np.random.default_rng(0).normal(0, 2e-3, 120 * RATE).astype(np.float32)
    ring = tone((450,), 1, 4, 120, 0.2)
    waits = {
        "1 s of silence": np.zeros(RATE, np.float32),
        "25 s of silence": np.zeros(25 * RATE, np.float32),
        "25 s of noise": noise[: 25 * RATE],
        "25 s of ringing": ring[: 25 * RATE],
    }
    sentences = [one for pack in speakers().values() for one in pack[:SENTENCES]]
    heard = {
        name: {
            way: round(float(np.mean([share(made(), wait, one) for one in sentences])), 3)
            for way, made in (("network", voice.stream), ("session", lambda: FreshVoice(voice)))
        }
        for name, wait in waits.items()
    }
    nobody = {
        name: round(share(FreshVoice(voice), np.zeros(0, np.float32), sound), 4)
        for name, sound in (("noise", noise), ("ringing", ring))
    }
    result = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "sentences": len(sentences),
        "taken for speech": heard,
        "taken for speech where nobody speaks": nobody,
    }
    print(json.dumps(result, indent=1))
    options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
