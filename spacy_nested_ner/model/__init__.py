"""From span scorer to Thinc architecture."""
