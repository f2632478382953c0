"""Read and write files and pipelines."""
