"""Annotate more texts than fit in memory, on one process, several processes or a cluster.

    input ─► records ─► shards ─► engine ─► results ─► ledger ─► output folder
             read.py    shards.py  engines/  annotator.py  ledger.py

1. `find_input` lists the files of the input on any file system, and `read_records` yields a
   record for each text, with its position in the input. A record that cannot be read has a
   fault.
2. `cut_shards` cuts the records into shards of a budget of characters. A shard is a range of
   positions. Ranges that the ledger has already are left out.
3. An engine moves shards to workers and results back. In a worker, an `Annotator` turns a shard
   into the bytes of an output file and a list of records that it could not process. A worker
   has no other effect.
4. `run` passes results to the ledger. If a worker dies, the shard runs again; if it dies twice,
   the two halves of the shard run by themselves, down to the record that kills its worker.
5. The ledger is the only writer. It writes the file of a shard, then its manifest. Only a shard
   with a manifest counts, so a run that was killed anywhere goes on without loss or repetition.
"""
