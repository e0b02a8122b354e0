"""Checks of lesson 07: what padding costs, a body that is really frozen, a comparison on the same
reviews."""

from helpers.exercises import exercise, require


@exercise("07.1")
def padding_share(answer) -> str:
    """``padding_share(lengths, batch_size)``: the share of padding when each batch is padded to its
    longest text."""
    result = answer([4, 2, 3, 3], 2)
    require(result is not None, "padding_share returns None: it still needs its lines.")
    require(isinstance(result, (int, float)) or getattr(result, "ndim", None) == 0,
            f"padding_share returns a {type(result).__name__}; a share is one number.")
    require(0 <= result <= 1, f"A share lies between 0 and 1; yours is {result:g}. Divide by all "
                              "positions, real and padded.")
    require(abs(result - 4 / 16) > 1e-9, "You pad every batch to the longest text of all; dynamic "
                                         "padding looks at each batch alone.")
    require(abs(result - 2 / 12) > 1e-9, "You divide padding by real tokens; divide it by all "
                                         "positions of the batches.")
    require(abs(result - 2 / 14) < 1e-9, f"For lengths 4 2 | 3 3 two of the batches' positions are "
                                         f"padding; you return {result:.3f}.")
    uneven = answer([5, 1, 2], 2)
    require(abs(uneven - 4 / 12) < 1e-9, f"The last batch may be smaller: lengths 5 1 | 2 in "
                                         f"batches of 2 give {uneven:.3f}. Count its real rows "
                                         "only.")
    require(abs(answer([7, 7, 7], 8)) < 1e-9,
            "Texts of one length need no padding, and a batch may be larger than the data.")
    return (
        "Two of fourteen positions: padding depends on who shares a batch, so grouping by length "
        "saves time."
    )


@exercise("07.2")
def freeze_body(answer) -> str:
    """``freeze_body(model)``: freeze the body, leave the head; return the number of trainable
    parameters."""
    from transformers import AutoModelForSequenceClassification, BertConfig, DistilBertConfig

    bert = BertConfig(vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                      intermediate_size=32, num_labels=5)
    distilbert = DistilBertConfig(vocab_size=50, dim=16, n_layers=1, n_heads=2, hidden_dim=32,
                                  num_labels=5)
    for config in (bert, distilbert):
        model = AutoModelForSequenceClassification.from_config(config)
        everything = sum(parameter.numel() for parameter in model.parameters())
        result = answer(model)
        require(result is not None,
                "freeze_body returns None: freeze first, then return the count.")
        names = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
        body = {f"{model.base_model_prefix}.{name}"
                for name, _ in model.base_model.named_parameters()}
        left = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
        require(left < everything, "All parameters still ask for a gradient. Is the attribute "
                                   "spelled as PyTorch spells it, and set on each parameter?")
        require(left > 0, "Nothing is left to train: the new head must stay trainable.")
        require(not names & body, f"Part of the body still trains, "
                                  f"{sorted(names & body)[0] if names & body else ''} for one.")
        require(len(names) == len(set(dict(model.named_parameters())) - body),
                "Part of the head is frozen as well; only the body should be.")
        require(int(result) == left, f"The model is frozen as it should be, but you return "
                                     f"{result}; count the parameters that still ask for a "
                                     "gradient.")
    return (
        "Only the head still trains, in a BERT and in a DistilBERT: base_model is the body of any "
        "architecture."
    )


@exercise("07.3")
def clearly_better(answer) -> str:
    """``clearly_better(first, second)``: is the 95 % paired interval of the difference above zero?
    """
    import numpy as np

    draw = np.random.default_rng(0)
    second = draw.random(600) < 0.70
    better = second | (draw.random(600) < 0.12)  # right wherever the second is, and a little more
    even = draw.random(600) < 0.70
    ten = (np.array([1] * 8 + [0] * 2), np.array([1] * 7 + [0] * 3))
    result = answer(better, second)
    require(result is not None, "clearly_better returns None: it still needs its line.")
    require(isinstance(result, (bool, np.bool_)),
            f"clearly_better returns a {type(result).__name__}; answer True or False.")
    require(not answer(*ten), "Eight of ten against seven of ten: your answer is True. What does "
                              "the interval say?")
    require(result, "One model is right wherever the other is, and on more: the paired interval is "
                    "above zero, you say False. Do you compare item by item?")
    require(not answer(second, better), "With the two swapped the first is the worse one; you "
                                        "still say True. Which bound must be above zero?")
    require(not answer(even, second), "Two models of equal skill, and you call one clearly better.")
    return (
        "Item by item a small, steady lead shows on 600 reviews; eight against seven of ten shows "
        "nothing."
    )
