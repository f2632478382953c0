"""How good a pipeline is: metrics with intervals, errors, comparison, calibration."""
