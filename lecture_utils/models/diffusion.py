"""A diffusion model of images: noise is added step by step, a network learns to take it away.

Ho, Jain and Abbeel, Denoising Diffusion Probabilistic Models (2020), called DDPM.
"""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn

from ..data import LEVELS, check_images
from ..nets import Denoiser, noise
from .chains import State, cosine, reverse, strided


class Diffusion(nn.Module):
    """Images (B, 1, side, side) of levels 0..levels-1, by a chain x_T → … → x_1 → x_0.

    x_T … x_1 are rows of D numbers: pixels less the mean image of `x`, over their spread, with
    Gaussian noise. The last step draws levels: P(x_0|x_1) is a softmax over the levels k of
    −(k − x̂₀)²/2s² + b_k, with s and b learned for each pixel. So the chain may begin with as
    much noise as blurs a level. Raises `ValueError` for images or labels that do not fit.
    """

    def __init__(
        self,
        x: Tensor,
        T: int = 200,
        width: int = 192,
        blocks: int = 3,
        dropout: float = 0.1,
        classes: int = 10,
        levels: int = LEVELS,
    ):
        super().__init__()
        self.shape, self.levels, self.classes = tuple(x.shape[1:]), levels, classes
        rows = check_images(x, self.shape, levels).flatten(1)
        if (rows == rows[:1]).all():
            raise ValueError(f"x: got {len(x)} times one image, wanted images that differ")
        D = rows.shape[1]
        self.register_buffer("mean", rows.mean(0))
        self.register_buffer("spread", (rows - self.mean).square().mean().sqrt())
        self.register_buffer("alpha_bar", cosine(T, first=0.3))
        self.net = Denoiser(D, width, blocks, dropout, classes)
        self.log_s, self.b = nn.Parameter(torch.zeros(D)), nn.Parameter(torch.zeros(D, levels))

    def rows(self, x: Tensor) -> Tensor:
        """Return images in levels as rows x_0 (B, D)."""
        return (check_images(x, self.shape, self.levels).flatten(1) - self.mean) / self.spread

    def images(self, x_0: Tensor) -> Tensor:
        """Return rows (B, D) as images (B, 1, side, side) in levels, neither rounded nor
        clipped."""
        return (x_0 * self.spread + self.mean).view(-1, *self.shape)

    def clip(self, x_0: Tensor) -> Tensor:
        """Return rows (B, D), with every pixel moved into 0..levels-1."""
        pixels = self.images(x_0).flatten(1).clamp(0, self.levels - 1)
        return (pixels - self.mean) / self.spread

    def eps(self, x_t: Tensor, t, y: Tensor | None = None, w: float = 0.0) -> Tensor:
        """Return ε_θ(x_t, t), (B, D), for t a number or (B,), and labels y (B,) or none.

        With labels, (1 + w) ε_θ(x_t, t, y) − w ε_θ(x_t, t): Ho and Salimans, Classifier-Free
        Diffusion Guidance (2022), eq. 6. The network gives what √(1 − ᾱ) x_t lacks, over √ᾱ.
        """
        if w != 0 and y is not None:
            return (1 + w) * self.eps(x_t, t, y) - w * self.eps(x_t, t)
        a = self.alpha_bar[t].expand(len(x_t))[:, None]
        angle = a.sqrt().acos()[:, 0]  # how much noise, not which step: T may change later
        none = torch.full((len(x_t),), self.classes, device=x_t.device)
        out = self.net(x_t, angle, none if y is None else y)
        return (1 - a).sqrt() * x_t + a.sqrt() * out

    def score(self, x_t: Tensor, t, y: Tensor | None = None, w: float = 0.0) -> Tensor:
        """Return ∇ log p(x_t) = −ε_θ/√(1 − ᾱ_t), (B, D)."""
        return -self.eps(x_t, t, y, w) / (1 - self.alpha_bar[t]).sqrt().view(-1, 1)

    def x0(self, x_t: Tensor, t, eps: Tensor) -> Tensor:
        """Return x̂₀ (B, D): x_t without the noise `eps` (B, D)."""
        a = self.alpha_bar[t].view(-1, 1)
        return (x_t - (1 - a).sqrt() * eps) / a.sqrt()

    def log_levels(self, x_0: Tensor) -> Tensor:
        """Return log P(k|x_1) of each level k, (B, D, levels), given x̂₀ (B, D), in nats."""
        k = torch.arange(self.levels, device=x_0.device)
        apart = (k - self.images(x_0).flatten(1)[..., None]) * (-self.log_s).exp()[:, None]
        return (self.b - 0.5 * apart.square()).log_softmax(2)

    def log_last(self, x: Tensor, x_0: Tensor) -> Tensor:
        """Return log P(x|x_1) of images x, (B,), given x̂₀ (B, D), in nats."""
        level = x.flatten(1).long()[..., None]
        return self.log_levels(x_0).gather(2, level).sum((1, 2))

    def loss(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """Return the mean of (ε − ε_θ)²/ᾱ_t at random t, plus the last step's −log P per pixel.

        The last step is learned on an eighth of the images. A fifth of the labels, or all where
        y is none, are left out. DDPM's weight is 1, not 1/ᾱ_t: it leaves x̂₀ poor where the
        noise is strong.
        """
        n, few = len(x), max(1, len(x) // 8)
        t = torch.randint(1, len(self.alpha_bar), (n,), device=self.mean.device)
        t = torch.cat([t, torch.ones_like(t[:few])])
        x_0 = self.rows(torch.cat([x, x[:few]]))
        if y is not None:
            y = torch.where(noise(self, n, uniform=True) < 0.2, self.classes, self.labels(y, n))
            y = torch.cat([y, y[:few]])
        a, eps = self.alpha_bar[t][:, None], noise(self, *x_0.shape)
        x_t = a.sqrt() * x_0 + (1 - a).sqrt() * eps
        eps_hat = self.eps(x_t, t, y)
        last = self.log_last(x[:few], self.x0(x_t, t, eps_hat)[n:])
        error = (eps - eps_hat).square() / a
        return error[:n].mean() - last.mean() / x_0.shape[1]

    @torch.no_grad()
    def terms(
        self,
        x: Tensor,
        y: Tensor | None = None,
        steps: int | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Return the terms of a bound on −log P(x), (steps + 2, B), in nats; one draw each.

        First KL(q(x_T|x_0) ‖ N(0, I)), then KL(q(x_s|x_t, x_0) ‖ p(x_s|x_t)) for `steps` pairs
        t > s from T to 1, then −log P(x_0|x_1): DDPM, eq. 5. All T − 1 pairs unless told.
        """
        x_0, a = self.rows(x), self.alpha_bar.double()
        y = y if y is None else self.labels(y, len(x))
        snr, T = a / (1 - a), len(a) - 1  # signal-to-noise ratio: at 0, infinite
        times = strided(T, T - 1 if steps is None else steps, 1)
        terms = [0.5 * (a[T] * x_0.square() - a[T] - (1 - a[T]).log()).sum(1)]
        for t, s in pairwise([*times, 0]):
            eps = noise(self, *x_0.shape, generator=generator)
            x_t = self.alpha_bar[t].sqrt() * x_0 + (1 - self.alpha_bar[t]).sqrt() * eps
            x0_hat = self.clip(self.x0(x_t, t, self.eps(x_t, t, y)))
            if s == 0:
                terms.append(-self.log_last(x, x0_hat))
            else:  # both Gaussians have one variance: the KL is the distance of their means
                error = (x_0 - x0_hat).square().sum(1)
                terms.append(0.5 * (snr[s] - snr[t]) * error)
        return torch.stack(terms).float()

    def elbo(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return one draw of the bound on log P(x), (B,), in nats."""
        return -self.terms(x, generator=generator).sum(0)

    @torch.no_grad()
    def states(
        self,
        n: int,
        generator: torch.Generator | None = None,
        y: Tensor | None = None,
        w: float = 0.0,
        steps: int | None = None,
        eta: float = 1.0,
    ) -> Iterator[State]:
        """Yield the chain of n images: rows (n, D) from t = T to 1, then the drawn levels'.

        As `reverse` does, with labels y (n,) and guidance w. `steps` count those before the
        last.
        """
        y = y if y is None else self.labels(y, n)
        x_T = noise(self, n, len(self.mean), generator=generator)

        def eps(x_t, t):
            return self.eps(x_t, t, y, w)

        chain = reverse(eps, x_T, self.alpha_bar, steps, eta, generator, self.clip, last=1)
        for state in chain:
            yield state._replace(steps=state.steps + 1)
        x0_hat = self.clip(self.x0(state.x, 1, eps(state.x, 1)))
        p = self.log_levels(x0_hat).exp().flatten(0, 1)
        p = p if generator is None else p.to(generator.device)
        levels = torch.multinomial(p, 1, generator=generator).view(n, *self.shape)
        rows = self.rows(levels.to(x_T))
        yield State(state.steps + 1, state.steps + 1, 0, rows, x0_hat)

    def sample(self, n: int, generator: torch.Generator | None = None, **options) -> Tensor:
        """Draw n images (n, 1, side, side): the end of `states`, with its options."""
        states = self.states(n, generator, **options)
        (last,) = deque(states, maxlen=1)  # a thousand states of 447 images take 230 MB
        return self.images(last.x).round()

    def labels(self, y: Tensor, n: int) -> Tensor:
        """Return labels y (n,), checked."""
        if y.shape != (n,) or not ((y >= 0) & (y < self.classes)).all():
            raise ValueError(
                f"y: got shape {tuple(y.shape)}, wanted {n} labels in 0..{self.classes - 1}"
            )
        return y.to(self.mean.device)
