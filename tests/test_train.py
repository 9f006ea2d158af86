"""Training is a generator, and ends well however it ends."""

import copy
import math
import time

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from lecture_utils import fit, one_cycle, train
from lecture_utils.models.vae import VAE
from lecture_utils.train import Step, Together, together, update


@pytest.fixture
def model():
    return nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 1))


@pytest.fixture
def x():
    return torch.randn(40, 3)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def start(model, x, loss=None, **options):
    return train(
        model,
        x,
        **{"steps": 5, "batch": 10, **options},
        loss=loss or (lambda rows: (model(rows) - 1).square().mean()),
    )


def test_every_next_makes_one_update_and_then_yields_its_record(model, x):
    steps, before, seen = start(model, x), weights(model), []
    for step in steps:
        now = weights(model)
        assert not torch.equal(now, before)
        before = now
        seen.append(step)
    assert [s.step for s in seen] == [1, 2, 3, 4, 5] and {s.steps for s in seen} == {5}
    assert all(
        isinstance(s, Step) and s.model is model and math.isfinite(s.losses["loss"])
        for s in seen
    )
    assert torch.equal(weights(model), before)


def test_the_recorded_loss_is_the_one_before_the_update(x):
    model = nn.Linear(3, 1)
    before = (model(x) - 1).square().mean().item()
    step = next(start(model, x, batch=len(x)))
    assert_close(step.losses["loss"], before)


def test_the_models_own_loss_is_the_default(images):
    model, rows = VAE(latent=2, side=2, hidden=8, dropout=0), images(10, 2)
    torch.manual_seed(1)
    step = next(train(model, rows, steps=1, batch=10))
    assert step.losses["loss"] > 0 and step.model is model


def test_nothing_happens_before_the_first_next(model, x):
    before = weights(model)
    start(model, x)
    assert torch.equal(weights(model), before)


def test_a_record_reads_as_one_line(model):
    assert (
        str(Step(3, 20, {"loss": 1.23456, "other": 2.0}, 4.56, model, model))
        == "step 3 of 20: loss 1.235, other 2; 4.6 s"
    )


def test_the_seconds_are_those_of_training_and_not_of_what_happens_between(model, x):
    def slow(rows):
        time.sleep(0.02)
        return model(rows).square().mean()

    steps, seconds = start(model, x, slow, steps=4), [0.0]
    began = time.perf_counter()
    for step in steps:
        seconds.append(step.seconds)
        time.sleep(0.25)
    assert all(b - a >= 0.02 for a, b in zip(seconds, seconds[1:]))
    assert time.perf_counter() - began - seconds[-1] >= 4 * 0.25


@pytest.mark.parametrize(
    "name, change",
    [
        ("steps", {"steps": 0}),
        ("steps", {"steps": -5}),
        ("steps", {"steps": math.nan}),
        ("steps", {"steps": "many"}),
        ("batch", {"batch": 0}),
        ("batch", {"batch": -1}),
        ("lr", {"lr": -0.1}),
        ("lr", {"lr": math.nan}),
        ("lr", {"lr": math.inf}),
        ("lr", {"lr": torch.tensor(math.nan)}),
        ("lr", {"lr": "fast"}),
        ("clip", {"clip": 0}),
        ("clip", {"clip": -1.0}),
        ("clip", {"clip": math.nan}),
        ("clip", {"clip": math.inf}),
        ("average", {"average": 1.0}),
        ("average", {"average": -0.1}),
        ("average", {"average": math.nan}),
        ("x", {"x": torch.zeros(0, 3)}),
        ("x", {"x": torch.full((4, 3), math.nan)}),
        ("x", {"x": [[1.0, 2.0, 3.0]]}),
        ("x", {"x": None}),
        ("x", {"x": ()}),
        (r"x\[1\]", {"x": (torch.zeros(4, 3), torch.full((4,), math.nan))}),
        (r"x\[1\]", {"x": (torch.zeros(4, 3), torch.zeros(5))}),
        (r"x\[0\]", {"x": (torch.zeros(0, 3), torch.zeros(0))}),
        (r"x\[1\]", {"x": (torch.zeros(4, 3), [1, 2, 3, 4])}),
    ],
)
def test_bad_arguments_are_refused_by_name_at_the_call(model, x, name, change):
    before = weights(model)
    with pytest.raises(ValueError, match=f"^{name}: "):
        start(model, change.pop("x", x), **change)
    assert torch.equal(weights(model), before)


def test_zero_learning_rate_freezes_the_weights_and_a_knob_acts_while_training_runs(model, x):
    lr = torch.tensor(0.1, dtype=torch.float64)
    steps = start(model, x, lr=lr, steps=100)
    next(steps)
    for rate in (0.0, 0.1, 0.0):
        lr.fill_(rate)
        before = weights(model)
        next(steps)
        assert torch.equal(weights(model), before) == (rate == 0)


def test_the_first_update_of_adam_moves_a_weight_by_the_learning_rate(x):
    for lr in (0.01, torch.tensor(0.01), lambda t: 0.01):
        model = nn.Linear(3, 1)
        before = weights(model)
        next(start(model, x, lr=lr))
        assert_close(
            (weights(model) - before).abs(), torch.full_like(before, 0.01), rtol=1e-3, atol=0
        )  # Adam's ε


def test_a_rate_and_a_loss_that_are_functions_get_the_progress(model, x):
    rates, losses = [], []
    fit(
        start(
            model,
            x,
            lambda rows, progress: losses.append(progress) or model(rows).mean(),
            lr=lambda t: rates.append(t) or 0.1,
        )
    )
    assert rates == losses == [0.0, 0.2, 0.4, 0.6, 0.8]


def test_one_cycle_rises_in_the_first_fifth_and_falls_to_zero():
    lr = one_cycle(0.5)
    t = torch.linspace(0, 1, 501).tolist()
    rates = torch.tensor([lr(a) for a in t])
    assert_close(lr(0.0), 0.02)
    assert_close(lr(0.2), 0.5)
    assert_close(lr(0.6), 0.25)  # half way down
    assert_close(lr(1.0), 0.0, rtol=0, atol=1e-12)
    assert (rates.diff()[:100] > 0).all() and (rates.diff()[100:] < 0).all()
    assert rates.diff().abs().max() < 0.01  # no jump: the rise is 0.48 in 100 pieces


@pytest.mark.parametrize("peak", [0, -1, math.nan, math.inf])
def test_one_cycle_refuses_a_senseless_peak_by_name(peak):
    with pytest.raises(ValueError, match="^peak: "):
        one_cycle(peak)


@pytest.mark.parametrize(
    "poison",
    [
        lambda loss: loss * math.nan,
        lambda loss: loss + math.inf,
        lambda loss: loss + (0 * loss).sqrt(),  # a finite loss whose gradient is not
    ],
)
def test_a_loss_that_is_not_finite_stops_and_leaves_the_weights_before_that_step(
    model, x, poison
):
    calls, kept = [], None

    def loss(rows):
        calls.append(rows)
        value = model(rows).square().mean()
        return poison(value) if len(calls) == 3 else value

    steps = start(model, x, loss, lr=0.0123)
    with pytest.raises(FloatingPointError, match="step 3.*learning rate.*0.0123"):
        for _ in steps:
            kept = weights(model)
    assert torch.equal(weights(model), kept) and kept.isfinite().all()
    assert not model.training
    with pytest.raises(StopIteration):
        next(steps)


@pytest.mark.parametrize("lr", [lambda t: math.nan if t > 0.5 else 0.1, lambda t: 1e300, 1e300])
def test_the_weights_stay_finite_also_when_the_learning_rate_is_not_sensible(model, x, lr):
    with pytest.raises((FloatingPointError, ValueError)):
        for _ in start(model, x, lr=lr):
            pass
    assert weights(model).isfinite().all()


def test_a_knob_that_turns_nan_while_training_runs_leaves_finite_weights(model, x):
    lr = torch.tensor(0.1)
    steps = start(model, x, lr=lr)
    next(steps)
    lr.fill_(math.nan)
    with pytest.raises((FloatingPointError, ValueError)):
        next(steps)
        next(steps)
    assert weights(model).isfinite().all()


def test_the_model_is_in_eval_mode_between_steps_in_training_mode_inside_and_in_eval_mode_after(
    model, x
):
    inside = []
    for _ in start(model, x, lambda rows: inside.append(model.training) or model(rows).mean()):
        assert not model.training, "a view that draws between two steps would see dropout"
    assert inside == [True] * 5 and not model.training


def test_the_model_is_in_eval_mode_after_the_generator_is_closed_or_broken_off(model, x):
    steps = start(model, x)
    next(steps)
    steps.close()
    assert not model.training

    def broken(rows):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        next(start(model, x, broken))
    assert not model.training


@pytest.mark.parametrize("batch", [1, 4, 5, 12, 30])
def test_every_row_is_used_once_in_every_pass_in_an_order_that_changes(batch):
    model, rows, used = nn.Linear(1, 1), torch.arange(12.0).view(12, 1), []
    for _ in start(
        model,
        rows,
        lambda r: used.append(r.flatten()) or model(r).mean(),
        batch=batch,
        steps=60,
    ):
        pass
    assert {len(r) for r in used} == {batch}
    passes = torch.cat(used).view(-1, 12)  # 60 batches are whole passes
    assert torch.equal(passes.sort(1).values, rows.T.expand_as(passes))
    assert len({tuple(p) for p in passes.tolist()}) == len(
        passes
    )  # 12! orders: a repeat has no chance


def test_rows_come_from_the_global_seed(x):
    runs = []
    for seed in (1, 1, 2):
        torch.manual_seed(0)
        model = nn.Linear(3, 1)
        torch.manual_seed(seed)
        fit(start(model, x))
        runs.append(weights(model))
    assert torch.equal(runs[0], runs[1]) and not torch.equal(runs[0], runs[2])


def test_fit_drains_the_generator_and_returns_the_last_record(model, x):
    last = fit(start(model, x))
    assert last.step == last.steps == 5 and last.model is model
    assert fit(iter([])) is None


def interrupted_at(n, model):
    calls = []

    def loss(rows):
        calls.append(rows)
        if len(calls) == n:
            raise KeyboardInterrupt
        return model(rows).square().mean()

    return loss


def test_an_interrupt_in_fit_keeps_the_model_as_far_as_it_got(x, capsys):
    runs = []
    for n in (4, 99):
        torch.manual_seed(3)
        model = nn.Linear(3, 1)
        last = fit(start(model, x, interrupted_at(n, model), steps=3 if n == 99 else 5))
        runs.append(weights(model))
    assert last.step == 3 and torch.equal(*runs) and not model.training
    assert "Interrupted: step 3 of 5" in capsys.readouterr().out


def test_an_interrupt_before_the_first_step_is_said_so(model, x, capsys):
    assert fit(start(model, x, interrupted_at(1, model))) is None
    assert "before the first step" in capsys.readouterr().out


def test_errors_in_training_pass_through_fit(model, x):
    with pytest.raises(FloatingPointError):
        fit(start(model, x, lambda rows: model(rows).mean() * math.nan))


def test_update_is_adams_formula():
    model, rates = nn.Linear(3, 1).double(), [0.1, 0.03, 0.2]
    optimizer = torch.optim.Adam(model.parameters())
    x = torch.randn(3, 5, 3, dtype=torch.float64)
    theta = weights(model)
    m = v = torch.zeros_like(theta)
    for step, (rows, rate) in enumerate(zip(x, rates), start=1):
        loss = (model(rows) - 1).square().mean()
        error = rows @ theta[:3] + theta[3] - 1
        gradient = 2 * torch.cat([error @ rows, error.sum()[None]]) / 5
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        theta = theta - rate * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
        assert_close(update(optimizer, loss, rate, step), error.square().mean().item())
        assert_close(weights(model), theta)


def test_training_lowers_the_loss_of_a_regression_to_its_noise():
    model, x = nn.Linear(3, 1), torch.randn(200, 3)
    y = x @ torch.tensor([1.0, -2.0, 0.5]) + 3
    rows = torch.cat([x, y[:, None]], 1)
    last = fit(
        train(
            model,
            rows,
            400,
            50,
            one_cycle(0.1),
            lambda r: (model(r[:, :3])[:, 0] - r[:, 3]).square().mean(),
        )
    )
    assert last.losses["loss"] < 1e-3  # it starts near 14


def test_parameters_that_are_frozen_stay_and_the_others_learn(model, x):
    model[0].requires_grad_(False)
    before = weights(model[0]), weights(model[2])
    fit(start(model, x, lr=0.1))
    assert torch.equal(weights(model[0]), before[0]) and not torch.equal(
        weights(model[2]), before[1]
    )


# ---- what the loss is told -------------------------------------------------------------------


class Betas(VAE):
    """A VAE that writes down the β that its loss is called with."""

    def __init__(self):
        super().__init__(latent=2, side=2, hidden=8)
        self.betas = []

    def loss(self, x, beta=1.0):
        self.betas.append(beta)
        return super().loss(x, beta)


@pytest.mark.parametrize("named", [False, True])
def test_the_loss_of_a_vae_keeps_its_beta_of_1_whether_it_is_named_or_not(images, named):
    vae = Betas()
    fit(train(vae, images(20, 2), 4, 10, loss=vae.loss if named else None))
    assert vae.betas == [1.0] * 4


class Told:
    """Losses that take the progress in every way, and ones that do not, though they could."""

    def __init__(self, model):
        self.model, self.told = model, []

    def first(self, rows, progress):
        return self.noted(rows, progress)

    def with_default(self, rows, progress=7.0):
        return self.noted(rows, progress)

    def by_keyword(self, rows, *, progress):
        return self.noted(rows, progress)

    def __call__(self, rows, progress=7.0):
        return self.noted(rows, progress)

    def by_another_name(self, rows, t=7.0):
        return self.noted(rows, t)

    def any_keyword(self, rows, *more, **named):
        return self.noted(rows, 7.0 if not more and not named else math.nan)

    def noted(self, rows, progress):
        self.told.append(progress)
        return self.model(rows).mean()


@pytest.mark.parametrize("way", ["first", "with_default", "by_keyword", "__call__"])
def test_a_loss_with_a_parameter_called_progress_is_told_it(model, x, way):
    told = Told(model)
    fit(start(model, x, told if way == "__call__" else getattr(told, way)))
    assert told.told == [0.0, 0.2, 0.4, 0.6, 0.8]


@pytest.mark.parametrize("way", ["by_another_name", "any_keyword"])
def test_a_loss_without_a_parameter_called_progress_gets_its_rows_alone(model, x, way):
    told = Told(model)
    fit(start(model, x, getattr(told, way)))
    assert told.told == [7.0] * 5


def test_a_loss_whose_parameters_python_cannot_name_gets_its_rows_alone(model, x):
    with pytest.raises(ValueError, match="^loss: depends on no parameter"):
        next(start(model, x, torch.mean))  # of the data: it was called, but teaches nobody


@pytest.mark.parametrize("batch", [1, 5, 12, 30])
def test_images_and_labels_keep_their_rows_together(batch):
    model, x = nn.Linear(2, 1), torch.arange(24.0).view(12, 2)
    y, names, seen = 10 * torch.arange(12), x.flip(1), []

    def loss(rows, labels, others):
        seen.append(labels)
        assert labels.dtype == torch.long and len(rows) == len(labels) == batch
        assert torch.equal(rows[:, 0], labels / 5) and torch.equal(others, rows.flip(1))
        return model(rows).mean()

    fit(train(model, (x, y, names), steps=60, batch=batch, loss=loss))
    passes = torch.cat(seen).view(-1, 12)  # 60 batches are whole passes, batch 30 too
    assert torch.equal(passes.sort(1).values, y.expand_as(passes))


def test_a_loss_of_rows_and_labels_is_told_the_progress_too(model, x):
    told = []

    def loss(rows, labels, progress):
        told.append((len(labels), progress))
        return (model(rows)[:, 0] - labels).square().mean()

    fit(start(model, (x, torch.arange(40.0)), loss))
    assert told == [(10, 0.0), (10, 0.2), (10, 0.4), (10, 0.6), (10, 0.8)]


def test_a_tuple_of_one_tensor_is_that_tensor(x):
    runs = []
    for data in (x, (x,), [x]):
        torch.manual_seed(2)
        model = nn.Linear(3, 1)
        fit(start(model, data))
        runs.append(weights(model))
    assert torch.equal(runs[0], runs[1]) and torch.equal(runs[0], runs[2])


def test_training_on_labels_learns_what_the_labels_say():
    model, x = nn.Linear(3, 1), torch.randn(200, 3)
    y = x @ torch.tensor([1.0, -2.0, 0.5]) + 3
    last = fit(
        train(
            model,
            (x, y),
            400,
            50,
            one_cycle(0.1),
            lambda rows, labels: (model(rows)[:, 0] - labels).square().mean(),
        )
    )
    assert last.losses["loss"] < 1e-3  # it starts near 14; labels of other rows leave 5


# ---- a loss that teaches nobody --------------------------------------------------------------


@pytest.mark.parametrize(
    "words, wrong",
    [
        (r"got \(10, 1\), wanted a scalar", lambda model, rows: model(rows)),
        (r"got \(0,\), wanted a scalar", lambda model, rows: model(rows).flatten()[:0]),
        ("got float, wanted a scalar tensor", lambda model, rows: model(rows).mean().item()),
        ("got NoneType, wanted a scalar", lambda model, rows: None),
        ("got tuple, wanted a scalar", lambda model, rows: (model(rows).mean(), 0.0)),
        ("depends on no parameter", lambda model, rows: model(rows).mean().detach()),
        ("depends on no parameter", lambda model, rows: rows.mean()),
        ("depends on none of the parameters", lambda model, rows: (OTHER * rows).mean()),
    ],
)
def test_a_loss_that_teaches_nobody_is_told_so_at_its_first_step(model, x, words, wrong):
    before = weights(model)
    steps = start(model, x, lambda rows: wrong(model, rows))
    with pytest.raises(ValueError, match=f"^loss: {words}"):
        next(steps)
    assert torch.equal(weights(model), before) and not model.training


OTHER = nn.Parameter(torch.ones(3))


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_number_is_a_scalar_in_every_shape(x, shape):
    model = nn.Linear(3, 1)
    before = weights(model)
    step = next(start(model, x, lambda rows: model(rows).mean().view(shape)))
    assert isinstance(step.losses["loss"], float)
    assert (weights(model) != before).all()


def test_a_model_without_a_parameter_that_can_move_is_refused_by_name_at_the_call(model, x):
    model.requires_grad_(False)
    for still in (model, nn.Identity()):
        with pytest.raises(ValueError, match="^model: .*no parameter with a gradient"):
            start(still, x)


def test_a_player_without_a_parameter_that_can_move_is_refused_by_its_name(game, x):
    game.g.requires_grad_(False)
    with pytest.raises(ValueError, match="^model: G has no parameter with a gradient"):
        play(game, x)
    assert game.moves == []


# ---- the gradient that the optimizer sees ----------------------------------------------------


def gradient_of(model):
    return torch.cat([p.grad.flatten() for p in model.parameters()])


@pytest.mark.parametrize("part", [0.01, 0.5, 1.5, 100.0])
def test_a_gradient_longer_than_clip_is_shortened_to_it_and_keeps_its_direction(x, part):
    model = nn.Linear(3, 2)
    loss = lambda rows: (model(rows) - 1).square().mean()  # noqa: E731
    whole = torch.cat([g.flatten() for g in torch.autograd.grad(loss(x), model.parameters())])
    clip = part * whole.norm().item()
    next(start(model, x, loss, batch=len(x), clip=clip, lr=0.0))
    wanted = whole * min(1.0, part)
    assert_close(gradient_of(model), wanted, rtol=1e-5, atol=1e-6 * whole.norm().item())


def test_clipping_is_torchs_own_followed_by_adam(x):
    """Adam forgets a common factor of all gradients, so their norms have to cross the clip."""
    ours, theirs, free = (nn.Linear(3, 2).double() for _ in range(3))
    theirs.load_state_dict(ours.state_dict())
    free.load_state_dict(ours.state_dict())
    x, norms = x.double(), []

    def loss(model):
        return (model(x) - torch.tensor([3.0, -2.0])).square().mean()

    adam = torch.optim.Adam(theirs.parameters(), 0.3)
    with torch.no_grad():
        clip = 0.5 * loss(ours).sqrt().item()
    for step in start(ours, x, lambda _: loss(ours), batch=40, lr=0.3, clip=clip, steps=20):
        adam.zero_grad()
        loss(theirs).backward()
        norms.append(nn.utils.clip_grad_norm_(theirs.parameters(), clip).item())
        adam.step()
        assert_close(weights(ours), weights(theirs), rtol=1e-5, atol=1e-6)  # its 1e-6 by norm
    assert min(norms) < clip < max(norms)
    fit(start(free, x, lambda _: loss(free), batch=40, lr=0.3, steps=20))
    assert (weights(free) - weights(ours)).abs().max() > 1e-3


def test_each_players_gradient_is_clipped_by_its_own_norm(game, x):
    rows, clip = x[:, :2].double(), 0.05
    next(play(game, x, batch=len(x), clip=clip, lr={"D": 0.0, "G": 0.0}))
    twin = Duel()
    for name, own in (("D", "d"), ("G", "g")):
        (p,), loss = twin.players()[name]
        (whole,) = torch.autograd.grad(loss(rows), p)
        assert whole.norm() > clip
        assert_close(getattr(game, own).grad, whole * clip / whole.norm())


class Ways(nn.Module):
    """Weights whose gradients come in other strides than theirs: transposed, expanded, shared,
    as slices."""

    def __init__(self):
        super().__init__()
        shapes = {
            "turned": (4, 6),
            "spread": (300,),
            "one": (2, 3),
            "other": (2, 3),
            "cut": (9,),
        }
        for name, shape in shapes.items():
            setattr(self, name, nn.Parameter(torch.randn(*shape, dtype=torch.float64)))
        self.w = torch.randn(6, 4, dtype=torch.float64)

    def loss(self, rows):
        turned = (self.turned.T * self.w).sum() + (self.turned.T - 1).pow(4).sum()
        shared = ((self.one + self.other) * self.w[:2, :3]).sum()
        cut = (self.cut.view(3, 3).T * self.w[:3, :3]).square().sum()
        return turned + 3 * self.spread.sum() + shared + cut + 0 * rows.sum()


@pytest.mark.parametrize("clip", [None, 1.0])
def test_a_gradient_with_strides_of_its_own_moves_the_weights_that_it_belongs_to(clip):
    ours, x = Ways(), torch.zeros(4, 1)
    theirs = copy.deepcopy(ours)
    found = torch.autograd.grad(ours.loss(x), list(ours.parameters()))
    strides = [g.stride() == p.stride() for g, p in zip(found, ours.parameters())]
    assert not all(strides) and found[2].data_ptr() == found[3].data_ptr()  # as it says
    adam = torch.optim.Adam(theirs.parameters(), 0.05, fused=False)
    for _ in train(ours, x, steps=5, batch=4, lr=0.05, clip=clip):
        adam.zero_grad()
        theirs.loss(x).backward()
        if clip:
            nn.utils.clip_grad_norm_(theirs.parameters(), clip)
        adam.step()
        assert_close(weights(ours), weights(theirs), rtol=1e-5, atol=1e-6)


# ---- a running mean of the weights -----------------------------------------------------------


def mean_of(history, decay):
    """The exponential mean as one weighted sum: each weight is the part it has kept since."""
    keep = [0.0] + [min(decay, n / (n + 10)) for n in range(1, len(history))]
    shares = [(1 - k) * math.prod(keep[i + 1 :]) for i, k in enumerate(keep)]
    assert abs(sum(shares) - 1) < 1e-12
    return sum(share * old for share, old in zip(shares, history))


@pytest.mark.parametrize("decay", [0.3, 0.6, 0.999])
def test_the_mean_is_the_weighted_sum_of_the_weights_after_each_step(x, decay):
    model, history = nn.Linear(3, 2).double(), []
    for step in start(model, x.double(), average=decay, lr=0.1, steps=30):
        history.append(weights(model))
        assert_close(weights(step.averaged), mean_of(history, decay))
    if decay < 0.9:  # by then the youth is over: the common recursion
        old = mean_of(history[:-1], decay)
        assert_close(mean_of(history, decay), decay * old + (1 - decay) * history[-1])


def test_a_young_mean_starts_with_the_first_step_and_forgets_it_quickly(x):
    model = nn.Linear(3, 1)
    steps = start(model, x, average=0.999, lr=0.1)
    step = next(steps)
    first = weights(model)
    assert torch.equal(weights(step.averaged), first)
    step = next(steps)
    assert_close(weights(step.averaged), first / 11 + weights(model) * 10 / 11)


def test_the_mean_of_a_batch_norm_has_the_means_of_its_statistics_and_a_copy_of_its_count(x):
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)).double()
    history = {"running_mean": [], "running_var": []}
    for n, step in enumerate(start(model, x.double(), average=0.5, steps=14), start=1):
        for name, seen in history.items():
            seen.append(getattr(model[1], name).clone())
            assert_close(getattr(step.averaged[1], name), mean_of(seen, 0.5))
        count = step.averaged[1].num_batches_tracked
        assert count == model[1].num_batches_tracked == n and count.dtype == torch.long
    apart = step.averaged[1].running_mean - model[1].running_mean
    assert apart.abs().max() > 1e-4  # not a copy


def test_without_a_mean_the_averaged_model_is_the_model(model, x):
    assert all(step.averaged is step.model is model for step in start(model, x))


def test_the_averaged_model_takes_no_gradient_and_is_always_in_eval_mode(model, x):
    kept, inside = [], []

    def loss(rows):
        inside.extend(m.training for mean in kept for m in mean.modules())
        return model(rows).square().mean()

    for step in start(model, x, loss, average=0.9):
        kept.append(step.averaged)
        assert not any(p.requires_grad or p.grad is not None for p in kept[-1].parameters())
        assert not any(m.training for m in kept[-1].modules())
        assert torch.equal(step.averaged(x), step.averaged(x))  # no dropout
    assert all(mean is kept[0] and mean is not model for mean in kept)
    assert len(inside) == (1 + 2 + 3 + 4) * len(list(model.modules())) and not any(inside)
    assert all(p.requires_grad for p in model.parameters())


def test_keeping_a_mean_changes_nothing_of_the_training(x):
    runs = []
    for average in (0.0, 0.9):
        torch.manual_seed(4)
        model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 1))
        last = fit(start(model, x, average=average, lr=0.1))
        runs.append(weights(model))
    assert torch.equal(*runs) and not torch.equal(weights(last.averaged), runs[1])


def test_the_mean_of_a_game_moves_once_a_step_whoever_moves(game, x):
    history = []
    for step in play(game, x, turns=("D", "G", "G"), average=0.3, steps=6):
        history.append(weights(game))
        assert_close(weights(step.averaged), mean_of(history, 0.3))
    assert step.model is game and isinstance(step.averaged, Duel)


def test_a_step_that_fails_leaves_the_mean_as_it_was(model, x):
    broken = [False]

    def loss(rows):
        return model(rows).square().mean() * (math.nan if broken[0] else 1.0)

    steps = start(model, x, loss, average=0.5)
    next(steps)
    mean = next(steps).averaged
    before = weights(mean)
    broken[0] = True
    with pytest.raises(FloatingPointError):
        next(steps)
    assert torch.equal(weights(mean), before)


# ---- several trainings side by side ----------------------------------------------------------


class Marked:
    """Trainings of small models that write down whose turn it was; the loss of the n-th update
    of model k is 10 k + n."""

    def __init__(self, x):
        self.x, self.turns, self.models = x, [], []

    def run(self, name, steps=3, fail_at=None):
        model, scale = (
            nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 1)),
            10 * len(self.models),
        )
        self.models.append(model)

        def loss(rows):
            self.turns.append(name)
            n = self.turns.count(name)
            if n == fail_at:
                raise KeyError(f"{name} broke")
            return 0 * model(rows).mean() + scale + n

        return start(model, self.x, loss, steps=steps)


@pytest.fixture
def marked(x):
    return Marked(x)


def test_trainings_take_turns_one_update_each(marked):
    steps = together({"a": [marked.run("a1"), marked.run("a2")], "b": [marked.run("b1")]})
    assert marked.turns == []
    for n in (1, 2, 3):
        step = next(steps)
        assert isinstance(step, Together) and (step.step, step.steps) == (n, 3)
        assert marked.turns == ["a1", "a2", "b1"] * n
    with pytest.raises(StopIteration):
        next(steps)
    assert marked.turns == ["a1", "a2", "b1"] * 3


def test_a_record_of_all_holds_the_record_of_each_in_its_place(marked):
    runs = {"a": [marked.run("a1"), marked.run("a2")], "b": [marked.run("b1")]}
    seen = list(together(runs))
    first, second, third = marked.models
    for n, record in enumerate(seen, start=1):
        assert list(record.runs) == ["a", "b"]
        steps = [*record.runs["a"], *record.runs["b"]]
        assert all(isinstance(s, Step) and (s.step, s.steps) == (n, 3) for s in steps)
        assert [s.losses["loss"] for s in steps] == [0.0 + n, 10.0 + n, 20.0 + n]
        assert [s.model for s in steps] == [first, second, third]
    assert len(seen) == 3


def test_a_record_of_all_reads_as_one_line_with_the_mean_losses_of_each_name(model):
    def step(**losses):
        return Step(3, 20, losses, 1.0, model, model)

    runs = {"a": [step(loss=1.0), step(loss=2.0)], "b": [step(D=0.25, G=-4.0)]}
    assert str(Together(3, 20, runs)) == "step 3 of 20; a: loss 1.5; b: D 0.25, G -4"


@pytest.mark.parametrize("lengths", [(2, 4, 4), (4, 2, 4), (4, 4, 2)])
def test_it_ends_with_the_shortest_training(marked, lengths):
    a1, a2, b1 = (marked.run(name, steps) for name, steps in zip(("a1", "a2", "b1"), lengths))
    assert [s.step for s in together({"a": [a1, a2], "b": [b1]})] == [1, 2]
    assert not any(model.training for model in marked.models)


def test_fit_drains_several_trainings_too(marked):
    last = fit(together({"a": [marked.run("a1")], "b": [marked.run("b1")]}))
    assert last.step == last.steps == 3 and marked.turns == ["a1", "b1"] * 3
    assert str(last) == "step 3 of 3; a: loss 3; b: loss 13"


def test_one_trainings_error_passes_through_and_leaves_every_model_in_eval_mode(marked):
    steps = together(
        {"a": [marked.run("a1"), marked.run("a2", fail_at=2)], "b": [marked.run("b1")]}
    )
    next(steps)
    with pytest.raises(KeyError, match="a2 broke"):
        next(steps)
    assert marked.turns == ["a1", "a2", "b1", "a1", "a2"]
    assert not any(model.training for model in marked.models)


def test_a_diverging_training_stops_all(marked, x):
    broken = nn.Linear(3, 1)
    runs = {
        "a": [marked.run("a1")],
        "b": [start(broken, x, lambda rows: broken(rows).mean() * math.nan)],
    }
    with pytest.raises(FloatingPointError, match="step 1"):
        next(together(runs))


def test_the_models_are_in_eval_mode_between_the_steps_and_after_it_is_closed(marked):
    steps = together({"a": [marked.run("a1"), marked.run("a2")], "b": [marked.run("b1")]})
    for _ in range(2):
        next(steps)
        assert not any(model.training for model in marked.models)
    steps.close()
    assert not any(model.training for model in marked.models)
    with pytest.raises(StopIteration):
        next(steps)


# ---- games: a loss and an Adam for each player -----------------------------------------------


class Duel(nn.Module):
    """D and G, two weights each; the loss of each depends on both. It writes down every loss it
    is asked for."""

    def __init__(self):
        super().__init__()
        self.d, self.g = (
            nn.Parameter(torch.tensor(w, dtype=torch.float64))
            for w in ([1.0, -2.0], [0.5, 3.0])
        )
        self.moves, self.modes = [], []

    def players(self):
        return {"D": ([self.d], self.d_loss), "G": ([self.g], self.g_loss)}

    def asked(self, name, rows):
        self.moves.append(name)
        self.modes.append(self.training)
        return rows[:, :2].double()

    def d_loss(self, rows):
        return (self.asked("D", rows) * self.d - self.g).square().mean()

    def g_loss(self, rows):
        return (self.asked("G", rows) * self.g * self.d).square().mean() + (
            self.g - self.d
        ).square().sum()


@pytest.fixture
def game():
    return Duel()


def play(game, x, **options):
    return train(game, x, **{"steps": 4, "batch": 10, "lr": 0.1, **options})


def placed(game):
    return {"D": game.d.detach().clone(), "G": game.g.detach().clone()}


def moved(before, game):
    return {
        name for name, weights in placed(game).items() if not torch.equal(weights, before[name])
    }


@pytest.mark.parametrize(
    "turns, order",
    [
        (None, "DG"),
        (("D", "G"), "DG"),
        (("G", "D"), "GD"),
        (("D", "D", "G"), "DDG"),
        (["D", "G", "D", "D"], "DGDD"),
        (("G",), "G"),
        (lambda: ("D", "D", "G"), "DDG"),
    ],
)
def test_the_players_of_a_game_move_in_the_order_of_the_turns(game, x, turns, order):
    steps = play(game, x, turns=turns)
    assert game.moves == []
    for n in (1, 2, 3):
        step = next(steps)
        assert (step.step, step.steps) == (n, 4) and game.moves == list(order * n)


def test_turns_that_are_a_function_are_read_at_each_step(game, x):
    turns = ("D",)
    steps = play(game, x, turns=lambda: turns)
    for turns in (("G",), ("D", "D", "G"), ("D",), ("G", "D")):
        game.moves.clear()
        next(steps)
        assert tuple(game.moves) == turns


def test_a_player_without_a_turn_does_not_move_and_moves_again_with_one(game, x):
    turns = ["D", "G"]
    steps = play(game, x, turns=lambda: turns)
    for turns, wanted in (
        (["D"], {"D"}),
        (["G", "G"], {"G"}),
        (["D", "G"], {"D", "G"}),
    ):
        before = placed(game)
        next(steps)
        assert moved(before, game) == wanted


def test_a_players_update_moves_its_own_weights_only_though_its_loss_depends_on_both(game, x):
    seen = []
    for name in ("d_loss", "g_loss"):

        def watched(rows, loss=getattr(game, name)):
            seen.append(placed(game))
            return loss(rows)

        setattr(game, name, watched)
    fit(play(game, x, turns=("D", "G", "G", "D")))
    seen.append(placed(game))
    assert len(seen) == len(game.moves) + 1
    for name, before, after in zip(game.moves, seen, seen[1:]):
        assert {p for p in "DG" if not torch.equal(before[p], after[p])} == {name}


@pytest.mark.parametrize("betas", [(0.5, 0.9), (0.0, 0.99)])
@pytest.mark.parametrize("turns", [("D", "G"), ("D", "D", "G")])
def test_each_player_has_an_adam_of_its_own_with_these_betas(x, betas, turns):
    ours, theirs, usual = Duel(), Duel(), Duel()
    lr = {"D": 0.1, "G": 0.03}
    adams = {
        name: torch.optim.Adam(own, lr[name], betas)
        for name, (own, _) in theirs.players().items()
    }
    for step in play(ours, x, batch=len(x), lr=lr, betas=betas, turns=turns, steps=3):
        for name in turns:
            theirs.zero_grad()
            loss = theirs.players()[name][1](x)
            loss.backward()
            adams[name].step()
        assert_close(placed(ours), placed(theirs), rtol=1e-9, atol=0)
    fit(play(usual, x, batch=len(x), lr=lr, turns=turns, steps=3))
    assert (usual.d - ours.d).abs().min() > 1e-5  # with other betas, elsewhere


def test_the_betas_of_a_model_that_is_no_game_reach_adam_too(x):
    ours, theirs, betas = nn.Linear(3, 1), nn.Linear(3, 1), (0.5, 0.9)
    theirs.load_state_dict(ours.state_dict())
    adam = torch.optim.Adam(theirs.parameters(), 0.1, betas)
    for _ in start(ours, x, batch=len(x), lr=0.1, betas=betas, steps=3):
        adam.zero_grad()
        (theirs(x) - 1).square().mean().backward()
        adam.step()
    assert_close(weights(ours), weights(theirs), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "rates",
    [
        {"D": 0.02, "G": 0.005},
        {"D": torch.tensor(0.02), "G": lambda t: 0.005},
        {"G": 0.005, "D": lambda t: 0.02 + t},
    ],
)
def test_each_player_moves_at_its_own_learning_rate(game, x, rates):
    before = placed(game)
    next(play(game, x, lr=rates))  # Adam's first update is the rate, whatever the gradient
    for name, rate in (("D", 0.02), ("G", 0.005)):
        assert_close(
            (placed(game)[name] - before[name]).abs(),
            torch.full_like(before[name], rate),
            rtol=1e-5,
            atol=0,
        )


def test_one_rate_is_everybodys(game, x):
    before = placed(game)
    next(play(game, x, lr=0.02))
    for name, now in placed(game).items():
        assert_close((now - before[name]).abs(), torch.full_like(now, 0.02), rtol=1e-5, atol=0)


def test_a_players_knob_acts_while_training_runs_and_freezes_nobody_else(game, x):
    lr = {"D": torch.tensor(0.1), "G": torch.tensor(0.1)}
    steps = play(game, x, lr=lr)
    for rates, wanted in (
        ((0, 0.1), {"G"}),
        ((0.1, 0), {"D"}),
        ((0, 0), set()),
        ((0.1, 0.1), {"D", "G"}),
    ):
        for knob, rate in zip(lr.values(), rates):
            knob.fill_(rate)
        before = placed(game)
        next(steps)
        assert moved(before, game) == wanted


def test_each_players_rate_gets_the_progress_once_a_turn(game, x):
    asked = {"D": [], "G": []}
    lr = {name: lambda t, seen=seen: seen.append(t) or 0.1 for name, seen in asked.items()}
    fit(play(game, x, lr=lr, turns=("D", "D", "G")))
    assert asked == {"D": [0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75], "G": [0, 0.25, 0.5, 0.75]}


@pytest.mark.parametrize(
    "name, words, change",
    [
        ("lr", "rates for D, wanted one for each of D, G", {"lr": {"D": 0.1}}),
        (
            "lr",
            "rates for D, G, H, wanted one for each of D, G",
            {"lr": {"D": 0.1, "G": 0.1, "H": 0.1}},
        ),
        ("lr", "rates for d, g, wanted", {"lr": {"d": 0.1, "g": 0.1}}),
        ("lr", "wanted one for each of D, G", {"lr": {}}),
        ("lr", "got -0.1, wanted a learning rate", {"lr": {"D": 0.1, "G": -0.1}}),
        ("lr", "got nan", {"lr": {"D": math.nan, "G": 0.1}}),
        ("lr", "got 'fast'", {"lr": {"D": 0.1, "G": "fast"}}),
        ("lr", "got None", {"lr": {"D": 0.1, "G": None}}),
        (
            "turns",
            r"got \('D', 'H'\), wanted a tuple of names among D, G",
            {"turns": ("D", "H")},
        ),
        ("turns", "D, G", {"turns": ("d",)}),
        ("turns", "wanted a tuple of names among D, G", {"turns": lambda: ("D", "loss")}),
        (
            "turns",
            r"got \(\), wanted a tuple of names among D, G",
            {"turns": ()},
        ),
        ("turns", "got 'DG', wanted a tuple", {"turns": "DG"}),
        ("turns", r"got \[\], wanted a tuple of names", {"turns": lambda: []}),
        ("loss", "each player has its own", {"loss": lambda rows: rows.mean()}),
    ],
)
def test_bad_arguments_of_a_game_are_refused_by_name_at_the_call(game, x, name, words, change):
    with pytest.raises(ValueError, match=f"^{name}: .*{words}"):
        play(game, x, **change)
    assert game.moves == []


@pytest.mark.parametrize(
    "name, change", [("lr", {"lr": {"D": 0.1, "G": 0.1}}), ("turns", {"turns": ("D", "G")})]
)
def test_a_model_that_is_no_game_has_no_players_to_name(model, x, name, change):
    with pytest.raises(ValueError, match=f"^{name}: .*loss"):
        start(model, x, **change)


def test_the_losses_are_those_of_both_players_each_before_its_own_update(game, x):
    rows = x[:, :2].double()
    for step in play(game, x, batch=len(x), lr={"D": 0.1, "G": 0}, steps=1):
        twin = Duel()
        d_loss = twin.d_loss(rows).item()
        twin.d.data.copy_(game.d)  # G moves after D
        assert list(step.losses) == ["D", "G"]
        assert_close(step.losses, {"D": d_loss, "G": twin.g_loss(rows).item()})


def test_a_player_who_does_not_move_keeps_its_last_loss_and_earlier_records_keep_theirs(
    game, x
):
    turns = ["D"]
    steps = play(game, x, turns=lambda: turns)
    seen = []
    for turns in (["D"], ["G"], ["D"], ["D", "G"]):
        seen.append(next(steps).losses)
    first, second, third, fourth = seen
    assert [list(losses) for losses in seen] == [["D"], ["D", "G"], ["D", "G"], ["D", "G"]]
    assert second["D"] == first["D"] and third["G"] == second["G"] and third["D"] != second["D"]
    assert fourth["D"] != third["D"] and fourth["G"] != third["G"]


@pytest.mark.parametrize(
    "poison", [lambda loss: loss * math.nan, lambda loss: loss + (0 * loss).sqrt()]
)
def test_a_second_player_who_breaks_leaves_finite_weights_those_before_its_own_update(
    game, x, poison
):
    g_loss = game.g_loss
    asked = []
    game.g_loss = lambda rows: (
        asked.append(rows) or (poison(g_loss(rows)) if len(asked) == 3 else g_loss(rows))
    )
    steps = play(game, x)
    next(steps), next(steps)
    before = placed(game)
    with pytest.raises(FloatingPointError, match="step 3"):
        next(steps)
    assert moved(before, game) == {"D"} and weights(game).isfinite().all()
    assert game.moves == list("DGDGDG") and not game.training


def test_a_knob_of_the_second_player_that_turns_nan_leaves_its_weights(game, x):
    lr = {"D": 0.1, "G": torch.tensor(0.1)}
    steps = play(game, x, lr=lr)
    next(steps)
    lr["G"].fill_(math.nan)
    before = placed(game)
    with pytest.raises(FloatingPointError, match="learning rate is nan"):
        next(steps)
    assert moved(before, game) == {"D"} and weights(game).isfinite().all()


def test_a_game_is_in_training_mode_in_every_turn_and_in_eval_mode_between_the_steps(game, x):
    for _ in play(game, x, turns=("D", "D", "G")):
        assert not game.training
    assert game.modes == [True] * 12 and not game.training


def test_every_turn_has_rows_of_its_own(x):
    game, rows, used = Duel(), torch.arange(80.0).view(40, 2), []
    game.asked = lambda name, got: used.append(got[:, 0]) or 1e-3 * got.double()
    next(play(game, rows, turns=("D", "D", "D", "G")))
    assert torch.equal(
        torch.cat(used).sort().values, rows[:, 0]
    )  # four turns of ten: one pass over the forty


@pytest.mark.parametrize(
    "name, change",
    [
        ("turns", {"turns": 5}),
        ("turns", {"turns": lambda: None}),
        ("betas", {"betas": (2, 3)}),
        ("betas", {"betas": (-0.1, 0.9)}),
        ("betas", {"betas": 0.9}),
        ("betas", {"betas": (0.9,)}),
    ],
)
def test_senseless_turns_and_betas_are_refused_by_name_at_the_call(game, x, name, change):
    with pytest.raises(ValueError, match=f"^{name}: "):
        play(game, x, **change)


@pytest.mark.parametrize("wrong", [(), [], "D", None, ("D", "H"), 5])
def test_turns_that_stop_making_sense_while_it_trains_are_refused_by_name(game, x, wrong):
    turns = ("D", "G")
    steps = play(game, x, turns=lambda: turns)
    next(steps)
    before, turns = placed(game), wrong
    with pytest.raises(ValueError, match="^turns: got .*, wanted a tuple of names among D, G"):
        next(steps)
    assert moved(before, game) == set() and not game.training


def test_the_players_of_a_game_get_rows_and_labels(game, x):
    seen = []

    def own(name):
        def loss(rows, labels):
            seen.append((name, torch.equal(rows[:, 0], labels)))
            return Duel.g_loss(game, rows) if name == "G" else Duel.d_loss(game, rows)

        return loss

    game.d_loss, game.g_loss = own("D"), own("G")
    fit(play(game, (x, x[:, 0].clone()), steps=2))
    assert seen == [("D", True), ("G", True)] * 2


def test_the_players_of_a_game_may_ask_for_the_progress(game, x):
    told, d_loss = [], game.d_loss
    game.d_loss = lambda rows, progress: told.append(progress) or d_loss(rows)
    fit(play(game, x, turns=("D", "G", "D")))
    assert told == [0.0, 0.0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75]


def test_a_broken_slope_by_the_other_players_weights_is_not_this_players_business(game, x):
    """√ at 0 has an infinite slope, here by D's weights only."""
    game.d.data.zero_()
    for name in ("d_loss", "g_loss"):
        setattr(
            game,
            name,
            lambda rows, loss=getattr(game, name): loss(rows) + game.d.square().sum().sqrt(),
        )
    before = placed(game)
    with pytest.raises(FloatingPointError):
        next(play(game, x, turns=("D",)))
    assert moved(before, game) == set()
    next(play(game, x, turns=("G",)))
    assert moved(before, game) == {"G"} and weights(game).isfinite().all()


def test_games_train_side_by_side_each_with_its_own_turns_and_losses(x):
    a, b = Duel(), Duel()
    for last in together(
        {"a": [play(a, x, steps=3)], "b": [play(b, x, steps=3, turns=("G",))]}
    ):
        assert not a.training and not b.training
    assert a.moves == list("DG" * 3) and b.moves == list("GGG")
    assert last.runs["a"][0].model is a and last.runs["b"][0].model is b
    assert list(last.runs["a"][0].losses) == ["D", "G"] and list(last.runs["b"][0].losses) == [
        "G"
    ]
    alone = next(play(Duel(), x, batch=len(x)))
    both = next(together({"a": [play(Duel(), x, batch=len(x))]}))
    assert_close(both.runs["a"][0].losses, alone.losses)


def test_a_model_without_a_loss_of_its_own_needs_one():
    with pytest.raises(ValueError, match="^loss: got none, and Linear has no `loss`"):
        train(nn.Linear(2, 1), torch.zeros(3, 2))
