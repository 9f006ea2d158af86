"""What a playground's knobs do: a rate follows its slider, a size stays until reset."""

import copy
import itertools
import math
import pickle
import time
from numbers import Real

import ipywidgets as w
import pytest
import torch
from stage import buttons, counting, endless, show_playground, until, words
from torch import nn

from lecture_utils import train
from lecture_utils.live.playground import Rate
from lecture_utils.models.vae import VAE


def slider(value, low=0.0, high=1.0):
    return w.FloatSlider(value=value, min=low, max=high)


class Falling(nn.Module):
    """One number whose gradient is 1: Adam moves it by the learning rate in every step."""

    def __init__(self):
        super().__init__()
        self.height = nn.Parameter(torch.randn(()))

    def loss(self, rows):
        return self.height


def fall(log, model=None, **options):
    """Return a training of such a model, given `p.lr`, that writes its heights down."""

    def start(p):
        for step in train(model or Falling(), torch.ones(9, 1), 10**6, 3, p.lr, **options):
            log.append(step.model.height.item())
            time.sleep(0.0005)
            yield step

    return start


# ---- rates -----------------------------------------------------------------------------------


def test_a_learning_rate_follows_its_slider_between_two_steps(shown):
    heights = []
    panel = show_playground(shown, fall(heights), lr=slider(0.25))
    for rate in (0.25, 0.5, 0.0, 0.125, 1.0):
        panel.controls["lr"].value = rate
        buttons(panel)[1].click()
        # Adam's ε and single precision cost a millionth
        assert heights[-2] - heights[-1] == pytest.approx(rate, abs=1e-5)


def test_a_learning_rate_follows_its_slider_while_it_plays(shown):
    heights = []
    panel = show_playground(shown, fall(heights), lr=slider(0.25))
    buttons(panel)[0].click()
    until(lambda: len(heights) > 5)
    panel.controls["lr"].value = 0.5
    moved = len(heights) + 2  # the step that was on its way may have read the old one
    until(lambda: len(heights) > moved + 5)
    buttons(panel)[0].click()
    falls = [high - low for high, low in itertools.pairwise(heights)]
    assert falls[:4] == pytest.approx([0.25] * 4, abs=1e-4)
    assert falls[moved : moved + 5] == pytest.approx([0.5] * 5, abs=1e-4)


def test_a_rate_of_one_player_follows_its_own_slider(shown):
    class Game(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Parameter(torch.zeros(())), nn.Parameter(torch.zeros(()))

        def players(self):
            return {
                "A": ([self.a], lambda rows: self.a),
                "B": ([self.b], lambda rows: self.b),
            }

    def start(p):
        return train(Game(), torch.ones(9, 1), 10**6, 3, {"A": p.lr_a, "B": p.lr_b})

    panel = show_playground(shown, start, lr_a=slider(0.25), lr_b=slider(0.25))
    panel.controls["lr_b"].value = 0.75
    game = panel.player.last.model
    before = game.a.item(), game.b.item()
    buttons(panel)[1].click()
    assert before[0] - game.a.item() == pytest.approx(0.25, abs=1e-5)
    assert before[1] - game.b.item() == pytest.approx(0.75, abs=1e-5)


def test_a_learning_rate_of_zero_freezes_a_model_that_plays(shown):
    model, x = nn.Linear(3, 1), torch.randn(20, 3)

    def loss(rows):
        return (model(rows) - 1).square().mean()

    panel = show_playground(
        shown, lambda p: train(model, x, 10**6, 10, p.lr, loss), lr=slider(0.01)
    )
    step = buttons(panel)[1]
    panel.controls["lr"].value = 0
    frozen = model.weight.clone()
    step.click()
    assert torch.equal(model.weight, frozen)
    panel.controls["lr"].value = 0.01
    step.click()
    assert not torch.equal(model.weight, frozen)


def test_a_number_that_a_generator_took_once_follows_its_slider_when_it_is_called(shown):
    read = []

    def start(p):
        rate = p.k  # taken once, as `train` takes its learning rate
        return counting(10**6, lambda i: read.append((float(rate), rate())))

    panel = show_playground(shown, start, k=slider(0.5))
    panel.controls["k"].value = 0.75
    assert read == [(0.5, 0.5)]
    buttons(panel)[1].click()
    assert read[-1] == (0.5, 0.75)
    buttons(panel)[2].click()
    assert read[-1] == (0.75, 0.75)


@pytest.fixture
def rate():
    return Rate(0.3, lambda: 0.7)


def test_a_rate_is_the_number_that_it_was_and_called_the_number_that_it_is(rate):
    assert rate == 0.3 and rate() == 0.7 and rate(0.5) == 0.7
    assert type(rate()) is float and type(float(rate)) is float


def test_a_rate_counts_as_any_number_does(rate):
    assert isinstance(rate, float) and isinstance(rate, Real) and hash(rate) == hash(0.3)
    for made, wanted in (
        (rate + 1, 1.3),
        (2 * rate, 0.6),
        (1 - rate, 0.7),
        (rate**2, 0.09),
        (1 / rate, 1 / 0.3),
        (-rate, -0.3),
        (math.log(rate), math.log(0.3)),
        (max(rate, 0.1), 0.3),
    ):
        assert made == pytest.approx(wanted)
    assert 0.2 < rate < 0.4 and bool(rate)


def test_a_rate_is_written_as_any_number_is(rate):
    assert f"{rate:.2f}" == "0.30" and f"{rate:g}" == str(rate) == repr(rate) == "0.3"


def test_a_rate_multiplies_and_fills_tensors(rate):
    x = torch.randn(4)
    torch.testing.assert_close(rate * x, 0.3 * x)
    torch.testing.assert_close(x.lerp(x + 1, rate), x + 0.3)
    torch.testing.assert_close(torch.full((2,), rate), torch.tensor([0.3, 0.3]))
    assert torch.tensor(rate).item() == pytest.approx(0.3)
    nn.Dropout(rate)(x)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda rate: pickle.loads(pickle.dumps(rate))]
)
def test_a_copy_of_a_rate_is_a_plain_number(rate, copied):
    assert copied(rate) == 0.3 and type(copied(rate)) is float


# ---- sizes, and what is built with a knob ----------------------------------------------------


def sized(models, batches):
    """Return a training of a VAE that is built with knobs of all kinds, with a running mean: a
    deep copy."""
    x = torch.randint(0, 17, (40, 1, 8, 8)).float()

    def start(p):
        vae = VAE(latent=p.latent, hidden=8, dropout=p.dropout)
        models.append(vae)

        def loss(rows):
            batches.append(len(rows))
            return vae.loss(rows)

        return train(vae, x, 10**6, p.batch, p.lr, loss, average=0.9)

    return start


def test_a_size_stays_as_it_was_built_until_reset(shown):
    models, batches = [], []
    panel = show_playground(
        shown,
        sized(models, batches),
        latent=w.IntSlider(value=4, min=1, max=20),
        batch=w.IntSlider(value=6, min=1, max=30),
        dropout=slider(0.1),
        lr=slider(1e-3),
    )
    _, step, reset = buttons(panel)
    for name, value in {"latent": 7, "batch": 11, "dropout": 0.5}.items():
        panel.controls[name].value = value
    step.click()
    assert "alert" not in panel.message.value and batches == [6, 6]
    (vae,) = models
    for model in (vae, copy.deepcopy(vae), panel.player.last.averaged):
        assert model.latent == 4 and model.decode(torch.randn(3, 4)).shape == (3, 1, 8, 8)
        assert model.sample(2).shape == (2, 1, 8, 8)
        assert {m.p for m in model.modules() if isinstance(m, nn.Dropout)} >= {0.1}
    reset.click()
    assert batches[2:] == [11] and models[1].latent == 7
    assert models[1].decode(torch.randn(3, 7)).shape == (3, 1, 8, 8)
    assert panel.player.last.averaged.latent == 7


def test_a_size_stays_while_it_plays_and_its_slider_moves(shown):
    models, batches = [], []
    panel = show_playground(
        shown,
        sized(models, batches),
        latent=w.IntSlider(value=4, min=1, max=20),
        batch=w.IntSlider(value=6, min=1, max=30),
        dropout=slider(0.1),
        lr=slider(1e-3),
    )
    buttons(panel)[0].click()
    for value in range(5, 15):
        panel.controls["latent"].value = panel.controls["batch"].value = value
        time.sleep(0.01)
    made = len(batches)
    until(lambda: len(batches) > made + 2)
    buttons(panel)[0].click()
    assert set(batches) == {6} and len(models) == 1 and "alert" not in panel.message.value


# ---- what a loss reads -----------------------------------------------------------------------


def test_a_knob_that_a_loss_reads_is_read_anew_between_steps_and_not_within_one(shown):
    read, model = [], Falling()
    moves = iter([0.5, 0.75, 1.0])

    def start(p):
        def loss(rows):
            first = float(p.beta), p.beta()
            if shown and (move := next(moves, None)) is not None:
                shown[0].controls["beta"].value = move  # by another hand, within the step
            read.append((*first, float(p.beta), p.beta()))
            return model.height

        return train(model, torch.ones(9, 1), 10**6, 3, 0.1, loss)

    panel = show_playground(shown, start, beta=slider(0.25))
    for _ in range(4):
        buttons(panel)[1].click()
    assert read == [(beta,) * 4 for beta in (0.25, 0.25, 0.5, 0.75, 1.0)]


def test_knobs_of_every_kind_are_read_anew_at_every_step(shown):
    read = []

    def start(p):
        return counting(10**6, lambda i: read.append((p.kind, p.on, p.rate, p.count)))

    panel = show_playground(
        shown, start, kind=["sgd", "adam"], on=True, rate=(0.0, 1.0, 0.25), count=(0, 9)
    )
    step = buttons(panel)[1]
    assert read[-1][:2] == ("sgd", True)
    for name, value in {"kind": "adam", "on": False, "rate": 0.25, "count": 7}.items():
        panel.controls[name].value = value
        step.click()
    assert read[-1] == ("adam", False, 0.25, 7)
    panel.controls["on"].value = True
    step.click()
    assert read[-1][1] is True
    assert [type(value) for value in read[-1]] == [str, bool, Rate, int]


def test_a_choice_of_numbers_keeps_its_fractions_whatever_comes_first(shown):
    read = []
    panel = show_playground(
        shown,
        lambda p: counting(100, lambda i: read.append(p.rate)),
        rate=[1, 0.5, 0.001],
    )
    for value in (0.5, 0.001, 1):
        panel.controls["rate"].value = value
        buttons(panel)[1].click()
        assert read[-1] == value


# ---- what is said, and refused ---------------------------------------------------------------


def test_turning_a_knob_while_it_stands_says_when_it_acts(shown):
    panel = show_playground(shown, lambda p: endless(), beta=(0.0, 1.0), size=(1, 9))
    panel.controls["beta"].value = 0.875
    assert words(panel).startswith("β is now 0.875: ")
    assert "next step" in words(panel) and "reset" in words(panel)
    panel.controls["size"].value = 3
    assert words(panel).startswith("size is now 3: ")


def test_a_bad_knob_is_refused_by_name(shown):
    with pytest.raises(ValueError, match="^lr: "):
        show_playground(shown, lambda p: endless(), lr=object())
    assert shown == []
