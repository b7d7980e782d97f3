"""Sets of rows as bits: what NumPy's Booleans say of the same rows, whatever their number."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching.engine import rowsets
from matching.engine.columnar import View


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0, 1, 7, 63, 64, 65, 200, 1000]), st.sampled_from([64, 128]))
def test_a_set_holds_the_rows_of_which_the_condition_holds(seed: int, count: int, at_once: int) -> None:
    draw = np.random.default_rng(seed)
    chosen = draw.random(count) < random.Random(seed).choice([0.02, 0.5, 1])
    view = View({"chosen": chosen}, slice(0, count))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rowsets, "BATCH_SIZE", at_once)
        some, everybody, nobody = rowsets.where(
            view,
            lambda part: part.chosen,
            lambda _: np.full(1, True),
            lambda _: np.full(1, False),
        )
    assert rowsets.rows(some).tolist() == np.flatnonzero(chosen).tolist()
    assert rowsets.rows(everybody).tolist() == list(range(count))
    assert rowsets.size(some) == np.count_nonzero(chosen)
    assert (rowsets.size(everybody), rowsets.size(nobody)) == (count, 0)
    assert rowsets.rows(everybody & ~some).tolist() == np.flatnonzero(~chosen).tolist()
