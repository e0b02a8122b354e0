"""Checks of lesson 07: what padding costs, a body that is really frozen, what may go unread."""

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
def filed_unread(answer) -> str:
    """``filed_unread(probabilities, truth, wanted)``: the largest share of the surest rows whose
    accuracy is at least ``wanted``."""
    import numpy as np

    # Surest first: right, right, wrong, right, right, wrong.
    top = np.array([0.6, 0.95, 0.7, 0.55, 0.9, 0.8])
    probabilities = np.column_stack([1 - top, top])
    truth = np.array([1, 1, 1, 0, 1, 0])
    result = answer(probabilities, truth, 0.75)
    require(result is not None, "filed_unread returns None: it still needs its lines.")
    require(isinstance(result, (int, float, np.floating)),
            f"filed_unread returns a {type(result).__name__}; a share is one number.")
    require(0 <= result <= 1, f"A share lies between 0 and 1; yours is {result:g}. Divide by the "
                              "number of rows.")
    require(abs(result - 4 / 6) > 1e-9,
            "You count the rows that are right. The share is that of the rows that are filed, the "
            "wrong ones among them included.")
    require(abs(result - 2 / 6) > 1e-9,
            "You stop at the first row that is one too many. With more rows the accuracy may be "
            "enough again: which is the largest share?")
    require(abs(result - 5 / 6) < 1e-9,
            f"Five of six rows can be filed at 0.75, surest first; you return {result:.3f}. Which "
            "rows come first?")
    require(abs(answer(probabilities, 1 - truth, 0.9)) < 1e-9,
            "The surest rows are wrong there, and no share reaches 0.9: the answer is 0.")
    require(abs(answer(probabilities, truth, 0.6) - 1) < 1e-9,
            "Two thirds of all are right, so for 0.6 every row can be filed: the answer is 1.")
    return _on_reviews(answer)


def _on_reviews(answer) -> str:
    """Return what the answer says of TF-IDF on validation reviews."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from helpers import dataset

    reviews = dataset("reviews")
    train, validation = reviews["train"], reviews["validation"]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))
    model.fit(train["text"][:], train["label"][:])
    probabilities, truth = model.predict_proba(validation["text"][:]), np.array(validation["label"])
    right = np.mean(probabilities.argmax(1) == truth)
    share = answer(probabilities, truth, 0.9)
    return (
        f"TF-IDF, trained on {len(train):,} reviews, rates {right:.0%} of {len(truth)} right. At "
        f"nine right of ten, {share:.0%} could be filed unread, the others need a person."
    )
