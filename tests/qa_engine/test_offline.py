from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.recogniser import Samples, Transcript
from phrasebook import parse
from phrasebook.model import Anchor, AnchorKind, Phrasebook
from qa_engine.audio.channels import ChannelProblem
from qa_engine.audio.errors import AudioError
from qa_engine.events import CallEnded, DecodeWanted, Role, StepState
from qa_engine.matching.matcher import Matcher
from qa_engine.offline import OfflineResult, analyse_audio
from qa_engine.rules.judgeable import Unjudgeable
from tests.qa_engine.audio.recordings import encoded, wav
from tests.qa_engine.rules.scripted import book, entry, step
from tests.qa_engine.scripted import LevelReader, Line, LoudIsSpeech, sound

CALL = (
    Line(0, 500, "感谢致电很高兴为您服务"),
    Line(1, 3_500, "我想问一下怎么退货"),
    Line(0, 6_000, "我不知道"),
    Line(1, 7_500, "我不知道找谁"),
)
AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER


@pytest.fixture(scope="module")
def phrasebook() -> Phrasebook:
    dont_know = replace(entry("dont-know"), say=(parse("我不知道"),))
    opening = replace(step("opening", within_ms=15_000), say=(parse("感谢致电"),))
    return book(opening, entries=(dont_know,))


def heard(
    path: Path,
    phrasebook: Phrasebook,
    *,
    lines: Sequence[Line] = CALL,
    roles: Sequence[Role] | None = None,
    recogniser: LevelReader | None = None,
    told: list[tuple[int, int]] | None = None,
) -> OfflineResult:
    return analyse_audio(
        path,
        recogniser=recogniser or LevelReader(lines),
        phrasebook=phrasebook,
        matcher=Matcher(phrasebook),
        roles=roles,
        voice=LoudIsSpeech(),
        progress=None if told is None else lambda done, total: told.append((done, total)),
    )


def recording(tmp_path: Path, samples: Samples) -> Path:
    return wav(tmp_path / "call.wav", samples, rate=16_000)


def test_a_stereo_call_is_heard_and_judged(tmp_path: Path, phrasebook: Phrasebook) -> None:
    result = heard(recording(tmp_path, sound(CALL)), phrasebook, roles=(AGENT, CUSTOMER))
    assert [(u.role, u.text) for u in result.utterances] == [
        ((AGENT, CUSTOMER)[line.channel], line.text) for line in CALL
    ]
    (hit,) = result.hits
    assert (hit.rule, hit.role) == ("dont-know", AGENT)
    assert abs(hit.begin_ms - 6_000) <= 40
    assert [(s.step.id, s.state) for s in result.analysis.steps] == [("opening", StepState.DONE)]
    assert result.findings == ()
    assert not result.roles_inferred


def test_the_result_tells_where_it_came_from(tmp_path: Path, phrasebook: Phrasebook) -> None:
    path = recording(tmp_path, sound(CALL))
    result = heard(path, phrasebook)
    assert result.path == path
    assert result.duration_ms == 9_700
    assert (result.model.name, result.model.synthetic) == ("scripted", True)
    assert len(result.audio_sha256) == 64
    assert result.peaks.channels == 2
    assert isinstance(result.events[-1], CallEnded)
    assert not any(isinstance(event, DecodeWanted) for event in result.events)
    for account in result.accounts:
        assert account.silent_ms + account.decoded_ms == account.fed_ms == 9_700


def test_swapped_channels_are_noticed_and_put_right(tmp_path: Path, phrasebook: Phrasebook) -> None:
    result = heard(recording(tmp_path, sound(CALL)[::-1]), phrasebook)
    assert [finding.problem for finding in result.findings] == [ChannelProblem.SWAPPED]
    assert result.roles == (CUSTOMER, AGENT)
    assert [hit.role for hit in result.hits] == [AGENT]
    assert [s.state for s in result.analysis.steps] == [StepState.DONE]


def test_roles_that_were_given_are_kept_and_doubted(tmp_path: Path, phrasebook: Phrasebook) -> None:
    path = recording(tmp_path, sound(CALL)[::-1])
    result = heard(path, phrasebook, roles=(AGENT, CUSTOMER))
    assert result.roles == (AGENT, CUSTOMER)
    assert [finding.problem for finding in result.findings] == [ChannelProblem.SWAPPED]


def test_a_mono_call_says_so(tmp_path: Path, phrasebook: Phrasebook) -> None:
    result = heard(recording(tmp_path, sound(CALL).sum(axis=0)[None]), phrasebook)
    assert [finding.problem for finding in result.findings] == [ChannelProblem.MONO]
    assert result.roles == (AGENT,)
    assert len(result.utterances) == len(CALL)


def test_a_mono_call_of_the_customer_has_no_agent_hits(
    tmp_path: Path, phrasebook: Phrasebook
) -> None:
    path = recording(tmp_path, sound(CALL).sum(axis=0)[None])
    assert heard(path, phrasebook, roles=(CUSTOMER,)).hits == ()


def test_a_copied_channel_says_so_and_is_heard_once(tmp_path: Path, phrasebook: Phrasebook) -> None:
    mono = sound(CALL).sum(axis=0)[None]
    result = heard(recording(tmp_path, mono.repeat(2, axis=0)), phrasebook)
    told = [finding.problem for finding in result.findings]
    assert told == [ChannelProblem.DUPLICATED, ChannelProblem.MONO]
    assert len(result.utterances) == len(CALL)


def test_a_copy_that_only_the_whole_file_shows_is_heard_once(
    tmp_path: Path, phrasebook: Phrasebook
) -> None:
    lines = tuple(replace(line, begin_ms=line.begin_ms + 31_000) for line in CALL)
    path = recording(tmp_path, sound(lines).sum(axis=0)[None].repeat(2, axis=0))
    result = heard(path, phrasebook, lines=lines)
    told = [finding.problem for finding in result.findings]
    assert told == [ChannelProblem.DUPLICATED, ChannelProblem.MONO]
    assert [utterance.text for utterance in result.utterances] == [line.text for line in CALL]


def test_silence_has_nothing_to_tell(tmp_path: Path, phrasebook: Phrasebook) -> None:
    result = heard(recording(tmp_path, sound((), duration_ms=3_000)), phrasebook)
    assert result.utterances == ()
    assert result.hits == ()
    assert [s.state for s in result.analysis.steps] == [StepState.MISSED]


def test_progress_grows_to_the_whole(tmp_path: Path, phrasebook: Phrasebook) -> None:
    told: list[tuple[int, int]] = []
    heard(recording(tmp_path, sound(CALL)), phrasebook, told=told)
    assert told[-1] == (9_700, 9_700)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


class Failing(LevelReader):
    """Raises on any batch that holds the window of `bad_ms`."""

    bad_ms = 1_000

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        if any(len(window) // 16 < self.bad_ms for window in windows):
            raise RuntimeError("CUDA out of memory")
        return super().transcribe(windows, final=final)


def test_a_window_that_cannot_be_recognised_costs_only_itself(
    tmp_path: Path, phrasebook: Phrasebook
) -> None:
    lines = (*CALL, Line(0, 10_000, "好"))
    path = recording(tmp_path, sound(lines))
    result = heard(path, phrasebook, lines=lines, recogniser=Failing(lines))
    assert [u.text for u in result.utterances] == [*(line.text for line in CALL), ""]
    assert not result.utterances[-1].intelligible
    assert result.accounts[0].dropped_ms["recogniser_failed"] > 200


def test_windows_are_recognised_together(tmp_path: Path, phrasebook: Phrasebook) -> None:
    reader = LevelReader(CALL)
    heard(recording(tmp_path, sound(CALL)), phrasebook, recogniser=reader)
    assert reader.batches == [len(CALL)]


def test_the_container_does_not_matter(tmp_path: Path, phrasebook: Phrasebook) -> None:
    plain = heard(recording(tmp_path, sound(CALL)), phrasebook)
    flac = encoded(tmp_path / "call.flac", sound(CALL), rate=16_000, codec="flac")
    packed = heard(flac, phrasebook)
    assert [u.text for u in packed.utterances] == [u.text for u in plain.utterances]
    assert [(h.rule, h.begin_ms) for h in packed.hits] == [(h.rule, h.begin_ms) for h in plain.hits]


def test_trouble_with_the_file_comes_before_any_recognition(
    tmp_path: Path, phrasebook: Phrasebook
) -> None:
    reader = LevelReader(CALL)
    path = wav(tmp_path / "three.wav", np.zeros((3, 16_000), np.float32), rate=16_000)
    with pytest.raises(AudioError):
        heard(path, phrasebook, recogniser=reader)
    assert reader.batches == []


def test_a_recording_that_is_mostly_lost_is_not_judged(
    tmp_path: Path, phrasebook: Phrasebook
) -> None:
    path = wav(tmp_path / "cut.wav", sound(CALL), rate=16_000, promised=9_999_999)
    result = heard(path, phrasebook)
    assert result.analysis.judgeable.reason is Unjudgeable.DAMAGED
    assert result.analysis.score is None


def test_a_recording_that_lost_a_little_is_judged_and_says_so(
    tmp_path: Path, phrasebook: Phrasebook
) -> None:
    whole = sound(CALL)
    promised = int(whole.shape[0] * whole.shape[1] * 2 * 1.2)
    result = heard(wav(tmp_path / "cut.wav", whole, rate=16_000, promised=promised), phrasebook)
    assert result.hits
    assert ChannelProblem.CUT_OFF in {found.problem for found in result.findings}


@pytest.mark.parametrize("swapped", [False, True], ids=["as named", "roles found by the words"])
def test_what_a_recording_lacks_at_its_end_may_have_been_said_there(
    tmp_path: Path, swapped: bool
) -> None:
    opening = replace(step("opening", within_ms=15_000), say=(parse("感谢致电"),))
    closing = replace(
        step("closing", Anchor(kind=AnchorKind.CALL_END), within_ms=-30_000), say=(parse("再见"),)
    )
    lines = [replace(line, channel=1 - line.channel) for line in CALL] if swapped else CALL
    lines = [*lines, Line(lines[0].channel, 40_000, "再见")]
    path = recording(tmp_path, sound(lines))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    roles = None if swapped else (AGENT, CUSTOMER)
    result = heard(path, book(opening, closing), lines=lines, roles=roles)
    assert {s.step.id: (s.state, s.unheard) for s in result.analysis.steps} == {
        "opening": (StepState.DONE, False),
        "closing": (StepState.MISSED, True),
    }
    assert ChannelProblem.CUT_OFF in {found.problem for found in result.findings}
    assert max(s.end_ms for s in result.analysis.anatomy) <= result.duration_ms
