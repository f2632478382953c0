"""One page about a pipeline: scores, plots, errors, and the documents themselves."""
