"""A starting point for a small Llama in which copying is already wired, roughly.

A transformer learns to continue "... Babin ... Ba" with "bin" by an induction
circuit: one head looks at the previous token, a later head finds where the
current token stood before and copies what followed (Olsson et al. 2022,
"In-context Learning and Induction Heads"). From random weights the circuit
appears late and suddenly. Here five heads start near it, and everything stays
trainable. A word may stand in the prompt behind a space and in the answer behind
a quotation mark; its tokens are then others, so tokens of equal spelling start
alike. The model card says so.
"""

import math
import re

SCALE = 0.04  # twice the usual 0.02 for all matrices that read the residual stream
WRITE_SCALE = 0.005  # those that write to it start small, so that they do not drown what is wired below
EMBEDDING_SCALE = 0.05
ALIKE = 0.5  # cosine of the embeddings of tokens that differ only in the space before them, or in capitals
CHANNEL, CHANNEL_VALUE = 0, 0.8  # one embedding dimension is the same for every token
PREVIOUS_TOKEN_LOGIT = 8.0  # by how much position t-1 starts ahead of t and t-2, in nats
WRITE, MATCH, COPY = 0.3, 4.0, 1.0
SLOWEST = 0.01  # radians a position: dimensions that turn slower than this ignore distance
NOISE = 0.002  # so that no row is exactly zero, which a quantiser could not scale


def spellings(tokens) -> list[int]:
    """Return a number for each token of a tokenizer; tokens that differ only in the space before them, or in capitals, share one."""
    numbers: dict[str, int] = {}
    names = tokens.convert_ids_to_tokens(range(len(tokens)))
    plain = (name.removeprefix("Ġ").lower() if re.fullmatch("Ġ?[A-Za-z0-9]+", name) else name for name in names)
    return [numbers.setdefault(name, len(numbers)) for name in plain]


def initialise(model, seed: int, spelling: list[int]) -> None:
    """Fill ``model`` (``LlamaForCausalLM``, tied embeddings, no grouped heads) in place from ``seed``.

    ``spelling``: a number for each token, the same for tokens that shall start alike (see ``spellings``).
    """
    import torch

    config = model.config
    hidden, width = config.hidden_size, config.hidden_size // config.num_attention_heads
    random = torch.Generator().manual_seed(seed)

    def normal(*shape: int, scale: float) -> "torch.Tensor":
        return torch.randn(*shape, generator=random) * scale

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 2:
                writes = name.endswith(("o_proj.weight", "down_proj.weight"))
                parameter.copy_(normal(*parameter.shape, scale=WRITE_SCALE if writes else SCALE))
        embedding = model.get_input_embeddings().weight
        shared = normal(max(spelling) + 1, hidden, scale=EMBEDDING_SCALE)[spelling]
        embedding.copy_(math.sqrt(ALIKE) * shared + math.sqrt(1 - ALIKE) * normal(*embedding.shape, scale=EMBEDDING_SCALE))
        embedding[:, CHANNEL] = CHANNEL_VALUE

        # An orthonormal basis of the token dimensions, without the constant channel.
        basis = torch.zeros(hidden, hidden)
        rotation = torch.linalg.qr(torch.randn(hidden - 1, hidden - 1, generator=random)).Q
        basis[:-1, 1:] = rotation
        token, previous, third, rest = basis.split(width)[:4]

        # After RMSNorm the constant channel has this value in layer 0.
        norm = math.sqrt((CHANNEL_VALUE**2 + (hidden - 1) * EMBEDDING_SCALE**2) / hidden)
        constant = CHANNEL_VALUE / norm
        turns = config.rope_parameters["rope_theta"] ** (-torch.arange(0, width, 2) / width)

        def weights(layer: int, head: int):
            attention = model.model.layers[layer].self_attn
            rows = slice(head * width, (head + 1) * width)
            query, key, value = (p.weight[rows] for p in (attention.q_proj, attention.k_proj, attention.v_proj))
            output = attention.o_proj.weight[:, rows]
            for weight in (query, key):
                weight.copy_(normal(*weight.shape, scale=NOISE))
            return query, key, value, output

        # Layer 0, head 0: query and key read only the constant, turned against each other
        # so that RoPE brings them into line exactly one position apart.
        ahead = (1 - turns.cos()).sum()
        strength = math.sqrt(PREVIOUS_TOKEN_LOGIT * math.sqrt(width) / ahead) / constant
        query, key, value, output = weights(0, 0)
        query[: width // 2, CHANNEL] = strength
        key[: width // 2, CHANNEL] = strength * turns.cos()
        key[width // 2 :, CHANNEL] = strength * turns.sin()
        value.copy_(token)
        output.copy_(WRITE * previous.T)

        # Later heads: this token (query) against the token before each position (key),
        # in slow dimensions only; the token found is copied to the output.
        slow = (turns < SLOWEST).repeat(2)[:, None]
        for layer, head, read in ((1, 0, token), (1, 1, third), (2, 0, rest)):
            query, key, value, output = weights(layer, head)
            query.add_(MATCH * slow * token)
            key.add_(MATCH * slow * previous)
            value.copy_(read + normal(*read.shape, scale=NOISE))
            output.copy_(COPY * read.T)
