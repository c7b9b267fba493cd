"""One small call as each recogniser would write it; the words and numbers are our own.

Agent 您好这里是客服 (200-1400 ms), then customer 我要退货 (1800-2600 ms).
"""

from __future__ import annotations

import json
from typing import Any

AGENT, CUSTOMER = "您好这里是客服", "我要退货"


def _characters(text: str, begin_ms: int, end_ms: int) -> list[list[int]]:
    step = (end_ms - begin_ms) // len(text)
    return [[begin_ms + step * n, begin_ms + step * (n + 1)] for n in range(len(text))]


A, C = _characters(AGENT, 200, 1400), _characters(CUSTOMER, 1800, 2600)

SHAPES: dict[str, Any] = {
    "ours": [
        {"role": "agent", "text": AGENT, "begin_ms": 200, "end_ms": 1400},
        {"role": "customer", "text": CUSTOMER, "begin_ms": 1800, "end_ms": 2600},
    ],
    "whisper": {
        "text": AGENT + CUSTOMER,
        "language": "zh",
        "segments": [
            {"id": 0, "start": 0.2, "end": 1.4, "text": AGENT, "speaker": "客服"},
            {"id": 1, "start": 1.8, "end": 2.6, "text": f" {CUSTOMER}", "speaker": "客户"},
        ],
    },
    "whisperx": {
        "segments": [
            {
                "start": 0.2,
                "end": 1.4,
                "text": AGENT,
                "speaker": "SPEAKER_00",
                "words": [
                    {"word": sign, "start": begin / 1000, "end": end / 1000, "score": 0.9}
                    for sign, (begin, end) in zip(AGENT, A, strict=True)
                ],
            },
            {"start": 1.8, "end": 2.6, "text": CUSTOMER, "speaker": "SPEAKER_01"},
        ],
        "word_segments": [],
    },
    "funasr": [
        {
            "key": "call",
            "text": f"{AGENT}，{CUSTOMER}。",
            "sentence_info": [
                # Older versions put the last character's begin where the sentence's should be.
                {"text": f"{AGENT}，", "start": 1228, "end": 1400, "timestamp": A, "spk": 0},
                {"text": f"{CUSTOMER}。", "start": 1800, "end": 2600, "timestamp": C, "spk": 1},
            ],
        }
    ],
    "funasr-websocket": [
        {
            "mode": "offline",
            "wav_name": "agent",
            "channel": 0,
            "text": AGENT,
            "timestamp": json.dumps(A),
            "stamp_sents": [
                {
                    "text_seg": " ".join(AGENT),
                    "punc": "。",
                    "start": 200,
                    "end": 1400,
                    "ts_list": A,
                }
            ],
        },
        {
            "mode": "offline",
            "wav_name": "customer",
            "channel": 1,
            "text": CUSTOMER,
            "timestamp": json.dumps(C),
            "stamp_sents": [
                {
                    "text_seg": " ".join(CUSTOMER),
                    "punc": "",
                    "start": 1800,
                    "end": 2600,
                    "ts_list": C,
                }
            ],
        },
    ],
    "sherpa-onnx": [
        {
            "lang": "<|zh|>",
            "emotion": "<|NEUTRAL|>",
            "text": AGENT,
            "tokens": list(AGENT),
            "timestamps": [begin / 1000 for begin, _ in A],
            "channel": 0,
        },
        {
            "text": CUSTOMER,
            "tokens": list(CUSTOMER),
            "start": 1.8,
            "timestamps": [(begin - 1800) / 1000 for begin, _ in C],
            "channel": 1,
        },
    ],
    "aliyun": {
        "StatusCode": 21050000,
        "StatusText": "SUCCESS",
        "Result": {
            "Sentences": [
                {"BeginTime": 200, "EndTime": 1400, "Text": AGENT, "ChannelId": 0},
                {"BeginTime": 1800, "EndTime": 2600, "Text": CUSTOMER, "ChannelId": 1},
            ]
        },
    },
    "dashscope": {
        "file_url": "…",
        "transcripts": [
            {
                "channel_id": channel,
                "text": text,
                "sentences": [
                    {
                        "begin_time": spans[0][0],
                        "end_time": spans[-1][1],
                        "text": text,
                        "words": [
                            {"begin_time": begin, "end_time": end, "text": sign, "punctuation": ""}
                            for sign, (begin, end) in zip(text, spans, strict=True)
                        ],
                    }
                ],
            }
            for channel, text, spans in ((1, CUSTOMER, C), (0, AGENT, A))
        ],
    },
    "tencent": {
        "Response": {
            "RequestId": "…",
            "Data": {
                "StatusStr": "success",
                "ResultDetail": [
                    {
                        "FinalSentence": f"{AGENT}。",
                        "StartMs": 200,
                        "EndMs": 1400,
                        "SpeakerId": 0,
                        "Words": [
                            {"Word": sign, "OffsetStartMs": b - 200, "OffsetEndMs": e - 200}
                            for sign, (b, e) in zip(AGENT, A, strict=True)
                        ],
                    },
                    {"FinalSentence": CUSTOMER, "StartMs": 1800, "EndMs": 2600, "SpeakerId": 1},
                ],
            },
        }
    },
    "tencent-lines": {
        "Response": {
            "Data": {"Result": f"[0:0.200,0:1.400,0]  {AGENT}\n[0:1.800,0:2.600,1]  {CUSTOMER}\n"}
        }
    },
    "iflytek-1": {
        "ok": 0,
        "data": json.dumps(
            [
                {"bg": "200", "ed": "1400", "onebest": AGENT, "speaker": "1"},
                {"bg": "1800", "ed": "2600", "onebest": CUSTOMER, "speaker": "2"},
            ]
        ),
    },
    "iflytek-2": {
        "code": "000000",
        "content": {
            "orderResult": json.dumps(
                {
                    "lattice": [
                        {
                            "json_1best": json.dumps(
                                {
                                    "st": {
                                        "bg": str(begin),
                                        "ed": str(end),
                                        "rl": speaker,
                                        "rt": [
                                            {
                                                "ws": [
                                                    {
                                                        "wb": n * 10,
                                                        "we": n * 10 + 9,
                                                        "cw": [{"w": sign, "wp": "n", "wc": "0.9"}],
                                                    }
                                                    for n, sign in enumerate(text)
                                                ]
                                            }
                                        ],
                                    }
                                }
                            )
                        }
                        for text, begin, end, speaker in (
                            (AGENT, 200, 1400, "1"),
                            (CUSTOMER, 1800, 2600, "2"),
                        )
                    ]
                }
            )
        },
    },
    "volcengine": {
        "result": [
            {
                "text": AGENT + CUSTOMER,
                "utterances": [
                    {
                        "text": AGENT,
                        "start_time": 200,
                        "end_time": 1400,
                        "additions": {"speaker": "1"},
                    },
                    {
                        "text": CUSTOMER,
                        "start_time": 1800,
                        "end_time": 2600,
                        "additions": {"speaker": "2"},
                    },
                ],
            }
        ]
    },
}
