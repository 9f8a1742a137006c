"""Every detector, in one visible table. Adding one touches its own file, one line here and its test."""

from __future__ import annotations

from roadworthy.features.judge.detector import Detector

DETECTORS: tuple[Detector, ...] = ()

BY_NAME: dict[str, Detector] = {detector.name: detector for detector in DETECTORS}
