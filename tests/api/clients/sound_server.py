"""A PulseAudio server of the test's own: two virtual devices that a recording is played into."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

DEVICES = ("agent", "customer")
_ALSA = """
pcm.{name} {{
    type pulse
    device "{name}_line.monitor"
    hint {{ show on description "{name}" }}
}}
"""


@dataclass(frozen=True, slots=True)
class SoundServer:
    """`environment` is for processes that are to hear these devices and no others."""

    environment: dict[str, str]

    @contextlib.contextmanager
    def playing(self, recordings: dict[str, Path]) -> Iterator[None]:
        """Each recording into its device, all at once; stopped at the end."""
        players = [
            subprocess.Popen(["paplay", f"--device={name}_line", path], env=self.environment)
            for name, path in recordings.items()
        ]
        try:
            yield
        finally:
            for player in players:
                player.terminate()
                player.wait(10)


@contextlib.contextmanager
def sound_server(folder: Path) -> Iterator[SoundServer]:
    """Running while the block does. Skips the test where PulseAudio or PortAudio is missing."""
    need_sound()
    (folder / "run").mkdir(mode=0o700)
    (folder / ".asoundrc").write_text("".join(_ALSA.format(name=name) for name in DEVICES))
    environment = os.environ | {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "PULSE_SERVER": f"unix:{folder}/run/pulse/native",
    }
    modules = [f"--load=module-null-sink sink_name={name}_line rate=48000" for name in DEVICES]
    process = subprocess.Popen(
        [
            *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes"),
            *("--log-level=error", "--load=module-native-protocol-unix"),
            *modules,
        ],
        env={key: value for key, value in environment.items() if key != "PULSE_SERVER"},
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(folder / "run" / "pulse" / "native", process)
        yield SoundServer(environment)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def need_sound() -> None:
    """Skip, by name, what the machine lacks."""
    if shutil.which("pulseaudio") is None or shutil.which("paplay") is None:
        pytest.skip("PulseAudio: apt-get install pulseaudio pulseaudio-utils libasound2-plugins")
    try:
        import sounddevice  # noqa: F401
    except ImportError:
        pytest.skip("sounddevice: pip install 'qa-engine[mic]'")
    except OSError:
        pytest.skip("PortAudio: apt-get install libportaudio2")


def _wait_for(socket: Path, process: subprocess.Popen[bytes]) -> None:
    end_s = time.monotonic() + 20
    while not socket.exists():
        assert process.poll() is None, "pulseaudio ended"
        assert time.monotonic() < end_s, "pulseaudio did not come up"
        time.sleep(0.05)
