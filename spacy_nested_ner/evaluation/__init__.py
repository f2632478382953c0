"""Evaluation of pipelines: metrics with intervals, errors, comparison."""
