# `serve` in a container; see docs/serve.md.
#
#   docker build --tag nested-ner .
#   docker run --publish 127.0.0.1:8000:8000 --volume "$PWD/training/mine/model-best:/pipeline:ro" \
#       --env SPACY_NESTED_NER_TOKEN nested-ner

FROM python:3.13-slim AS wheel
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
# one thread: a small encoder on several threads is slower, and each container has its own CPU
ENV PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 OMP_NUM_THREADS=1
COPY constraints.txt /wheels/constraints.txt
# first the CPU build of PyTorch, without the CUDA libraries
RUN pip install --constraint /wheels/constraints.txt --index-url https://download.pytorch.org/whl/cpu torch
COPY --from=wheel /wheels /wheels
# extras of your pipeline, such as serve,hf
ARG EXTRAS=serve
RUN pip install --constraint /wheels/constraints.txt "$(echo /wheels/*.whl)[$EXTRAS]" \
    && useradd --uid 10001 --create-home ner
USER 10001
WORKDIR /home/ner
EXPOSE 8000
# loading a large pipeline takes time, and a server that loads is not ill
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
# the form that gets SIGTERM from `docker stop`: the server answers open requests, then ends
ENTRYPOINT ["python", "-m", "spacy_nested_ner", "serve", "--host", "0.0.0.0", "--port", "8000"]
CMD ["/pipeline"]
