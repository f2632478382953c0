"""Serve pipelines over HTTP: an interface for programs, and a page to try texts on.

    request ─► guard ─► routes ─► batcher ─► pipeline ─► choose ─► answer
               guard.py  app.py    batcher.py  pipelines.py  choose.py

1. The guard refuses requests to another host, from another site, without the token, or with a
   body that is too large or too slow. It counts the bytes as they arrive.
2. A route reads the body and hands its texts to the batcher of a pipeline. If the queue is
   full, the answer is 503 at once.
3. Each pipeline has a batcher, which has a thread. The thread takes the texts that wait, of any
   request, up to a budget of tokens, and annotates them together. The event loop never waits
   for it.
4. A pipeline returns its spans, and on request also the less probable spans, the candidates.
5. `choose` applies the thresholds and labels of a request to the candidates, then the overlap
   policy of the pipeline.

The page (drawing.py, templates/) gets a drawing of all candidates with their probabilities. Its
script applies thresholds, labels and policy by itself.
"""
