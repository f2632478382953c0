"""From published files to DocBin."""
