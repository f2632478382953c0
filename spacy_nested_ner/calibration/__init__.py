"""Temperatures and thresholds fitted to held-out documents."""
