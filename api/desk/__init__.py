"""The inspectors' pages: queue, desk, appeals, calibration, boards, people."""
