"""The shared networks, their noise, and `setup`."""

import random

import numpy as np
import pytest
import scipy.stats
import torch
from torch.testing import assert_close

from lecture_utils import setup
from lecture_utils.nets import Denoiser, mlp, noise


def silu(a):
    return a / (1 + np.exp(-a))


def test_an_mlp_is_linear_maps_with_silu_between_them_and_nothing_after_the_last(shake):
    net = shake(mlp(3, 7, 5, 2).double())
    x = torch.randn(4, 3, dtype=torch.float64)
    (w1, b1), (w2, b2), (w3, b3) = [
        (m.weight.detach().numpy(), m.bias.detach().numpy())
        for m in net
        if isinstance(m, torch.nn.Linear)
    ]
    by_hand = silu(silu(x.numpy() @ w1.T + b1) @ w2.T + b2) @ w3.T + b3
    assert_close(net(x), torch.tensor(by_hand))


def test_two_sizes_make_one_linear_map():
    assert [type(m) for m in mlp(3, 2)] == [torch.nn.Linear]


def test_dropout_stands_between_the_layers_only_and_acts_in_training_only():
    net, x = mlp(3, 50, 2, dropout=0.5), torch.randn(4, 3)
    assert isinstance(net[-1], torch.nn.Linear)
    assert not torch.equal(net(x), net(x))
    net.eval()
    assert torch.equal(net(x), net(x))


@pytest.mark.parametrize(
    "activation, bend",
    [
        (torch.nn.ReLU, lambda a: np.maximum(a, 0)),
        (torch.nn.Tanh, np.tanh),
        (lambda: torch.nn.LeakyReLU(0.2), lambda a: np.where(a > 0, a, 0.2 * a)),
    ],
)
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_another_activation_stands_between_the_layers_only(shake, activation, bend, dropout):
    net = shake(mlp(3, 7, 5, 2, dropout=dropout, activation=activation).double()).eval()
    x = torch.randn(40, 3, dtype=torch.float64)
    (w1, b1), (w2, b2), (w3, b3) = [
        (m.weight.detach().numpy(), m.bias.detach().numpy())
        for m in net
        if isinstance(m, torch.nn.Linear)
    ]
    assert_close(
        net(x), torch.tensor(bend(bend(x.numpy() @ w1.T + b1) @ w2.T + b2) @ w3.T + b3)
    )


def test_every_layer_has_an_activation_of_its_own():
    bends = [
        m for m in mlp(3, 4, 4, 2, activation=torch.nn.PReLU) if isinstance(m, torch.nn.PReLU)
    ]
    assert len(bends) == 2 and bends[0] is not bends[1]


def test_two_sizes_make_one_linear_map_whatever_the_activation():
    assert [type(m) for m in mlp(3, 2, activation=torch.nn.Tanh)] == [torch.nn.Linear]


@pytest.mark.parametrize("sizes", [(), (3,), (3, 0), (0, 2), (3, -1, 2)])
def test_senseless_sizes_are_refused_by_name(sizes):
    with pytest.raises(ValueError, match="^sizes: "):
        mlp(*sizes)


@pytest.fixture
def denoiser(shake):
    """A small one at random weights, and what it takes: x, angle and label of six rows."""
    net = shake(Denoiser(4, width=8, blocks=2, dropout=0.5, classes=3).double())
    angle = np.pi / 2 * torch.rand(6, dtype=torch.float64)
    return net, torch.randn(6, 4, dtype=torch.float64), angle, torch.randint(0, 3, (6,))


def normed(h, norm):
    h = h - h.mean(1, keepdims=True)
    h = h / np.sqrt((h**2).mean(1, keepdims=True) + norm.eps)
    return h * weight(norm) + bias(norm)


def weight(layer):
    return layer.weight.detach().numpy()


def bias(layer):
    return layer.bias.detach().numpy()


def linear(h, layer):
    return h @ weight(layer).T + bias(layer)


@pytest.mark.parametrize("labelled", [True, False])
def test_a_denoiser_is_its_blocks_given_the_waves_of_the_angle_and_the_label(
    denoiser, labelled
):
    net, x, angle, label = denoiser
    waves = [f(2**k * angle.numpy()) for f in (np.sin, np.cos) for k in range(6)]
    given = linear(silu(linear(np.stack(waves, 1), net.of_angle[0])), net.of_angle[3])
    given += weight(net.of_label)[label if labelled else [3] * 6]
    h = linear(x.numpy(), net.first)
    for norm, block in zip(net.norms, net.blocks):
        h = h + linear(silu(linear(normed(h, norm) + given, block[0])), block[3])
    by_hand = linear(silu(normed(h, net.end[0])), net.last)
    assert len(net.blocks) == 2
    assert_close(net(x, angle, label if labelled else None), torch.tensor(by_hand))
    if not labelled:
        assert torch.equal(net(x, angle), net(x, angle, torch.full((6,), 3)))


def test_a_denoiser_sees_angle_and_label_once_it_has_learned_and_nothing_at_first(denoiser):
    net, x, angle, label = denoiser
    for other in ((x, angle / 2, label), (x, angle, (label + 1) % 3), (x + 1, angle, label)):
        assert (net(*other) - net(x, angle, label)).abs().amax(1).min() > 1e-3
    out = Denoiser(4, width=8, classes=3).double()(x, angle, label)
    assert torch.equal(out, torch.zeros(6, 4).double())


def test_dropout_of_a_denoiser_acts_on_its_blocks_in_training_only(denoiser):
    net, *given = denoiser
    assert torch.equal(net(*given), net(*given))
    assert [m.p for m in net.blocks.modules() if isinstance(m, torch.nn.Dropout)] == [0.5] * 2
    net.train()
    assert not torch.equal(net(*given), net(*given))


@pytest.mark.parametrize("uniform, law", [(False, "norm"), (True, "uniform")])
def test_noise_is_standard_normal_or_uniform_in_independent_columns(uniform, law):
    draws = noise(mlp(2, 2), 10_000, 3, uniform=uniform)
    assert draws.shape == (10_000, 3) and not draws.requires_grad
    assert scipy.stats.kstest(draws.flatten().numpy(), law).pvalue > 1e-6
    apart = torch.corrcoef(draws.T) - torch.eye(3)
    assert apart.abs().max() < 5 / 10_000**0.5


@pytest.mark.parametrize("uniform", [False, True])
def test_noise_of_a_generator_repeats_wherever_the_model_is(uniform):
    def draw(model, seed):
        generator = torch.Generator().manual_seed(seed)
        return noise(model, 4, 2, generator=generator, uniform=uniform)

    here, elsewhere = mlp(2, 2), mlp(2, 2).to("meta")
    assert torch.equal(draw(here, 1), draw(here, 1))
    assert not torch.equal(draw(here, 1), draw(here, 2))
    assert draw(elsewhere, 1).device.type == noise(elsewhere, 4, 2).device.type == "meta"
    assert draw(elsewhere, 1).shape == (4, 2)


def test_a_model_without_weights_gets_noise_too():
    assert noise(torch.nn.Identity(), 4, 2).shape == (4, 2)


def test_setup_seeds_every_generator_and_takes_one_thread():
    def draws():
        return torch.rand(1).item(), np.random.rand(), random.random()

    device = setup(5)
    first = draws()
    assert draws() != first
    setup(5)
    assert draws() == first
    setup(6)
    assert all(a != b for a, b in zip(draws(), first))
    assert torch.get_num_threads() == 1 and isinstance(device, torch.device)
