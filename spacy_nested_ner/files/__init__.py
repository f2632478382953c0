"""Files and pipelines in and out."""
