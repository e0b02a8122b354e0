"""The process in which llama.cpp's server runs; ``llm_server`` starts it."""

import json
import os
import secrets
import sys

SLOT_TOKENS = 4096  # the window of a slot: prompt and answer


def serve(key: str, name: str, model: str, adapter: str | None, slots: int):
    """Return a running server of the GGUF ``model``, loaded, on a free port of this machine."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {name}
    params.api_keys = [key]
    params.hostnames = ["127.0.0.1"]  # and no port: a free one
    params.n_parallel = slots
    params.n_ctx = slots * SLOT_TOKENS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = cores()
    params.cache_ram_mib = 0  # else it may keep 8 GB of prompts beside the slots
    params.fit_params = False  # refuse what does not fit, rather than serve something smaller
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    params.default_template_kwargs = {"enable_thinking": "false"}  # a request may ask for it
    params.endpoint_metrics = True
    params.ui = False
    params.verbosity = 1  # errors
    if adapter:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(adapter, 1.0)]
    return xllamacpp.Server(params)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main() -> None:
    """Serve what the JSON on the command line describes until the pipe on standard input breaks."""
    settings = json.loads(sys.argv[1])
    # Threads that wait for each other spin a hundredth as long as is OpenMP's way, then sleep.
    # Alone they are as fast; where other processes use the cores too, up to three times faster.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # it is read when the library is loaded
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nobody reads that pipe later: what llama.cpp writes must not fill it
    key = f"mk-{secrets.token_urlsafe(24)}"
    try:
        server = serve(key, **settings)
    except RuntimeError:  # the reason is among the lines above
        raise SystemExit(
            f"llama.cpp could not load {os.path.basename(settings['model'])} with "
            f"{settings['slots']} slots; fewer need less memory."
        ) from None
    print(json.dumps({"url": f"{server.listening_address}/v1", "key": key}), file=told, flush=True)
    sys.stdin.read()
    os._exit(0)  # nobody is left to read the answers that are being written


if __name__ == "__main__":
    main()
