"""The exercises of the lecture on PixelCNN."""

from collections.abc import Callable
from itertools import product

import torch
from torch.nn.functional import one_hot

from .verdict import NOT_YET, Verdict, call, compare, not_yet, number


def _unlike(got, wanted: torch.Tensor) -> Verdict | None:
    """Return the verdict on what is no tensor of this shape; None on one that is."""
    if isinstance(got, torch.Tensor) and got.shape == wanted.shape:
        return None
    return compare(got, wanted, {}, "")


def _judge(
    got: torch.Tensor, wanted: torch.Tensor, names: list, mistakes: dict, right: str
) -> Verdict:
    """Judge the numbers `got` (N,), each of which has a name; `mistakes` as in `compare`."""
    for sentence, value in mistakes.items():
        if torch.allclose(got, value.to(got)):
            return Verdict(False, sentence)
    for name, yours, one in zip(names, got, wanted.to(got), strict=True):
        if not torch.isclose(yours, one):
            return Verdict(False, f"The values differ: {name} is {yours:g}; {one:g} is right.")
    return Verdict(True, right)


def _masks_right_and_wrong(y, x, is_b) -> tuple[torch.Tensor, dict]:
    """Return the mask at y below and x right of the middle, and `mistakes` as in `compare`."""
    above, below, row = y < 0, y > 0, y == 0
    left, right, itself = row & (x < 0), row & (x > 0), row & (x == 0)
    before, a_itself, b_itself = above | left, itself & ~is_b, itself & is_b
    wanted = before | b_itself
    return wanted, {
        "A and B have changed places: it is B that sees the pixel itself.": before | a_itself,
        "Both are mask A: B is to see the pixel itself, too.": before,
        "Both are mask B: A is not to see the pixel itself.": before | itself,
        "In its own row it looks to the right: those pixels are still to come.": (
            above | right | b_itself
        ),
        "In its own row it looks to both sides: the right one is still to come.": (
            before | right | b_itself
        ),
        "Rows and columns have changed places: this is the transpose.": (
            (x < 0) | ((x == 0) & above) | b_itself
        ),
        "The rows above are wanted as a whole, to the right of the pixel, too.": (
            (above & (x <= 0)) | left | b_itself
        ),
        "It looks at the rows below, which are still to come, and not at those above.": (
            below | left | b_itself
        ),
        "The rows above are missing.": left | b_itself,
        "The row just above the pixel is missing.": (y < -1) | left | b_itself,
        "Its own row is missing: it sees what is to the left there.": above | b_itself,
        "These are all ones: nothing is hidden.": torch.ones_like(wanted),
        "0 and 1 have changed places: it is 1 where the pixel may look.": ~wanted,
    }


def masks(mask: Callable) -> Verdict:
    """Judge mask(size, kind) → (size, size) of 0 and 1, of an odd size and kind "A" or "B"."""
    names, got, places = [], [], []
    for size, kind in product((3, 5, 7, 1), "AB"):
        name = f'mask({size}, "{kind}")'
        answer, failed = call(mask, size, kind)
        failed = failed or _unlike(answer, torch.empty(size, size))
        if failed:
            words = f"{name}: {failed.message}"
            return failed if failed is NOT_YET else Verdict(False, words)
        names += [f"{name}[{i}, {j}]" for i in range(size) for j in range(size)]
        got.append(answer.detach().double().flatten())
        offset = torch.arange(size) - size // 2
        is_b = torch.tensor([kind == "B"])
        places.append(torch.cartesian_prod(offset, offset, is_b.long()))
    got = torch.cat(got)
    y, x, is_b = torch.cat(places).unbind(1)  # of every number: below, right of the middle
    wanted, mistakes = _masks_right_and_wrong(y, x, is_b == 1)
    right = "Right: each pixel looks at those before it, and only with B at itself."
    verdict = _judge(got, wanted, names, mistakes, right)
    for name, value in zip(names, got, strict=True):
        if not torch.isclose(value, value.clamp(0, 1).round()):
            words = f"The values differ: a mask holds 0 and 1 only; {name} is {value:g}."
            return Verdict(False, words)
    return verdict


def pixels_seen(count: Callable) -> Verdict:
    """Judge count(n) → how many pixels n masked 3×3 convolutions see, A first, the others B."""
    layers, names, got = (1, 2, 3, 5, 10), [], []
    for n in layers:
        name = f"count({n})"
        answer, failed = call(count, n)
        if failed:
            return Verdict(False, f"{name}: {failed.message}")
        if not_yet(answer):
            return NOT_YET
        value, failed = number(answer, name)
        if failed:
            return failed
        names.append(name)
        got.append(value)
    n = torch.tensor(layers, dtype=torch.float64)
    wanted = n + 3 * n * (n + 1) / 2  # n to the left; i rows above the columns from −n to i
    square = (2 * n + 1).square()
    return _judge(
        torch.tensor(got, dtype=torch.float64),
        wanted,
        names,
        {
            "This is half the square, all before the pixel, and forgets the blind spot: i rows "
            "above it, only i columns to the right are seen, not n.": (square - 1) / 2,
            "This is the whole square; the masks hide what comes after the pixel.": square,
            "The whole square but the pixel: what comes after it is hidden, too.": square - 1,
            "One too many: it does not see itself, as the first layer has mask A.": wanted + 1,
            "This is mask A in every layer; from the second on it is B.": (n + 1).square(),
            "This is 4 a layer; each layer adds 3 more than the one before it, 3n + 1.": 4 * n,
            "This adds the ones of all masks up, 4 + 5 + 5 + …; a new layer looks from each "
            "pixel that was seen.": 5 * n - 1,
            "This is the quadrant to the left; i rows above, i columns to the right are seen, "
            "too.": n + n * (n + 1),
            "The n pixels to the left in its own row are missing.": wanted - n,
        },
        "Right: n in its own row, and n + i + 1 in the row i above it.",
    )


def _levels(draw: Callable, log_p: torch.Tensor, temperature: float) -> tuple:
    """Return (the levels (B,) drawn, None), or (None, the verdict on what are no levels)."""
    rows, levels = log_p.shape
    got, failed = call(draw, log_p, temperature)
    shape = tuple(got.shape) if isinstance(got, torch.Tensor) else None
    if shape == (rows, levels):
        words = f"These are {levels} numbers a row, probabilities perhaps; draw a level each."
        return None, Verdict(False, words)
    if shape == (rows, 1):
        words = f"The shape is {shape}; wanted is ({rows},), without the last axis: `[:, 0]`."
        return None, Verdict(False, words)
    failed = failed or _unlike(got, log_p[:, 0])
    if failed:
        return None, failed
    got = got.detach().double()
    if got.min() == 1 and got.max() == levels:
        words = f"Your levels count from 1 to {levels}; they count from 0 to {levels - 1}."
        return None, Verdict(False, words)
    none = got[(got.frac() != 0) | (got < 0) | (got >= levels)]
    if len(none):
        words = f"A level is a whole number from 0 to {levels - 1}; {none[0]:g} is none."
        return None, Verdict(False, words)
    return got.long(), None


def _misdrawn(counts: torch.Tensor, p: torch.Tensor, temperatures: tuple) -> Verdict | None:
    """Return the verdict on counts (T, 2, K) that are not those of P, or None if they are."""
    log_p, n = p.log(), counts[0, 0].sum()
    T = torch.tensor(temperatures, dtype=torch.float64)[:, None, None]
    wanted = (log_p / T).softmax(2)

    def deviations(weights):  # of the counts, in standard deviations, if these were right
        q = weights / weights.sum(-1, keepdim=True)
        off, deviation = (counts - n * q).abs(), (n * q * (1 - q)).sqrt()
        return torch.where(off == 0, 0, off / deviation)

    mistakes = {
        "T is the wrong way round: divide log p by it; you multiply.": (log_p * T).softmax(2),
        "T changes nothing. Divide log p by it: p / T, normalised, is p again.": p,
        "This is always the most probable level; draw one at random.": one_hot(p.argmax(1), 5),
        "This is the softmax of p / T; take that of log p / T.": (p / T).softmax(2),
        "The softmax is over the batch; it is wanted over the levels, dimension 1.": (
            (log_p / T).softmax(1)
        ),
        "The weights are to be exp(log p / T); you take −log p.": -log_p,
        "Each row's level is drawn from the first row's P; it has its own.": wanted[:, :1],
    }
    off = deviations(wanted)
    if off.max() <= 5:
        return None
    for sentence, weights in mistakes.items():
        if deviations(weights).max() <= 5:
            return Verdict(False, sentence)
    if (counts.amax(2) == n).all():
        words = "Like rows get like levels, all by one random number; each has its own."
        return Verdict(False, words)
    i, row, k = (j.item() for j in torch.unravel_index(off.argmax(), off.shape))
    return Verdict(
        False,
        f"The draws differ: at T = {temperatures[i]:g}, of {n:,} rows where level {k} has "
        f"p = {p[row, k]:.2f}, {counts[i, row, k] / n:.1%} draw it; "
        f"{wanted[i, row, k]:.1%} are right.",
    )


def pixel_draw(draw: Callable) -> Verdict:
    """Judge draw(log_p, T) → levels (B,), P(k) ∝ exp(log p_k / T), by counting.

    `log_p` (B, K) has two kinds of rows by turns. Torch's random numbers go on as before.
    """
    p = torch.tensor([[0.5, 0.25, 0.15, 0.07, 0.03], [0.04, 0.1, 0.2, 0.26, 0.4]])
    temperatures, n = (1.0, 0.5, 2.0), 10_000  # n of each kind
    sure = torch.arange(100) % 5
    with torch.random.fork_rng():
        torch.manual_seed(13)
        answers = [_levels(draw, p.log().repeat(n, 1), T) for T in temperatures]
        of_sure = _levels(draw, 50.0 * one_hot(sure) - 50, 1.0)
    for _, failed in (*answers, of_sure):
        if failed:
            return failed
    counts = torch.stack([one_hot(k, 5).view(n, 2, 5).sum(0) for k, _ in answers])
    failed = _misdrawn(counts, p.double(), temperatures)
    if failed:
        return failed
    for level, one in zip(of_sure[0], sure, strict=True):
        if level != one:
            words = f"A row with p = 1 at level {one} draws {level}: each follows its own P."
            return Verdict(False, words)
    return Verdict(True, "Right: at three temperatures the counts are those of P^(1/T).")
