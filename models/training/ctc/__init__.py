"""The recipe of nano_ctc_zh: a small CTC network that sherpa-onnx runs whole or as a stream."""
