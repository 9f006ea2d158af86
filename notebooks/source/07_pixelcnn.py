# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 7 · PixelCNN: one pixel after another
#
# **Can one paint a picture by answering only one kind of question: what is the next pixel?**
# Cover a digit and uncover it pixel by pixel, as below. Before each one, guess. Sometimes you
# know it, sometimes you do not, and you could say how sure you are. An *autoregressive model*
# is nothing but those guesses. It needs no codes, no opponent, no noise, and it knows the
# probability of every image, exactly.
#
# After this notebook you can
# - split the probability of an image into guesses, in any order, without losing anything,
# - build a mask, and say what a pixel sees through a stack of them, and what it never sees,
# - train a PixelCNN, draw from it, and let it finish a drawing of yours,
# - say when the numbers that a net calls probabilities are none,
# - say why it is fast to train and slow to draw, and what a cache gains,
# - compare it with a row LSTM, and with other models, in nats and bits.
#
# It takes about 90 minutes and covers §7 of the lecture notes. You need the chain rule of
# probability, and a convolution. `log` is the natural logarithm.

# %%
import torch
from lecture_utils import checks, explore, fit, one_cycle, playground, quiz, setup, show, watch
from lecture_utils import show_source, train
from lecture_utils.data import digits
from lecture_utils.views import pixelcnn as views

setup(seed=0)
show(views.read_so_far(digits().test.x[[2, 8, 17]]))

# %% [markdown]
# ## 1 · The chain rule leaves nothing out
#
# **Claim of the notes.** An output depends on its own previous values: $P(x) = \prod_{i=1}^d
# P(x_i\,|\,x_{<i})$.
#
# Is that a model, an assumption, an approximation? None of them. It is the definition of
# conditional probability, $P(a, b) = P(a)\,P(b\,|\,a)$, used $d - 1$ times. So it must hold
# for *every* distribution, and in *every* order of the pixels. Let us not believe it.
#
# Nine black-or-white pixels can be 512 images. We shrink the middle of each digit to 3×3 and
# count how often each image occurs. (Each count gets a tenth more, so that no image is
# impossible.) That is a $P(x)$ that we know completely, as a table. Then we compute all
# conditionals, by summing the table, and multiply them.

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("Nine pixels are guessed from the last to the first. The product of the guesses is",
      {"the same P(x)": "The chain rule does not care about the order."},
      {"another distribution": "Each conditional is another one; their product is not.",
       "the same, if pixels are independent": "Independence is not needed anywhere."}),
     ("In P(x₁) P(x₂|x₁) … P(x₉|x₁…x₈) for black-or-white pixels: how many free numbers "
      "has a table of the last factor?",
      {"2⁸ = 256": "One for each way the eight others may be: how likely is black?"},
      {"8": "One for each other pixel would be a model, with an assumption.",
       "1": "So it is for a pixel that depends on nothing."}))

# %%
from torch.nn.functional import avg_pool2d


def shrunk(x):                                    # digits as black-or-white images of half size
    return (avg_pool2d(x, 2) > 6).float()


data, valid, test = digits()
nines = shrunk(data.x[:, :, 1:7, 1:7]).flatten(1).long()           # (1000, 9)
joint = torch.full([2] * 9, 0.1, dtype=torch.float64)             # P(x), one axis a pixel
joint.index_put_(tuple(nines.T), torch.ones(1000).double(), accumulate=True)
joint /= joint.sum()


def marginal(pixels):                             # P(x_pixels), for each of the 512 images
    others = [i for i in range(9) if i not in pixels]
    return (joint.sum(others, keepdim=True) if others else joint).expand_as(joint)


def conditional(i, before):                       # P(x_i | x_before)
    return marginal([*before, i]) / marginal(before)


few = nines[(nines[:, 0] == 1) & (nines[:, 4] == 0)]              # one guess, by counting
direct = (few[:, 8].sum() + 0.1 * 64) / (len(few) + 0.1 * 128)    # P(x_9 = 1 | these two)
assert abs(conditional(8, [0, 4])[1, 0, 0, 0, 0, 0, 0, 0, 1] - direct) < 1e-6

# %%
def guesses(order, told):                         # of each pixel, from at most `told` before it
    return [conditional(i, order[max(0, n - told):n]) for n, i in enumerate(order)]


def nats_lost(order, told):                       # KL(P ‖ the product of those guesses)
    product = torch.stack(guesses(order, told)).prod(0)
    return (joint * (joint / product).log()).sum().item()


names = {"rows": [0, 1, 2, 3, 4, 5, 6, 7, 8], "columns": [0, 3, 6, 1, 4, 7, 2, 5, 8],
         "spiral": [0, 1, 2, 5, 8, 7, 6, 3, 4], "corners first": [0, 2, 6, 8, 4, 1, 3, 5, 7]}
measured = {}
for name, order in names.items():
    product = torch.stack(guesses(order, 8)).prod(0)
    assert (product - joint).abs().max() < 1e-12 and len(set(order)) == 9
    entropies = [-(joint * p.log()).sum() for p in guesses(order, 8)]
    lost = [nats_lost(order, told) for told in range(9)]
    measured[name] = order, entropies, lost
    print(f"{name:13}: off by {(product - joint).abs().max():.0e};"
          f" with two pixels told {lost[2]:.3f} nats are lost, with none {lost[0]:.3f}")
explore(views.orders(measured), order=list(measured))

# %%
for places in names.values():                     # each guess is a distribution of its pixel
    for n, i in enumerate(places):
        assert (conditional(i, places[:n]).sum(i) - 1).abs().max() < 1e-12
each = torch.stack([torch.stack(entropies) for _, entropies, _ in measured.values()])
lost = torch.tensor([lost for _, _, lost in measured.values()])
assert each.sum(1).std() < 1e-12 and each[:, 1:].std(0).max() > 0.05
assert lost[:, 8].abs().max() < 1e-12 and lost[:, 2].max() > 1.2 * lost[:, 2].min()

# %% [markdown]
# **What you see.** Four orders, one $P(x)$, to the last digit that a computer has. A bar is
# the *entropy* of a pixel given all before it, the mean of $-\log P(x_i\,|\,x_{<i})$: how
# uncertain it still is. The dashed line is a fair coin. The sum of the bars is the same in
# each order, the entropy of the whole image. The bars are not: the order decides which pixel
# comes as a surprise.
#
# So does the order matter? Not as long as each guess may use *all* pixels before it, and is
# perfect. The curves on the right show what is lost, $\text{KL}(P\,\|\,\text{product})$, if a
# guess hears only of the last few. How much depends on the order. This is the whole art: the
# rule is exact, and a *model* is a way to answer $P(x_i\,|\,x_{<i})$ with fewer than
# $2^{i-1}$ numbers.
#
# ## 2 · An explicit density
#
# **Claim of the notes.** Autoregressive models are explicit density models. Maximize
# likelihood!
#
# A network that outputs a softmax for each pixel, and that looks only at pixels before it,
# *is* a density. Nobody has to normalise anything: each softmax sums to 1, so the product
# does, summed over all images. (Sum over the last pixel first: 1. Then over the one before
# it.) That is a promise about the sum of $2^{16}$ numbers for 4×4 images. We train a small
# one, on digits shrunk to 4×4, and then count them all.

# %%
from lecture_utils.models.autoregressive import Autoregressive, PixelCNN

show_source(Autoregressive.log_levels, Autoregressive.log_pixels, Autoregressive.log_prob,
            Autoregressive.loss)

# %%
small, small_test = shrunk(data.x), shrunk(test.x)                # (1000, 1, 4, 4), of 0 and 1


def tiny(mask="A"):
    return PixelCNN(side=4, levels=2, channels=16, blocks=1, mask=mask)


def tiny_training(model):
    return train(model, small, steps=300, batch=64, lr=one_cycle(1e-2))


model_4 = tiny()
losses = {"mask A": [step.losses["loss"] for step in tiny_training(model_4)]}
print(f"{sum(p.numel() for p in model_4.parameters()):,} parameters, not 65,535 probabilities")

# %%
from typing import NamedTuple

bits = (torch.arange(65_536)[:, None] >> torch.arange(16)) & 1
every_image = bits.view(-1, 1, 4, 4).double()


class Counted(NamedTuple):                        # log P of the images counted so far
    step: int
    steps: int
    log_p: torch.Tensor


@torch.no_grad()
def count(model):
    log_p, parts = [], every_image.split(2048)
    for n, part in enumerate(parts, 1):
        log_p.append(model.double().log_prob(part))
        yield Counted(n, len(parts), torch.cat(log_p))
    model.float()


# %%
whole = watch(count(model_4), views.counting(every_image.float())).log_p.exp().sum().item()
log_p = model_4.log_prob(small_test)
alone = small.mean(0).clamp(0.001, 0.999)                         # each pixel by itself
alone = torch.distributions.Bernoulli(alone).log_prob(small_test).sum((1, 2, 3))
print(f"sum over 65,536 images: {whole:.6f}; −log P of test images:"
      f" {-log_p.mean():.2f} nats, pixels by themselves {-alone.mean():.2f}")
assert abs(whole - 1) < 1e-6 and log_p.mean() > alone.mean() + 0.15

# %% [markdown]
# **What you see.** The sum climbs in leaps, where likely images are counted, and ends at
# 1.000000. The most probable of all 65,536 images are rings and strokes: digits, as far as
# 4×4 pixels can show them. The model spreads exactly one unit of probability, and learning
# moves it to where the data are. A VAE gives a bound on this number, a GAN gives none.
#
# ## 3 · Masks
#
# **Claim of the notes.** PixelCNN: use masked convolutions to enforce dependencies.
#
# How can one network answer all questions at once, each without seeing its own answer? A
# convolution looks at a square around each pixel. Set the weights to zero that look at the
# pixel itself, to its right, and below. What is left is mask **A**. In the next layer the
# middle is no longer the pixel: it is what the first layer found out *before* it. So all
# other layers may look there: mask **B**.

# %%
from lecture_utils.models.masked import MaskedConv, causal_mask

show(views.drawn_masks({f"mask {kind}": causal_mask(5, kind) for kind in "AB"}))
show_source(causal_mask, MaskedConv)

# %% [markdown]
# Now stack them. What does the orange pixel below see through several layers? We ask the
# gradient: change a pixel a little, does the output change? Where the slope is not zero, the
# pixel is seen.
#
# There are two ways to stack. The first is the plain one. The second needs two stacks. One
# sees whole *rows*: its own, and all above. Its result is moved one row down. So it tells the
# other stack about the rows above, and nothing of the row itself. In its own row the other
# stack sees what lies to its left.

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("Masks of 3×3, one after another, many layers. Does a pixel see its upper right "
      "neighbour's right neighbour, one row up and two columns to the right?",
      {"never, at any depth": "To go up one row allows one step to the right, and no more."},
      {"yes, with two layers or more": "No layer leads to the right within a row.",
       "yes, with one layer": "One layer of 3×3 sees one column to the right."}))

# %%
from torch import nn
from torch.nn.functional import pad


def one_stack(depth):                             # (1, 1, H, W) -> (1, 4, H, W)
    kinds = ["A", *["B"] * (depth - 1)]
    return nn.Sequential(*(MaskedConv(4 if kind == "B" else 1, 4, 3, kind) for kind in kinds))


class TwoStacks(nn.Module):
    def __init__(self, depth):
        super().__init__()
        sizes = [1] + [4] * (depth - 1)
        kinds = ["left", *["left and own"] * (depth - 1)]
        self.rows = nn.ModuleList(MaskedConv(n, 4, 3, "rows") for n in sizes)
        self.row = nn.ModuleList(MaskedConv(n, 4, 3, k) for n, k in zip(sizes, kinds))

    def forward(self, x):
        v = h = x
        for rows, row in zip(self.rows, self.row):
            v = rows(v)
            h = row(h) + pad(v, (0, 0, 1, -1))    # v, moved a row down
        return h


# %%
side, ways = 11, {"one stack": one_stack, "two stacks": TwoStacks}
nets = {(name, depth): way(depth).double() for name, way in ways.items()
        for depth in range(1, 11)}
kinds = "rows", "left", "left and own"
show(views.drawn_masks({kind: causal_mask(5, kind) for kind in kinds}))


def sees(net, planes, row, column):               # which pixels it hears of, (H, W) of bools
    planes = planes.clone().requires_grad_()
    net(planes)[0, :, row, column].sum().backward()
    return (planes.grad != 0).any(1)[0]


def seen_by(row, column, depth, stacks):
    x = torch.ones(1, 1, side, side, dtype=torch.float64)
    return sees(nets[stacks, depth], x, row, column)


explore(views.seen_pixels(seen_by, side), row=(0, 10), column=(0, 10), depth=(1, 10),
        stacks=list(ways))

# %%
up, right = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
for row, column in ((9, 2), (6, 5), (10, 10)):
    i, j = row - up, right - column               # rows above it, columns to its right
    before = (i > 0) | ((i == 0) & (j < 0))
    for depth in range(1, 11):
        wedge = before & (i <= depth) & (j >= -depth) & (j <= i)
        assert torch.equal(seen_by(row, column, depth, "one stack"), wedge)
        block = before & (i <= depth + 1) & (j.abs() <= depth)
        assert torch.equal(seen_by(row, column, depth, "two stacks"), block)
    print(f"row {row}, column {column}: of {before.sum()} before it ten layers miss"
          f" {(before & ~wedge).sum()} in one stack, {(before & ~block).sum()} in two")

# %% [markdown]
# **What you see.** With more depth the blue region grows upwards, and to the left. To the
# right it grows too, but only as a wedge: to get one column to the right, a path must climb
# one row. What lies beside the wedge is pink: it comes before the orange pixel, and is never
# seen, at any depth. It is the *blind spot*. (Pale blue is only too far away for so few
# layers.) With two stacks nothing is pink. The asserts compare both shapes with a formula,
# pixel by pixel.
#
# How bad is it? The chain rule stays exact: what cannot be seen is left out of $x_{<i}$, and
# the result is still a density. It may be a weaker one.
#
# ## 4 · A pixel that sees itself
#
# Take one mask wrong: B in the first layer, too. Now each pixel sees its own answer. What
# would you expect of the loss?

# %%
cheat = tiny(mask="B")
losses["mask B first"] = [step.losses["loss"] for step in tiny_training(cheat)]
*_, last = count(cheat)
sums = {"mask A": whole, "mask B first": last.log_p.exp().sum().item()}
samples = {"mask A": model_4.sample(16), "mask B first": cheat.sample(16, cached=False)}
show(views.cheat(losses, sums, samples))

print(f'loss {losses["mask B first"][-1]:.2f}; sum of its "P": {sums["mask B first"]:,.0f}')
assert losses["mask B first"][-1] < 0.3 < losses["mask A"][-1] and sums["mask B first"] > 1000

# %% [markdown]
# **What you see.** The cheat's loss goes to 0. As a likelihood that would be perfect, $P = 1$
# for every training image. But it gives such numbers to other images, too: what it calls
# probabilities sum to thousands. A product of softmaxes is a density only if no softmax sees
# its own answer, or a later one. When a loss looks too good, look at the first mask. And its
# samples are nothing: where the answer is not there yet, it copies the blank page.
#
# ## 5 · Digits, live
#
# **Claim of the notes.** Parallelizable training. Stable training (maximum likelihood).
#
# The real thing: 17 levels, 8×8 pixels. Each level is given as a *thermometer*, sixteen
# planes that say "more ink than $k$?". So the net need not learn that 8 lies between 7 and 9.
# In each block one masked convolution gives $a$ and $b$: $\tanh a$ is what to add, and the
# *gate* $\sigma(b)$ says how much of it. A map of the position is learned, too, since digits
# have a place in their image. At the end comes a softmax over 17 levels for each pixel.
#
# The net has one stack, its first mask is 5×5, and so it has a blind spot. Two stacks take
# about twice as long here: try `PixelCNN(stacks=2)`. (In the source below, `memory` is for
# section 7, and `rows` and `above` are the second stack.)

# %%
from lecture_utils.models.masked import GatedBlock

show_source(Autoregressive.thermometer, PixelCNN.forward, GatedBlock.forward)

# %%
recipe = {"batch": 16, "betas": (0.9, 0.99), "average": 0.99}


def digits_training(model, steps=700):
    return train(model, data.x, steps=steps, lr=one_cycle(8e-3), **recipe)


model = watch(digits_training(PixelCNN()), views.learning_pixels(valid.x[:100])).averaged
with torch.no_grad():
    surprise = -model.log_pixels(test.x)                          # nats, (447, 8, 8)
    upside_down = -model.log_prob(test.x.flip(2))
show(views.surprise(test.x[:10], surprise[:10]))
nats = surprise.sum((1, 2)).mean().item()
print(f"−log P of test images: {nats:.1f} nats; upside down: {upside_down.mean():.1f}")
assert nats < 82 and upside_down.mean() > nats + 5

# %% [markdown]
# **What you see.** All 64 guesses of an image come from one pass through the net, and so do
# those of a whole batch: in training every image is there from the start. One number falls,
# and it also falls on images that the model is not trained on. Below is the *surprise* of
# each pixel, $-\log P(x_i\,|\,x_{<i})$. White next to white costs nearly nothing. Dear are
# the edges of strokes: where does the ink begin, and how grey is it there?
#
# Is it stable? Three seeds of a smaller PixelCNN, three of the GAN of notebook 04, all at a
# constant learning rate. For the PixelCNN we follow $-\log P$ of the validation images. A GAN
# has no such number, so we take the Fréchet distance of 200 fakes to those images, from fixed
# codes, and the same of 200 samples of the PixelCNN. To compare numbers of different units,
# each is drawn as a part of its *fall*: 1 at the first mark, 0 at the last, on average. And
# we measure how far the seeds are apart, again as a part of the fall.

# %%
from lecture_utils.metrics import frechet_distance
from lecture_utils.models.gan import GAN, dc_discriminator, dc_generator

codes, runs, every = torch.randn(200, 16), {}, 40


def nats_and_distance(model):
    with torch.no_grad():
        x = model.sample(200, torch.Generator().manual_seed(0))
        return model.loss(valid.x).item(), frechet_distance(x, valid.x)


def distance_of_fakes(gan):
    return [frechet_distance(gan.generate(codes), valid.x)]


def followed(measure, model, **options):          # (what is measured, marks)
    return torch.tensor([measure(step.model) for step in train(model, data.x, 200, **options)
                         if step.step % every == 0]).T


# %%
with torch.random.fork_rng():
    for seed in range(3):
        torch.manual_seed(seed)
        both = followed(nats_and_distance, PixelCNN(channels=16, blocks=1), batch=16, lr=2e-3)
        gan = GAN(dc_generator(), dc_discriminator(), latent=16)
        fakes = followed(distance_of_fakes, gan, batch=64, lr=2e-3, betas=(0.5, 0.999))
        runs[seed] = torch.cat([both, fakes])

curves = torch.stack(list(runs.values()), 1)                      # (3 numbers, 3 seeds, 5)
start, end = (curves[:, :, i].mean(1)[:, None, None] for i in (0, -1))
fallen = dict(zip(("PixelCNN: −log P", "PixelCNN: Fréchet", "GAN: Fréchet"),
                  (curves - end) / (start - end)))
show(views.spreads(range(every, 201, every), fallen))
apart = [f.std(0).mean().item() for f in fallen.values()]
print(", ".join(f"{name}: seeds {a:.1%} apart" for name, a in zip(fallen, apart)))
assert max(apart[:2]) < 0.7 * apart[2]

# %% [markdown]
# **What you see.** On the left three lines, nearly one: the loss is an average over data that
# do not change, and nobody answers back. On the right each step of one player moves the
# other's goal. In the middle the PixelCNN is judged as the GAN is, by its samples, and its
# seeds are nearer to each other than the GAN's. (Smaller rates make a GAN calmer.)
#
# ## 6 · Draw, one pixel after another
#
# **Claim of the notes.** Sequential generation.
#
# To draw is to follow the chain rule from the front: draw $x_1$ from $P(x_1)$, put it in, ask
# for $P(x_2\,|\,x_1)$, and so on. The loop below does that, and `model.sample` draws the very
# same images, faster (section 7 says how). In the film drag the time back, and see the guess
# at each pixel. Where there is one tall bar, the model is sure.

# %%
@torch.no_grad()
def guess(x, place, T=1.0):                       # P(x_i | x_<i) at the place i, (B, 17)
    return (model.log_levels(x).flatten(2)[:, :, place] / T).softmax(1)


def draw(n, luck):                                # n images: the chain rule from the front
    x = torch.zeros(n, 1, 8, 8)
    for place in range(64):
        x.flatten(1)[:, place] = torch.multinomial(guess(x, place), 1, generator=luck)[:, 0]
    return x


# %%
from lecture_utils.live import Drawing, Film

assert torch.equal(*(way(20, torch.Generator().manual_seed(5)) for way in (draw, model.sample)))
generator = torch.Generator().manual_seed(1)
explore(views.pixel_film(), state=Film(model.states(12, generator), speed=8))

# %% [markdown]
# **Temperature.** Before each draw the log probabilities may be divided by a number $T$:
# $P_T(k) \propto P(k)^{1/T}$. Below 1 the favourites get more, above 1 less. Each *guess* is
# changed so. Predict: what do samples at 0.4 look like, what at 2?

# %%
from ipywidgets import FloatSlider, IntSlider, SelectionSlider


@torch.no_grad()
def about(x):                                     # mean log P, and distance to the test images
    return model.log_prob(x).mean().item(), frechet_distance(x, test.x)


heat = {}
for T in (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0):
    x = model.sample(200, torch.Generator().manual_seed(0), temperature=T)
    heat[T] = x, *about(x)
real = about(test.x)[0], about(data.x[::5])[1]    # the floor: training images
explore(views.tempered(heat, *real), T=SelectionSlider(options=list(heat), value=1.0))

for T in (0.4, 1.0, 2.0):
    print(f"T = {T}: mean log P {heat[T][1]:.1f} nats, Fréchet distance {heat[T][2]:.0f}")
print(f"real images: mean log P {real[0]:.1f} nats, Fréchet distance {real[1]:.0f}")
assert heat[0.4][1] > real[0] + 15 and heat[2.0][1] < real[0] - 30
assert abs(heat[1.0][1] - real[0]) < 7
assert heat[1.0][2] < 0.6 * min(heat[0.4][2], heat[2.0][2])

# %% [markdown]
# **What you see.** Cold samples are clean, and alike. On average they are far *more* probable
# than real digits, and as a set they are far from them: the most probable images are not the
# typical ones. Hot ones fall apart. At $T = 1$ samples are about as probable as test images
# are, and nearest to them. That is so for a model that neither learns its training images by
# heart nor stops too early. The dotted line is the floor: the distance of 200 training
# images.
#
# **By hand.** You are the sampler; the first 28 pixels are drawn. **draw** draws the next
# one. **set** puts `level` at the next place instead, whatever the model says. Set a black
# pixel, level 16, where the model is sure of white, and go on: how does it come to terms with
# your mistake? In training it saw only real images up to here (*teacher forcing*). When it
# draws, it must go on from its own choices, good or bad. Then go **back** a few pixels, and
# take others.

# %%
from itertools import count as numbers
from types import SimpleNamespace


def by_hand(p):
    x, place = torch.zeros(1, 1, 8, 8), 0
    luck = torch.Generator().manual_seed(3)
    for step in numbers(1):
        if p.verb == "back" and place > 0:
            place -= 1
        elif p.verb != "back" and place < 64:
            drawn = torch.multinomial(guess(x, place, p.T), 1, generator=luck).item()
            x = x.clone()
            x.view(-1)[place] = p.level if p.verb == "set" else drawn
            place += 1
        with torch.no_grad():
            log_p = model.log_pixels(x).flatten()[:place].sum().item()
        after = guess(x, min(place, 63), p.T)[0]
        yield SimpleNamespace(step=step, x=x, place=place, p=after, log_p=log_p)


playground(by_hand, views.next_pixel(), before=28, speed=3,
           verbs={"set": "set", "back": "back", "draw": "draw"},
           level=IntSlider(16, 0, 16), T=FloatSlider(1.0, min=0.2, max=2.0))

# %% [markdown]
# **Let it finish.** Draw a digit with the mouse (clear the page with its bin first). The
# model keeps the upper `rows` and goes on from there, twelve times. Below each answer stands
# the log probability of what it added, at temperature 1; the most probable comes first.
# Nothing was trained for this: to go on from the middle is what the model does anyway. (Could
# it fill in the *upper* half, too? A question at the end asks that.) The cell after it asks
# whether the answers are better than chance: are they nearer to the hidden half than to
# another digit's?

# %%
@torch.no_grad()
def finish(drawing, rows, T, n=12):               # images (n, 1, 8, 8), log P of what is new
    start, luck = 8 * rows, torch.Generator().manual_seed(0)
    x = model.sample(n, luck, temperature=T, given=drawing, start=start)
    return x, model.log_pixels(x).flatten(1)[:, start:].sum(1)


explore(views.finished(finish), drawing=Drawing(test.x[8]), rows=(1, 7), T=(0.2, 2.0))

# %%
lower = torch.stack([finish(x[None], 4, 1.0)[0] for x in test.x[:50]])[..., 4:, :].flatten(2)
hidden = test.x[:50, :, 4:].flatten(1)[:, None]                   # (50, 1, 32)
off, other = ((lower - half).norm(dim=2).mean() for half in (hidden, hidden.roll(1, 0)))
print(f"lower halves: {off:.1f} levels from the hidden ones, {other:.1f} from other digits'")
assert off < 0.9 * other

# %% [markdown]
# ## 7 · Slow? How slow?
#
# **Claim of the notes.** Sequential generation is slow, not parallelizable for sampling.
#
# One image of $d$ pixels is *scored* by one pass through the net, and *drawn* by $d$ passes,
# one after another. So drawing should take $d$ times as long. That is the plain way. But most
# of what a pass computes was computed in the pass before: a new pixel changes only what sees
# it. In every layer it is enough to compute one place anew, and to remember the rest. So each
# layer keeps what it was given: `window` writes the new pixel's numbers into that, and
# returns the square around it, all that the layer's convolution needs.

# %%
from time import perf_counter

from lecture_utils.models.masked import Memory

show_source(Memory.window)


def timed(call, repeats):                         # the shortest: other work only adds
    seconds = []
    for _ in range(repeats):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return min(seconds)


seconds = {}
for size in (4, 8, 12, 16):                       # eight images of this side
    sized = PixelCNN(side=size, channels=32).eval()
    blank = torch.zeros(8, 1, size, size)
    with torch.no_grad():
        seconds[size] = (timed(lambda: sized.log_prob(blank), 25),
                         timed(lambda: sized.sample(8, cached=False), 3),
                         timed(lambda: sized.sample(8), 3))
show(views.cost_of_pixels(seconds))

# %%
for size, (scored, plain, cached) in seconds.items():
    assert 0.2 < plain / scored / size**2 < 5
assert seconds[16][2] < 0.8 * seconds[16][1]

# %% [markdown]
# **What you see.** Left: to score eight large images takes a little longer than eight small
# ones; most of it is overhead. To draw it takes as many times longer as it has pixels: on the
# right the line of plain drawing follows the dashed one. The cache draws the very same images
# (asserted in section 6), and gains more the larger the images are, and the more of them
# there are. But it cannot change the order: pixel 200 waits for pixel 199. Only different
# images can be drawn at the same time.
#
# ## 8 · PixelRNN
#
# **Claim of the notes.** PixelRNN: $x_i$ depends on left and top pixels. Sequential.
#
# A convolution sees as far as its layers reach. A *recurrent* net carries a state along, and
# may remember all that came. The *row LSTM* goes from the top to the bottom, a row at a time.
# All pixels of a row are computed at once, each from what lies to its left (by masks), and
# from the states of the row above, up to `reach` columns to each side. A state $c$ is kept in
# part, by a gate $f$, and renewed in part, by $i \cdot \tanh g$; the gate $o$ says how much
# of it is shown.

# %%
from lecture_utils.models.autoregressive import PixelRNN

show_source(PixelRNN.forward)

rnn = PixelRNN(channels=24)
nets_8 = {"PixelRNN": rnn, "with reach 1": PixelRNN(reach=1, size=3), "PixelCNN": model}
blind = {}
for name, net in nets_8.items():
    net = net.double().eval()
    planes = net.thermometer(test.x[:1].double()) + 0.1
    found = torch.stack([sees(net, planes, i // 8, i % 8).flatten() for i in range(64)])
    before = torch.ones(64, 64).tril(-1).bool()   # row i: the pixels before pixel i
    above = torch.arange(64) < torch.arange(64)[:, None] // 8 * 8
    assert not (found & ~before).any()
    blind[name] = (above & ~found).sum().item() / above.sum().item()
    net.float().zero_grad()
for name, share in blind.items():
    print(f"{name}: of the pixels in rows above, {share:.0%} are not seen")
assert blind["PixelRNN"] == 0 and min(blind["with reach 1"], blind["PixelCNN"]) > 0.1

# %% [markdown]
# **Where the notes simplify.** "Left and top" sounds like two neighbours, or like the pixels
# straight above. With a reach as long as the row, each pixel of this net sees *all* rows
# above it, whole. (In its own row it sees a few pixels to the left: as many as the masked
# convolutions reach.) With the reach 1 of the paper's row LSTM it is a wedge, as section 3
# shows. (The paper's other net, the *diagonal BiLSTM*, sees everything.) Now a race, for
# about the same seconds. The PixelRNN gets fewer channels, fewer steps and a larger rate: of
# a few tried, these served it best.

# %%
def raced(net, steps, lr, every=30):              # seconds, and −log P of validation images
    track = []
    for step in train(net, data.x, steps=steps, lr=one_cycle(lr), **recipe):
        if step.step % every == 0:
            with torch.no_grad():
                track.append((step.seconds, step.averaged.loss(valid.x).item()))
    return track, step.averaged


tracks, made = {}, {}
racers = {"PixelCNN": (PixelCNN(), 240, 16e-3), "PixelRNN": (rnn, 180, 24e-3)}
for name, racer in racers.items():
    tracks[name], made[name] = raced(*racer)
show(views.equal_budgets(tracks, {name: net.sample(24) for name, net in made.items()}))

(spent, nats), (spent_rnn, nats_rnn) = (tracks[name][-1] for name in tracks)
_, at_180 = tracks["PixelCNN"][5]                 # after as many steps as the other makes
print(f"PixelCNN {nats:.1f} nats, after 180 steps {at_180:.1f}; PixelRNN {nats_rnn:.1f} nats")
assert 1 / 4 < spent / spent_rnn < 4 and nats + 1 < nats_rnn < 95 and at_180 < nats_rnn

# %% [markdown]
# **What you see.** In about the same seconds the PixelRNN makes fewer steps, since its eight
# rows wait for each other. That is a part of why it is behind, and not all: after as many
# steps the PixelCNN is ahead as well. To see more does not pay here, on images of 8×8. With
# large images and long training its inventors found PixelRNNs ahead of their first PixelCNN.
# To *draw*, both go pixel by pixel.
#
# ## 9 · How powerful?
#
# **Claim of the notes.** Powerful: they can model complex dependencies.
#
# Against what? Here are models of the same test images, in nats, and in *bits per dimension*:
# nats over $64 \log 2$. (Of 17 levels, so a uniform guess costs $\log_2 17 \approx 4.09$
# bits. Published numbers are mostly of 256 levels, and cannot be set beside these.)
# *Independent pixels* know each pixel's histogram, and no other pixel. A *Markov chain* knows
# the pixel before it, too: a table for each place, where rare pairs lean on the histogram.
# The VAE of notebook 02 gives only a bound; with 100 draws it is tighter. Predict the order.

# %%
from lecture_utils.metrics import importance_weighted_bound
from lecture_utils.models.vae import VAE

pixels = data.x.flatten(1).long()                                 # (1000, 64)
alone = torch.nn.functional.one_hot(pixels, 17).sum(0) + 0.1
alone = (alone / alone.sum(1, keepdim=True)).float()              # (64, 17)
pairs = torch.zeros(64, 17, 17)
for i in range(1, 64):
    pairs[i].index_put_((pixels[:, i - 1], pixels[:, i]), torch.ones(1000), accumulate=True)
chain = (pairs + 8 * alone[:, None]) / (pairs.sum(2, keepdim=True) + 8)
for table in (chain, alone):                      # densities, both
    torch.testing.assert_close(table.sum(-1), torch.ones(table.shape[:-1]))

# %%
at, rows = torch.arange(64), test.x.flatten(1).long()             # (447, 64)
left = rows.roll(1, 1)
nats_of = {"independent pixels": (-alone[at, rows].log().sum(1).mean().item(), True),
           "Markov chain": (-chain[at, left, rows].log().sum(1).mean().item(), True)}
vae = VAE(latent=16)
fit(train(vae, data.x, steps=800, lr=one_cycle(8e-3)))
with torch.no_grad():
    nats_of["VAE, −ELBO"] = -vae.elbo(test.x).mean().item(), False
    tighter = importance_weighted_bound(vae, test.x, 100)
    nats_of["VAE, 100 draws"] = -tighter.mean().item(), False
    nats_of["PixelCNN"] = -model.log_prob(test.x).mean().item(), True
show(views.ranking(nats_of))

values = {name: value for name, (value, _) in nats_of.items()}
print(", ".join(f"{name} {value:.1f}" for name, value in values.items()))
assert values["independent pixels"] > values["Markov chain"] + 3
assert values["Markov chain"] > values["VAE, −ELBO"] > values["VAE, 100 draws"]
assert values["VAE, 100 draws"] > values["PixelCNN"] + 2

# %% [markdown]
# **What you see.** From independent pixels to the Markov chain to the PixelCNN a pixel knows
# more: nothing, one pixel, most of what is near and before it. The order of the hatched bars
# and the last one is less sure than it looks: the VAE's true number is at most its bound, and
# how far below, the bound does not say. That is what an explicit density buys: no doubt.
#
# And yet: in Fréchet distance the samples of a PixelCNN are not ahead: notebook 08 sets those
# of all families side by side. A likelihood counts every pixel's nats, also those that no eye
# sees. Which number is right depends on what the model is for (Theis et al., 2016).
#
# ## 10 · The same rule writes text
#
# Nothing in the chain rule knows of images. Take a text, and let $x_i$ be its characters. The
# smallest model sees only the last one: a table $P(\text{next}\,|\,\text{last})$, called
# *bigrams*. For it the best answer to the loss can be *counted*: how often does which letter
# follow? So we can check what gradient steps on $-\log P$ find. (The text is the
# documentation that comes with NumPy.)

# %%
import numpy as np

letters = " abcdefghijklmnopqrstuvwxyz"
text = " ".join(f.__doc__ or "" for f in vars(np).values() if callable(f)).lower()
text = " ".join("".join(c if c in letters else " " for c in text).split())
index = torch.tensor([letters.index(c) for c in text])
last, following = index[:-1], index[1:]


class Bigrams(nn.Module):
    def __init__(self):
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(27, 27))

    def log_prob(self, last, following):
        return self.scores.log_softmax(1)[last, following]

    def loss(self, last, following):
        return -self.log_prob(last, following).mean()


table, losses = Bigrams(), []
for step in train(table, (last, following), steps=400, batch=2000, lr=one_cycle(0.1)):
    losses.append(step.losses["loss"])
counts = (27 * last + following).bincount(minlength=729).view(27, 27).double()
counted = counts / counts.sum(1, keepdim=True)
least = -(counts * counted.clamp_min(1e-12).log()).sum().item() / len(last)
learned = table.scores.detach().softmax(1)
show(views.bigrams(learned, letters, losses, least))

# %%
with torch.no_grad():
    loss = table.loss(last, following).item()
print(f"{len(text):,} characters; loss {loss:.3f} nats, least {least:.3f}, without a model"
      f" {torch.tensor(27).log():.3f}")
assert -1e-5 < loss - least < 0.01

# %%
from collections import Counter, defaultdict

for k in range(5):                                # how many characters back a guess looks
    follows = defaultdict(Counter)
    for i in range(k, len(text)):
        follows[text[i - k:i]][text[i]] += 1
    written = text[:k]
    while len(written) < 70:
        found = follows[written[len(written) - k:]]
        at = torch.multinomial(torch.tensor([*found.values()]).float(), 1).item()
        written += list(found)[at]
    print(f"{k} back: {written}")

# %% [markdown]
# **What you see.** The loss of the PixelCNN, on characters: gradient steps find the table
# that counting gives, and no table has a lower loss on this text. (The curve is of batches,
# so it scatters around it.) With more characters told, counted in the same way, syllables
# appear, then words. But the table grows 27 times with each of them. Replace it by a net that
# sees a thousand back, through a *causal mask* like ours, and you have a language model. That
# is another lecture.
#
# ## 11 · Your turn
#
# Replace each `...`, run the cell, and read what the check says. The folded cell after it
# holds a solution.
#
# **1.** Build masks A and B of any odd size.
#
# **2.** How many pixels does one stack of $n$ layers of 3×3 see, the first with mask A, the
# others with mask B, if the image is large enough? (Section 3 shows the shape. Count the
# rows.)
#
# **3.** Draw one pixel of each image, at temperature $T$, from its log probabilities.

# %% tags=["exercise"]
def my_mask(size, kind):                          # odd, "A" or "B" -> (size, size) of 0 and 1
    ...


checks.masks(my_mask)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_mask(size, kind):
    place = torch.arange(size * size).view(size, size)
    middle = place[size // 2, size // 2]
    return (place < middle if kind == "A" else place <= middle).float()


checks.masks(solved_mask)

# %% tags=["exercise"]
def my_count(n):                                  # layers -> how many pixels one sees
    ...


checks.pixels_seen(my_count)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_count(n):                              # n to the left; i rows above it n + i + 1
    return n + sum(n + i + 1 for i in range(1, n + 1))


checks.pixels_seen(solved_count)

# %% tags=["exercise"]
def my_draw(log_p, T):                            # (B, K), a number -> levels (B,)
    ...


checks.pixel_draw(my_draw)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_draw(log_p, T):
    return torch.multinomial((log_p / T).softmax(1), 1)[:, 0]


checks.pixel_draw(solved_draw)

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("A PixelCNN trains on whole images, and draws pixel by pixel. Why the difference?",
      {"in training all pixels are there": "Nothing has to be waited for."},
      {"drawing uses another network": "It is the same one.",
       "training approximates the chain rule": "It is exact in both."}),
     ("A PixelCNN reaches a loss of 0.1 nats per *test* image. What do you look at first?",
      {"whether a pixel sees itself": "A mask B in the first layer does exactly this."},
      {"the learning rate": "A wrong rate does not give so good a loss.",
       "the temperature": "It plays no part in training."}),
     ("A net with a blind spot: are its probabilities still a density?",
      {"yes": "Each softmax sums to 1, whatever it does not look at."},
      {"no, the chain rule is violated": "A guess may ignore what it is told.",
       "only at temperature 1": "The density has no temperature; the sampler has."}),
     ("Can it fill in the upper half of an image, given the lower half, as easily?",
      {"no, it would need P(x_i | what comes later)":
           "It knows only guesses from above; it would have to try out upper halves."},
      {"yes, the joint is the same in any order":
           "The joint is, but the net has learned the conditionals of one order.",
       "yes, turn the image": "It would then be asked about upside-down digits."}))

# %% [markdown]
# ## Summary
#
# - $P(x) = \prod_i P(x_i\,|\,x_{<i})$ is exact, in any order. A model is a way to answer each
#   factor.
# - A softmax for each pixel that sees only what comes before gives a density: its sum over
#   all images is one.
# - Mask A hides the pixel itself, mask B does not; A comes first. One stack has a blind spot,
#   two have none.
# - A pixel that sees itself has a wonderful loss, and no density.
# - Training is one pass for all pixels, and calm. Drawing is a pass for each pixel; a cache
#   computes only what changed.
# - It can finish an image whose top is given.
#
# **Where the notes simplify**
# - "An output depends on its own previous values": *previous* is an order that we choose
#   (section 1).
# - "$x_i$ depends on left/top pixels": on all rows above, whole, and on what lies to its left
#   (sections 3 and 8).
# - "Masked convolutions enforce dependencies": they forbid those on later pixels; one stack
#   forbids some earlier ones, too (section 3).
# - "PixelRNN: sequential": in training row after row, in drawing pixel by pixel (section 8).
# - "Slow, not parallelizable": the order cannot be changed, the cost of each step can
#   (section 7).
#
# **References.** Van den Oord, Kalchbrenner and Kavukcuoglu, *Pixel Recurrent Neural
# Networks* (2016), for masks, PixelRNN and the first PixelCNN. Van den Oord et al.,
# *Conditional Image Generation with PixelCNN Decoders* (2016), for gates and two stacks.
# Salimans et al., *PixelCNN++* (2017). Ramachandran et al., *Fast Generation for
# Convolutional Autoregressive Models* (2017), for the cache. Theis, van den Oord and Bethge,
# *A Note on the Evaluation of Generative Models* (2016). Uria, Murray and Larochelle, *A Deep
# and Tractable Density Estimator* (2014), for orders. Shannon, *A Mathematical Theory of
# Communication* (1948), for bigrams of letters.
#
# **Next.** All families on the same data and the same budget: notebook 08.
