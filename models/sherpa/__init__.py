"""Recognisers that sherpa-onnx runs: SenseVoice, Paraformer, Zipformer, FireRed, CTC and more."""
