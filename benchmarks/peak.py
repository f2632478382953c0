"""`python -m benchmarks.peak COMMAND …`: run a command of the package, and print its peak
memory in MB as JSON on the last line."""

import json
import resource

from spacy_nested_ner.cli import app

if __name__ == "__main__":
    app(standalone_mode=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"peak_mb": round(peak, 1)}))
