#!/bin/bash
# A Ray cluster inside one SLURM job, and a run on it. A job that SLURM stops and requeues goes on
# where it was: sbatch docs/scale/slurm.sh
#SBATCH --job-name=annotate
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --mem=64G
#SBATCH --time=12:00:00
#SBATCH --requeue
set -euo pipefail

PIPELINE=${PIPELINE:-training/model-best}
INPUT=${INPUT:-abstracts/*.jsonl.gz}
OUTPUT=${OUTPUT:-annotated}
PORT=${PORT:-6379}

head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed -n 1p)
address="$head:$PORT"

# A node that is lost ends its own step only, and the run goes on with the others.
srun --nodes=1 --ntasks=1 --overlap --nodelist="$head" \
    ray start --head --port="$PORT" --num-cpus="$SLURM_CPUS_PER_TASK" --block &
sleep "${WAIT:-20}"
if [ "$SLURM_JOB_NUM_NODES" -gt 1 ]; then
    srun --nodes=$((SLURM_JOB_NUM_NODES - 1)) --ntasks=$((SLURM_JOB_NUM_NODES - 1)) --overlap \
        --exclude="$head" --kill-on-bad-exit=0 \
        ray start --address="$address" --num-cpus="$SLURM_CPUS_PER_TASK" --block &
    sleep "${WAIT:-20}"
fi

srun --nodes=1 --ntasks=1 --overlap --nodelist="$head" \
    python -m spacy_nested_ner annotate "$PIPELINE" "$INPUT" "$OUTPUT" \
    --engine ray --address "$address" --resume
