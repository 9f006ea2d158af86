"""Training is a generator, and ends well however it ends."""

import math
import time

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from lecture_utils import fit, one_cycle, train
from lecture_utils.models.vae import VAE
from lecture_utils.train import Step, together, update


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
        loss=loss or (lambda rows, t: (model(rows) - 1).square().mean()),
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
        str(Step(3, 20, {"loss": 1.23456, "other": 2.0}, 4.56, model))
        == "step 3 of 20: loss 1.235, other 2; 4.6 s"
    )


def test_the_seconds_are_those_of_training_and_not_of_what_happens_between(model, x):
    def slow(rows, t):
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
        ("x", {"x": torch.zeros(0, 3)}),
        ("x", {"x": torch.full((4, 3), math.nan)}),
        ("x", {"x": [[1.0, 2.0, 3.0]]}),
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
            lambda rows, t: losses.append(t) or model(rows).mean(),
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

    def loss(rows, t):
        calls.append(t)
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
    for _ in start(
        model, x, lambda rows, t: inside.append(model.training) or model(rows).mean()
    ):
        assert not model.training, "a view that draws between two steps would see dropout"
    assert inside == [True] * 5 and not model.training


def test_the_model_is_in_eval_mode_after_the_generator_is_closed_or_broken_off(model, x):
    steps = start(model, x)
    next(steps)
    steps.close()
    assert not model.training

    def broken(rows, t):
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
        lambda r, t: used.append(r.flatten()) or model(r).mean(),
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

    def loss(rows, t):
        calls.append(t)
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
        fit(start(model, x, lambda rows, t: model(rows).mean() * math.nan))


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
            lambda r, t: (model(r[:, :3])[:, 0] - r[:, 3]).square().mean(),
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

        def loss(rows, t):
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
        assert isinstance(step, Step) and (step.step, step.steps) == (n, 3)
        assert marked.turns == ["a1", "a2", "b1"] * n
    with pytest.raises(StopIteration):
        next(steps)
    assert marked.turns == ["a1", "a2", "b1"] * 3


def test_the_losses_of_each_name_are_averaged_and_its_models_listed(marked):
    runs = {"a": [marked.run("a1"), marked.run("a2")], "b": [marked.run("b1")]}
    seen = list(together(runs))
    assert [s.losses for s in seen] == [{"a": 5.0 + n, "b": 20.0 + n} for n in (1, 2, 3)]
    first, second, third = marked.models
    assert all(list(s.model) == ["a", "b"] for s in seen)
    assert all(
        s.model["a"][0] is first and s.model["a"][1] is second and s.model["b"][0] is third
        for s in seen
    )
    assert all(len(s.model["a"]) == 2 and len(s.model["b"]) == 1 for s in seen)


def test_the_seconds_of_all_trainings_add_up(model):
    def run(seconds):
        return (Step(n, 2, {"loss": 0.0}, n * seconds, model) for n in (1, 2))

    assert [s.seconds for s in together({"a": [run(1.0), run(2.0)], "b": [run(4.0)]})] == [
        7.0,
        14.0,
    ]


@pytest.mark.parametrize("lengths", [(2, 4, 4), (4, 2, 4), (4, 4, 2)])
def test_it_ends_with_the_shortest_training(marked, lengths):
    a1, a2, b1 = (marked.run(name, steps) for name, steps in zip(("a1", "a2", "b1"), lengths))
    assert [s.step for s in together({"a": [a1, a2], "b": [b1]})] == [1, 2]
    assert not any(model.training for model in marked.models)


def test_fit_drains_several_trainings_too(marked):
    last = fit(together({"a": [marked.run("a1")], "b": [marked.run("b1")]}))
    assert last.step == last.steps == 3 and marked.turns == ["a1", "b1"] * 3
    assert str(last).startswith("step 3 of 3: a 3, b 13; ")


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
        "b": [start(broken, x, lambda rows, t: broken(rows).mean() * math.nan)],
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
        self.moves, self.modes, self.ended = [], [], []

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

    def after_step(self):
        self.ended.append(len(self.moves))


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
        ([], set()),
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
        ("loss", "each player has its own", {"loss": lambda rows, t: rows.mean()}),
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


def test_after_step_is_called_once_a_step_after_its_last_turn(game, x):
    for n, _ in enumerate(play(game, x, turns=("D", "D", "G")), start=1):
        assert game.ended == [3 * k for k in range(1, n + 1)]
    assert len(game.ended) == 4


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
    game.g_loss = lambda rows: poison(g_loss(rows)) if len(game.ended) == 2 else g_loss(rows)
    steps = play(game, x)
    next(steps), next(steps)
    before = placed(game)
    with pytest.raises(FloatingPointError, match="step 3"):
        next(steps)
    assert moved(before, game) == {"D"} and weights(game).isfinite().all()
    assert game.moves == list("DGDGDG") and len(game.ended) == 2 and not game.training


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


def test_games_train_side_by_side_and_their_losses_are_summed(x):
    a, b = Duel(), Duel()
    for last in together(
        {"a": [play(a, x, steps=3)], "b": [play(b, x, steps=3, turns=("G",))]}
    ):
        assert not a.training and not b.training
    assert (
        a.moves == list("DG" * 3)
        and b.moves == list("GGG")
        and last.model == {"a": [a], "b": [b]}
    )
    alone = Duel()
    record = next(play(alone, x, batch=len(x)))
    both = next(together({"a": [play(Duel(), x, batch=len(x))]}))
    assert_close(both.losses["a"], sum(record.losses.values()))
