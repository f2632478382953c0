"""Records to train, dev and test parts of Docs, with a report of every annotation."""
