"""A training run: configure, callbacks, batcher, model card, package."""
