"""Masked convolutions, PixelCNN and the row LSTM at random weights: what they see, that they
are distributions, and that the sampler draws from them."""

from copy import deepcopy
from functools import partial

import pytest
import torch
from scipy.special import log_softmax
from scipy.stats import chisquare
from torch import nn
from torch.nn.functional import conv2d, elu
from torch.testing import assert_close

from lecture_utils import train
from lecture_utils.models.autoregressive import Autoregressive, PixelCNN, PixelRNN
from lecture_utils.models.masked import GatedBlock, MaskedConv, causal_mask

NEAR = {"rtol": 1e-10, "atol": 1e-10}
NETS = {"one stack": PixelCNN, "two stacks": partial(PixelCNN, stacks=2), "LSTM": PixelRNN}
every_net = pytest.mark.parametrize("net", NETS.values(), ids=NETS)
KINDS = ["A", "B", "left", "left and own", "rows"]
every_kind = pytest.mark.parametrize("kind", KINDS)


def chance(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def new(shake):
    """A small net at random weights, maps and biases too, in double precision."""

    def model(net, side=2, levels=3, channels=4, by=0.3, **options):
        return shake(net(side, levels, channels, **options), by).double()

    return model


def some(n, side, levels):
    return torch.randint(0, levels, (n, 1, side, side)).double()


def every_image(levels):
    """All images of 2×2 pixels."""
    return torch.cartesian_prod(*[torch.arange(levels).double()] * 4).view(-1, 1, 2, 2)


# ---- masks -----------------------------------------------------------------------------------

THREE = {
    "A": "111 100 000",
    "B": "111 110 000",
    "left": "000 100 000",
    "left and own": "000 110 000",
    "rows": "111 111 000",
}
FIVE = {
    "A": "11111 11111 11000 00000 00000",
    "B": "11111 11111 11100 00000 00000",
    "left": "00000 00000 11000 00000 00000",
    "left and own": "00000 00000 11100 00000 00000",
    "rows": "11111 11111 11111 00000 00000",
}


@every_kind
@pytest.mark.parametrize("drawn", [THREE, FIVE], ids=["3×3", "5×5"])
def test_masks(kind, drawn):
    wanted = [[float(digit) for digit in row] for row in drawn[kind].split()]
    assert causal_mask(len(wanted), kind).tolist() == wanted


def test_a_mask_of_one_pixel_is_that_pixel_or_nothing():
    ones = {kind for kind in KINDS if causal_mask(1, kind).tolist() == [[1.0]]}
    assert ones == {"B", "left and own", "rows"}


@pytest.mark.parametrize("size, kind", [(4, "A"), (0, "B"), (-1, "B"), (3, "C"), (3, "a")])
def test_a_mask_refuses_an_even_size_and_another_kind(size, kind):
    sentence = f"^size, kind: got {size}, '{kind}', wanted an odd size and one of .*'left and"
    with pytest.raises(ValueError, match=sentence):
        causal_mask(size, kind)


@every_net
def test_a_net_refuses_an_even_size(net):
    with pytest.raises(ValueError, match="^size, kind: got 4, '(A|left)', wanted an odd"):
        net(side=4, levels=2, channels=2, size=4)


@every_kind
@pytest.mark.parametrize("size", [1, 3, 5])
def test_a_masked_convolution_is_one_whose_weights_are_multiplied(shake, kind, size):
    layer = shake(MaskedConv(2, 3, size, kind)).double()
    h = torch.randn(2, 2, 6, 5, dtype=torch.float64)
    assert_close(layer(h), whole(layer, h), **NEAR)


@every_kind
@pytest.mark.parametrize("size", [3, 7])
def test_at_the_start_an_output_varies_as_that_of_a_convolution_of_as_many_inputs(kind, size):
    """nn.Conv2d's weights have the variance 1/(3 n)."""
    layer = MaskedConv(64, 256, size, kind)
    seen = (layer.weight * layer.mask).square().sum((1, 2, 3))
    assert_close(seen.mean().item(), 1 / 3, rtol=0.05, atol=0)
    assert layer.bias.abs().max() <= (64 * size**2) ** -0.5


def whole(layer, h):
    """A masked convolution, by one whose weights are multiplied."""
    mask = layer.mask
    return conv2d(h, layer.weight * mask, layer.bias, padding=len(mask) // 2)


def gated(block, h, above=None):
    """h + W (tanh a · σ(b)), (1 + tanh(b/2))/2 for σ(b)."""
    ab = whole(block.conv, elu(h)) + block.position
    if above is not None:
        ab = ab + torch.einsum("ij,bjrc->birc", block.above.weight[:, :, 0, 0], above)
        ab = ab + block.above.bias.view(-1, 1, 1)
    a, b = ab[:, : h.shape[1]], ab[:, h.shape[1] :]
    return h + block.W(a.tanh() * (1 + (b / 2).tanh()) / 2)


def down(h):
    """Every row in the place of the next; the first is zeros."""
    return torch.cat([torch.zeros_like(h[:, :, :1]), h[:, :, :-1]], 2)


@pytest.mark.parametrize("kind", ["B", "left and own", "rows"])
@pytest.mark.parametrize("above", [False, True])
def test_a_gated_block_is_its_formula(shake, kind, above):
    block = shake(GatedBlock(3, 4, kind, 0.5, above)).double()
    h, rows = torch.randn(2, 2, 3, 4, 4, dtype=torch.float64)
    told = rows if above else None
    assert_close(block(h, told), gated(block, h, told), **NEAR)


# ---- the nets by hand ------------------------------------------------------------------------


def planes(x, levels):
    """±½: is there more ink than k?"""
    return torch.cat([torch.where(x > k, 0.5, -0.5) for k in range(levels - 1)], 1).double()


def first_by_hand(model, x):
    return whole(model.first, planes(x, model.levels)) + model.position


def last_by_hand(model, h):
    return model.last(elu(h)) + model.bias


def lstm_by_hand(model, x):
    """`nn.LSTMCell` has its gates in another order: it is only fed here, and has no weights."""
    channels, side, _ = model.position.shape
    inputs = first_by_hand(model, x)
    gates = whole(model.into, elu(inputs)) + model.across.bias.view(-1, 1, 1)
    cell = nn.LSTMCell(4 * channels, channels, bias=False).double()
    i, f, o, g = torch.eye(4 * channels).chunk(4)
    cell.weight_ih.copy_(torch.cat([i, f, g, o]))
    cell.weight_hh.zero_()
    middle = model.across.kernel_size[0] // 2
    own = torch.einsum("ij,bjrc->rcbi", model.own.weight[:, :, 0, 0], planes(x, model.levels))
    down = c = torch.zeros(side, len(x), channels, dtype=torch.float64)  # of each column
    rows = []
    for r in range(side):
        heard = [gates[:, :, r, k] for k in range(side)]
        for k in range(side):
            for j in range(max(0, k - middle), min(side, k + middle + 1)):
                heard[k] = heard[k] + down[j] @ model.across.weight[:, :, middle + j - k].T
        pairs = [cell(heard[k], (down[k], c[k])) for k in range(side)]
        h, c = (torch.stack(parts) for parts in zip(*pairs))
        rows.append(h)
        down = h + own[r] + model.own.bias
    return last_by_hand(model, inputs + torch.stack(rows).permute(2, 3, 0, 1))


@pytest.mark.parametrize(
    "net, wanted",
    [
        (PixelCNN, ["A", "B", "B"]),
        (partial(PixelCNN, mask="B"), ["B", "B", "B"]),
        (NETS["two stacks"], ["left"] + 2 * ["left and own"] + 3 * ["rows"]),
        (partial(PixelCNN, stacks=2, mask="B"), 3 * ["left and own"] + 3 * ["rows"]),
        (PixelRNN, ["A", "left and own"]),
    ],
)
def test_every_layer_has_its_mask(net, wanted):
    masks = [m.mask for m in net().modules() if isinstance(m, MaskedConv)]
    kinds = [k for m in masks for k in KINDS if torch.equal(m, causal_mask(len(m), k))]
    assert kinds == wanted


@torch.no_grad()
@pytest.mark.parametrize("stacks", [1, 2])
def test_a_pixelcnn_by_hand(new, stacks):
    model = new(PixelCNN, side=4, stacks=stacks, size=5)
    x = some(3, 4, 3)
    h, rows = first_by_hand(model, x), model.rows
    if stacks == 2:
        v = whole(rows.first, planes(x, 3))
        h = h + model.join(down(v))
    for k, block in enumerate(model.blocks):
        if stacks == 2:
            v = gated(rows.blocks[k], v)
        h = gated(block, h, down(v) if stacks == 2 else None)
    assert_close(model.scores(x), last_by_hand(model, h), **NEAR)


@torch.no_grad()
@pytest.mark.parametrize("reach", [0, 1, None])
def test_a_row_lstm_by_hand(new, reach):
    model, x = new(PixelRNN, side=4, size=3, reach=reach), some(3, 4, 3)
    assert model.across.weight.shape[2] == (7 if reach is None else 2 * reach + 1)
    assert_close(model.scores(x), lstm_by_hand(model, x), **NEAR)


def test_the_thermometer_asks_for_each_level_whether_there_is_more_ink(new):
    x = torch.tensor([[0.0, 1.0], [2.0, 3.0]]).view(1, 1, 2, 2)
    t = new(PixelCNN, levels=4).thermometer(x)
    assert t.dtype == torch.float64
    wanted = [[[-1, 1], [1, 1]], [[-1, -1], [1, 1]], [[-1, -1], [-1, 1]]]
    assert (2 * t[0]).tolist() == wanted


@every_net
def test_every_weight_moves_the_loss(new, net):
    model = new(net)
    model.loss(some(9, 2, 3)).backward()
    for name, p in model.named_parameters():
        assert p.grad is not None and p.grad.abs().max() > 1e-9, name


# ---- what a pixel sees -----------------------------------------------------------------------


@torch.no_grad()
def seen(model):
    """(pixel, other pixel): does P(xᵢ | …) change with the other one's level?"""
    _, side, _ = model.shape
    one = some(1, side, model.levels)
    turned = one.repeat(side**2, 1, 1, 1)
    own = turned.view(side**2, side**2).diagonal()
    own.copy_((own + 1 + torch.randint(0, model.levels - 1, own.shape)) % model.levels)
    change = (model.log_levels(turned) - model.log_levels(one)).abs().amax(1)
    return change.flatten(1).T > 1e-12


def table(side, rule):
    """What `seen` is where a pixel sees the one i rows up and j to the right if rule(i, j)."""
    pixels = [divmod(k, side) for k in range(side**2)]
    return torch.tensor(
        [[bool(rule(r - up, to - c)) for up, to in pixels] for r, c in pixels],
    )


def all_before(side):
    return torch.ones(side**2, side**2, dtype=torch.bool).tril(-1)


@every_net
@pytest.mark.parametrize("levels", [2, 5])
def test_scores_have_a_gradient_at_the_pixels_before_and_none_at_or_after(new, net, levels):
    """With 7×7 weights nothing is out of sight in 4×4 pixels."""
    model = new(net, side=4, levels=levels, size=7)
    t = model.thermometer(some(1, 4, levels)).repeat(16, 1, 1, 1).requires_grad_()
    scores = model(t).flatten(2)  # (copy, levels, pixel)
    towards = torch.randn(16, levels, dtype=torch.float64)
    own = scores.diagonal(dim1=0, dim2=2).T  # of copy i, pixel i
    (gradient,) = torch.autograd.grad((own * towards).sum(), t)
    each = gradient.abs().amax(1).flatten(1)
    assert torch.equal(each > 1e-12, all_before(4))
    assert each[~all_before(4)].max() == 0


@every_net
def test_a_pixel_that_changes_changes_what_comes_after_it_only(new, net):
    assert torch.equal(seen(new(net, side=4, size=7)), all_before(4))


@pytest.mark.parametrize("stacks", [1, 2])
def test_with_mask_b_a_pixel_sees_itself(new, stacks):
    model = new(PixelCNN, side=4, size=7, stacks=stacks, mask="B")
    assert torch.equal(seen(model), torch.ones(16, 16, dtype=torch.bool).tril())


@pytest.mark.parametrize("n", [1, 2, 3, 9])
def test_n_layers_of_3x3_see_n_pixels_far_and_have_a_blind_spot(new, n):
    model = new(PixelCNN, side=6, size=3, blocks=n - 1)

    def cone(i, j):
        return 0 <= i <= n and -n <= j <= i and (i > 0 or j < 0)

    assert torch.equal(seen(model), table(6, cone))
    assert not seen(model)[2 * 6, 1 * 6 + 2]  # a row above and two to the right, at any depth


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_two_stacks_have_no_blind_spot(new, n):
    """The stack of rows is moved a row down: it sees one row more."""
    model = new(PixelCNN, side=6, size=3, blocks=n - 1, stacks=2)

    def roof(i, j):
        return (i == 0 and -n <= j < 0) or (1 <= i <= n + 1 and -n <= j <= n)

    assert torch.equal(seen(model), table(6, roof))
    assert torch.equal(seen(model), all_before(6)) == (n == 5)


@pytest.mark.parametrize("reach", [0, 1, 2, 5])
@pytest.mark.parametrize("m", [1, 2, 4])
def test_a_row_lstm_sees_as_far_as_its_state_is_told(new, reach, m):
    """Its own row is read by the first layer, m pixels far, and by one more layer."""
    model = new(PixelRNN, side=6, size=2 * m + 1, reach=reach)

    def told(i, j):
        if i == 0:
            return -m - 1 <= j < 0
        return i > 0 and -i * reach - m - 1 <= j <= max(i * reach, (i - 1) * reach + m)

    wanted = table(6, told)
    assert torch.equal(seen(model), wanted)
    assert torch.equal(wanted[::6], all_before(6)[::6]) == (reach == 5)  # the first column
    assert torch.equal(wanted, all_before(6)) == (reach == 5 and m == 4)
    if reach == m == 1:  # as far to the right as up, as one stack
        assert not seen(model)[2 * 6, 1 * 6 + 2]


# ---- a distribution --------------------------------------------------------------------------


@torch.no_grad()
@every_net
@pytest.mark.parametrize("levels", [2, 3])
def test_the_probabilities_of_all_images_sum_to_one(new, net, levels):
    model, every = new(net, levels=levels, by=1.0), every_image(levels)
    assert_close(model.log_prob(every).exp().sum().item(), 1.0, rtol=0, atol=1e-10)


@torch.no_grad()
@pytest.mark.parametrize("stacks", [1, 2])
@pytest.mark.parametrize("levels", [2, 3])
def test_with_mask_b_they_do_not(new, stacks, levels):
    def off():
        model = new(PixelCNN, levels=levels, by=0.5, stacks=stacks, mask="B")
        return abs(model.log_prob(every_image(levels)).exp().sum().item() - 1)

    assert sum(off() for _ in range(20)) / 20 > 0.1


@torch.no_grad()
@every_net
@pytest.mark.parametrize("levels", [2, 17])
def test_log_prob_is_the_chain_of_softmaxes_one_pixel_at_a_time(new, net, levels):
    model, x = new(net, side=3, levels=levels, by=0.5), some(6, 3, levels)
    wanted = torch.zeros(6, 3, 3, dtype=torch.float64)
    known = torch.zeros_like(x)
    for r in range(3):
        for c in range(3):
            log_p = log_softmax(model.scores(known)[:, :, r, c].numpy(), axis=1)
            for b, level in enumerate(x[:, 0, r, c].long()):
                wanted[b, r, c] = float(log_p[b, level])
            known[:, :, r, c] = x[:, :, r, c]
    assert_close(model.log_pixels(x), wanted, **NEAR)
    assert_close(model.log_prob(x), wanted.sum((1, 2)), **NEAR)
    assert_close(model.loss(x), -wanted.sum() / 6, **NEAR)
    levels_sum = model.log_levels(x).exp().sum(1)
    assert_close(levels_sum, torch.ones_like(levels_sum), **NEAR)


# ---- the sampler -----------------------------------------------------------------------------


CNNS = [
    partial(PixelCNN, stacks=stacks, size=size, blocks=blocks)
    for stacks in (1, 2)
    for size in (3, 7)
    for blocks in (0, 1, 3)
]
LSTMS = [partial(PixelRNN, size=size, reach=reach) for size in (3, 7) for reach in (1, None)]


@pytest.mark.parametrize("net", CNNS + LSTMS, ids=lambda net: str(list(net.keywords.values())))
@pytest.mark.parametrize(
    "side, start", [(5, 0), (5, 7), (5, 20), (5, 24), (8, 0), (8, 45), (8, 56), (8, 63)]
)
def test_cached_sampling_is_plain_sampling(new, net, side, start):
    model, given = new(net, side, levels=4, by=0.4), some(2, side, 4)
    options = {"given": given, "start": start, "temperature": 0.8}
    plain = model.states(2, chance(5), **options, cached=False)
    cached = model.states(2, chance(5), **options)
    for wanted, got in zip(plain, cached, strict=True):
        assert torch.equal(got.x, wanted.x), repr(got)
        assert_close(got.p, wanted.p, **NEAR)


@every_net
@pytest.mark.parametrize("cached", [True, False])
def test_a_state_is_the_pixel_that_was_drawn_and_its_probabilities(new, net, cached):
    model = new(net, side=3, levels=4, by=0.5)
    for T in (0.7, 1.0):
        before = torch.zeros(2, 1, 3, 3).double()
        for i, s in enumerate(model.states(2, chance(3), temperature=T, cached=cached)):
            assert (s.step, s.steps, s.row, s.column) == (i + 1, 9, i // 3, i % 3)
            with torch.no_grad():
                log_p = model.log_levels(s.x)[:, :, s.row, s.column]
            assert_close(s.p, (log_p / T).softmax(1), **NEAR)
            moved = (s.x != before).flatten(1).any(0).nonzero().flatten().tolist()
            assert moved in ([], [i]) and s.x.shape == before.shape
            before = s.x


@every_net
@pytest.mark.parametrize("given_rows", [1, 3])
def test_given_pixels_stay_and_those_behind_are_never_looked_at(new, net, given_rows):
    model, given = new(net, side=4, levels=4), some(given_rows, 4, 4)
    other = given.clone()
    other.flatten(1)[:, 6:] = 3 - other.flatten(1)[:, 6:]
    kept = given.clone()
    x, y = (model.sample(3, chance(2), given=g, start=6) for g in (given, other))
    assert torch.equal(x, y) and torch.equal(given, kept)
    wanted = given.flatten(1)[:, :6].expand(3, 6)
    assert torch.equal(x.flatten(1)[:, :6], wanted)


def test_given_levels_may_be_whole_numbers_and_none_are_zeros(new):
    model = new(PixelCNN, side=4, levels=4)
    given = some(1, 4, 4)
    x, y = (model.sample(2, chance(2), given=g, start=5) for g in (given, given.long()))
    assert torch.equal(x, y) and x.dtype == torch.float64
    x, y = (
        model.sample(2, chance(2), given=g, start=5) for g in (None, torch.zeros(1, 1, 4, 4))
    )
    assert torch.equal(x, y)


def test_states_number_the_pixels_and_are_not_changed_later(new):
    states, kept = [], []
    for s in new(PixelCNN, side=8, levels=2).states(2, chance(1), start=1):
        states.append(s)
        kept.append((s.x.clone(), s.p.clone()))
        assert torch.is_grad_enabled() and not (s.x.requires_grad or s.p.requires_grad)
    assert [s.step for s in states] == list(range(2, 65)) and {s.steps for s in states} == {64}
    assert repr(states[1]) == "pixel 3 of 64: row 1, column 3"
    assert repr(states[-1]) == "pixel 64 of 64: row 8, column 8"
    for s, (x, p) in zip(states, kept, strict=True):
        assert torch.equal(s.x, x) and torch.equal(s.p, p)


@every_net
@pytest.mark.parametrize("levels", [2, 17])
def test_samples_are_levels_and_a_generator_repeats_them(new, assert_repeats, net, levels):
    model = new(net, side=3, levels=levels)
    x = model.sample(40, chance(1))
    assert x.shape == (40, 1, 3, 3) and set(x.unique().tolist()) == set(range(levels))
    assert model.log_prob(x).isfinite().all()
    assert_repeats(lambda generator: model.sample(4, generator))


def test_sample_passes_its_options_on(new):
    model = new(PixelCNN, side=3, levels=4)
    options = {"temperature": 0.3, "given": some(1, 3, 4), "start": 4, "cached": False}
    *_, last = model.states(5, chance(4), **options)
    assert torch.equal(model.sample(5, chance(4), **options), last.x)


@torch.no_grad()
def table_of(model, temperature=1.0):
    """P(x) of each binary image (2, 2, 2, 2); every P(xᵢ | x_<ᵢ), a sum over those to come,
    is raised to 1/T and normalised."""
    joint = model.log_prob(every_image(2)).exp().view(2, 2, 2, 2)
    sharpened = torch.ones_like(joint)
    for i in range(4):
        so_far = joint.sum(tuple(range(i + 1, 4)), keepdim=True) if i < 3 else joint
        p = so_far / so_far.sum(i, keepdim=True)
        p = p ** (1 / temperature)
        sharpened = sharpened * p / p.sum(i, keepdim=True)
    return sharpened.flatten()


def agreement(drawn, table):
    """The chance of counts at least as far from what `table` says."""
    index = (drawn.flatten(1) @ torch.tensor([8, 4, 2, 1]).to(drawn)).long()
    counts = index.bincount(minlength=16).double()
    return chisquare(counts.numpy(), (table / table.sum() * len(drawn)).numpy()).pvalue


@every_net
@pytest.mark.parametrize("T", [0.5, 1.0])
def test_draws_are_as_frequent_as_their_probabilities(new, net, T):
    torch.manual_seed(0)  # a chance in a thousand each
    model, other = (new(net, levels=2, by=0.5, size=3) for _ in range(2))
    drawn = model.sample(20_000, chance(1), temperature=T)
    assert agreement(drawn, table_of(model, T)) > 1e-3
    for wrong in (table_of(other, T), table_of(model, 1.5 * T)):
        assert agreement(drawn, wrong) < 1e-6


@pytest.mark.parametrize("start", [1, 2, 3])
def test_draws_behind_given_pixels_follow_the_density_given_those(new, start):
    torch.manual_seed(0)
    model, given = (
        new(PixelCNN, levels=2, size=3),
        torch.tensor([1.0, 0, 1, 1]).view(1, 1, 2, 2),
    )
    drawn = model.sample(20_000, chance(1), given=given, start=start)
    fits = (every_image(2) == given).flatten(1)[:, :start].all(1)
    table = table_of(model)[fits]
    index = (drawn.flatten(1) @ torch.tensor([8, 4, 2, 1]).to(drawn)).long()
    counts = index.bincount(minlength=16)
    assert counts[~fits].sum() == 0
    wanted = table / table.sum() * 20_000
    assert chisquare(counts[fits].numpy(), wanted.numpy()).pvalue > 1e-3


# ---- errors ----------------------------------------------------------------------------------

PLACE = "wanted a temperature above 0 and a start from 0 to 8$"


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"temperature": 0}, f"^temperature, start: got 0, 0, {PLACE}"),
        ({"temperature": -1.0}, f"^temperature, start: got -1.0, 0, {PLACE}"),
        ({"temperature": float("nan")}, f"^temperature, start: got nan, 0, {PLACE}"),
        ({"start": -1}, f"^temperature, start: got 1.0, -1, {PLACE}"),
        ({"start": 9}, f"^temperature, start: got 1.0, 9, {PLACE}"),
        ({"given": torch.zeros(1, 1, 2, 3)}, r"^given: got shape .*, wanted \(B, 1, 3, 3\)"),
        ({"given": torch.full((1, 1, 3, 3), 4.0)}, "^given: got values from 4 to 4, wanted"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
@every_net
def test_the_sampler_refuses_by_name(new, net, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        new(net, side=3, levels=4).sample(2, **options)


@pytest.mark.parametrize(
    "x, sentence",
    [
        (torch.zeros(2, 3, 3), r"^x: got shape \(2, 3, 3\), wanted \(B, 1, 3, 3\)"),
        (torch.full((2, 1, 3, 3), 4.0), r"^x: got values from 4 to 4, wanted levels 0\.\.3"),
        (torch.full((2, 1, 3, 3), 0.5), r"^x: got images scaled to 0\.\.1, wanted levels"),
        (torch.full((2, 1, 3, 3), torch.nan), "^x: holds NaN"),
    ],
)
@every_net
def test_wrong_images_are_refused_by_name(new, net, x, sentence):
    for ask in ("log_prob", "loss", "scores"):
        with pytest.raises(ValueError, match=sentence):
            getattr(new(net, side=3, levels=4), ask)(x)


@every_net
def test_values_between_the_levels_are_refused(new, net):
    with pytest.raises(ValueError, match="^x: got values between the levels"):
        new(net, side=3, levels=4).log_prob(torch.full((2, 1, 3, 3), 1.5))


def test_given_images_are_one_or_as_many_as_are_drawn(new):
    model = new(PixelCNN, side=3, levels=4)
    with pytest.raises(ValueError, match="^given: got 3 images, wanted 1, or 5 as are drawn$"):
        model.sample(5, given=torch.zeros(3, 1, 3, 3), start=2)


@pytest.mark.parametrize("n", [0, -1, 2.0])
def test_how_many_is_a_whole_number(new, n):
    with pytest.raises(ValueError, match="^n: got .*, wanted a whole number, 1 or more$"):
        new(PixelCNN, side=3).sample(n)


@pytest.mark.parametrize(
    "options, got", [({"stacks": 3}, "3, 'A'"), ({"mask": "rows"}, "1, 'rows'")], ids=str
)
def test_another_number_of_stacks_or_mask_is_refused(options, got):
    sentence = f'^stacks, mask: got {got}, wanted 1 or 2, and "A" or "B"$'
    with pytest.raises(ValueError, match=sentence):
        PixelCNN(**options)


@every_net
@pytest.mark.parametrize("cached", [True, False])
def test_it_draws_without_dropout(new, net, cached):
    model = new(net, side=4, levels=4, dropout=0.5)
    wanted = deepcopy(model).eval().sample(6, chance(1))
    assert torch.equal(model.train().sample(6, chance(1), cached=cached), wanted)


# ---- training --------------------------------------------------------------------------------


@every_net
@pytest.mark.parametrize("levels", [2, 17])
def test_a_step_of_training_lowers_the_loss(net, levels):
    model = net(side=4, levels=levels, channels=8, dropout=0.0).eval()
    x = some(20, 4, levels).float()
    before = model.loss(x).item()
    for step in train(model, x, steps=1, batch=20, lr=1e-3):
        assert_close(step.losses["loss"], before, rtol=1e-5, atol=0)
    assert model.loss(x).item() < before - 1e-3


def test_there_is_a_dropout_in_every_block_and_before_the_last_layer(new):
    h = torch.randn(9, 4, 4, 4, dtype=torch.float64)
    block = GatedBlock(4, 4, "B", 0.5, False).double()
    for part, layer in ((block, block), ((model := new(PixelCNN, side=4)), model.end)):
        part.train()
        assert not torch.equal(layer(h), layer(h))
        part.eval()
        assert torch.equal(layer(h), layer(h))


@every_net
def test_dropout_is_off_between_the_steps(net):
    model = net(side=4, levels=3, channels=8, dropout=0.4)
    dropouts = [m for m in model.modules() if isinstance(m, nn.Dropout2d)]
    blocks = [m for m in model.modules() if isinstance(m, GatedBlock)]
    assert {m.p for m in dropouts} == {0.4} and len(dropouts) == 1 + len(blocks)
    x = some(5, 4, 3).float()
    assert not torch.equal(model.loss(x), model.loss(x))
    for step in train(model, x, steps=2, batch=5):
        assert torch.equal(model.loss(x), model.loss(x))


def test_the_options_reach_the_layers():
    model = PixelCNN(side=5, levels=4, channels=6, blocks=3, size=9, stacks=2)
    assert isinstance(model, Autoregressive) and model.shape == (1, 5, 5)
    assert len(model.blocks) == len(model.rows.blocks) == 3
    assert model.first.mask.shape == model.rows.first.mask.shape == (9, 9)
    assert model.first.in_channels == 3 and model.last.out_channels == 4
