"""A start for small BERT models: some attention heads look at the tokens beside a token from the first step.

Random heads look everywhere alike, and it takes a small encoder thousands of steps to find
out that neighbours matter most. Here the position embeddings begin as sine and cosine waves in
dimensions of their own, and a head's query begins as the wave of the position that it is to look at.
Everything stays trainable.
"""

import math

OFFSETS = (-1, 1, -2, 2)  # of the first layer's heads


def look_at_neighbours(model, offsets=OFFSETS) -> None:
    """Set the position embeddings and the heads of the first layer of a BERT ``model``, in place: one of ``offsets`` each.

    Half of a head's dimensions are frequencies: the waves of two positions closer than twice the head's
    dimensions are orthogonal. A head then gives over nine tenths of its attention to one token.
    """
    import torch

    config = model.config
    size = config.hidden_size // config.num_attention_heads
    frequencies = math.pi * (torch.arange(size // 2) + 0.5) / (size // 2)

    def wave(positions):
        angles = positions[:, None] * frequencies
        return math.sqrt(2) * config.initializer_range * torch.cat([angles.cos(), angles.sin()], dim=1)

    with torch.no_grad():
        embeddings = model.base_model.embeddings
        embeddings.word_embeddings.weight[:, -size:] = 0
        embeddings.token_type_embeddings.weight.zero_()
        embeddings.position_embeddings.weight.zero_()
        embeddings.position_embeddings.weight[:, -size:] = wave(torch.arange(config.max_position_embeddings))
        attention = model.base_model.encoder.layer[0].attention.self
        query, key = attention.query.weight, attention.key.weight
        query.zero_()
        key.zero_()
        for head, offset in enumerate(offsets):
            rows = slice(head * size, (head + 1) * size)
            cos, sin = torch.diag((offset * frequencies).cos()), torch.diag((offset * frequencies).sin())
            query[rows, -size:] = torch.cat([torch.cat([cos, -sin], dim=1), torch.cat([sin, cos], dim=1)])
            key[rows, -size:] = torch.eye(size)
