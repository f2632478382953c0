#!/usr/bin/env bash
# What a GPU has to show: that it agrees with the CPU, its speed, and one epoch of a pretrained
# encoder in bfloat16. Each measurement appends a line with the name of the card. Not run yet.
#
#   benchmarks/gpu.sh [CORPUS] [ENCODER]
set -euo pipefail
cd "$(dirname "$0")/.."
corpus=${1:-corpus/genia-full}
encoder=${2:-sentence-transformers/all-MiniLM-L6-v2}
out=benchmarks/results/gpu.jsonl

# the tests and the benchmarks skip what needs a GPU where there is none
python -c 'import cupy, torch; print(torch.cuda.get_device_name(0))'

python -m pytest -n 0 -m gpu
python -m benchmarks.speed --corpus "$corpus" --gpu 0 --name gpu --out "$out"
python -m benchmarks.speed --corpus "$corpus" --gpu 0 --name gpu-transformer \
    --encoder "$encoder" --out "$out"
python -m benchmarks.encoder_speed --corpus "$corpus" --gpu 0 --name gpu --words 50000 \
    --encoder "$encoder" --out "$out"
python -m benchmarks.train --config configs/transformer.cfg --corpus "$corpus" --gpu 0 \
    --name gpu-bfloat16-1-epoch --out "$out" --seed 0 \
    --override "paths.encoder=\"$encoder\"" \
    --override "components.nested_spancat.model.tok2vec.embed.embed.precision=\"bfloat16\"" \
    --override "training.max_steps=470"
