"""Mistakes in the models and in the notebooks' own functions."""

# (file, its tests, {name: (what is written there once, what is written instead)})
TABLE = [
    # ---- models --------------------------------------------------------------------------
    (
        "lecture_utils/models/vae.py",
        ("test_vae.py",),
        {
            "KL: factor ½ dropped": ("return 0.5 * (mu.square()", "return (mu.square()"),
            "KL: sign": ("return 0.5 * (mu.square()", "return -0.5 * (mu.square()"),
            "KL: σ for σ²": ("(2 * log_sigma).exp() - 1", "log_sigma.exp() - 1"),
            "KL: log σ for log σ²": ("- 1 - 2 * log_sigma)", "- 1 - log_sigma)"),
            "KL: averaged over the dimensions": (
                "kl_to_standard_normal(mu, log_sigma).sum(1)",
                "kl_to_standard_normal(mu, log_sigma).mean(1)",
            ),
            "ELBO: the KL is added": (
                "return reconstruction - kl",
                "return reconstruction + kl",
            ),
            "z: log σ for σ": (
                "z = mu + log_sigma.exp() * noise(",
                "z = mu + log_sigma * noise(",
            ),
            "z: no noise": (
                "z = mu + log_sigma.exp() * noise(self, *mu.shape, generator=generator)",
                "z = mu",
            ),
            "bins: upper edge at the level": ("(x + 0.5 - location)", "(x - location)"),
            "bins: lower edge at the level": ("(location - x + 0.5)", "(location - x)"),
            "bins: the last does not reach to ∞": (".masked_fill(last, 0.0)", ""),
            "bins: the first does not reach to −∞": (
                "* rate).masked_fill(first, 0.0)",
                "* rate)",
            ),
            "bins: their width at the ends, too": (".masked_fill(first | last, 0.0)", ""),
            "bins: their width dropped": ("+ above_a + width)", "+ above_a)"),
            "likelihood: 1/scale inverted": ("(-self.log_scale).exp()", "self.log_scale.exp()"),
            "likelihood: averaged over the pixels": (
                "(below_b + above_a + width).sum(1)",
                "(below_b + above_a + width).mean(1)",
            ),
            "encode: another range": (
                "/ (self.levels - 1) * 2 - 1",
                "/ (self.levels - 1)",
            ),
            "decode: twice the scale": (
                "+ 1) / 2 * (self.levels - 1)",
                "+ 1) * (self.levels - 1)",
            ),
            "weights: sign of the prior": (
                "(eps.square() - z.square())",
                "(eps.square() + z.square())",
            ),
            "weights: log σ dropped": (
                "(eps.square() - z.square()) + log_sigma)",
                "(eps.square() - z.square()))",
            ),
            "weights: log σ for σ": (
                "z = mu + log_sigma.exp() * eps",
                "z = mu + log_sigma * eps",
            ),
            "weights: images in another order": (
                "x.repeat(k, 1, 1, 1)",
                "x.repeat_interleave(k, 0)",
            ),
            "loss: β on the reconstruction": (
                "(beta * kl - reconstruction)",
                "(kl - beta * reconstruction)",
            ),
            "sample: no noise in the pixels": (
                "self.log_scale.exp() * torch.logit(u)",
                "0 * torch.logit(u)",
            ),
            "sample: one noise for all pixels": (
                "u = noise(self, *location.shape, gen",
                "u = noise(self, len(location), 1, gen",
            ),
            "sample: Gaussian noise for uniform": (
                "generator=generator, uniform=True)\n",
                "generator=generator)\n",
            ),
            "sample: z is not drawn": (
                "self.draw(noise(self, n, self.latent, generator=generator), generator)",
                "self.draw(torch.zeros(n, self.latent), generator)",
            ),
            "sample: truncated levels": ("x.round().clamp(0,", "x.floor().clamp(0,"),
            "autoencoder: averaged over the pixels": (
                ".square().flatten(1).sum(1).mean()",
                ".square().mean()",
            ),
        },
    ),
    (
        "lecture_utils/models/gan.py",
        ("test_gan.py",),
        {
            "D: data and fakes exchanged": (
                "softplus(-self.D(x)).mean() + softplus(self.D(fake))",
                "softplus(self.D(x)).mean() + softplus(-self.D(fake))",
            ),
            "D: sign of the data's logit": ("softplus(-self.D(x))", "softplus(self.D(x))"),
            "D: sign of the fakes' logit": (
                "softplus(self.D(fake))",
                "softplus(-self.D(fake))",
            ),
            "D: G learns from D's loss": ("self.fake(len(x)).detach()", "self.fake(len(x))"),
            "G: learns nothing": (
                "self.D(self.fake(len(x)))",
                "self.D(self.fake(len(x)).detach())",
            ),
            "G: sign of the saturating loss": (
                "return -softplus(logit).mean()",
                "return softplus(logit).mean()",
            ),
            "G: sign of the non-saturating loss": (
                "return softplus(-logit).mean()",
                "return -softplus(-logit).mean()",
            ),
            "G: sign of the critic's": ("else -logit.mean()", "else logit.mean()"),
            "G: saturating and non-saturating exchanged": (
                "return -softplus(logit).mean()\n        return softplus(-logit).mean()",
                "return softplus(-logit).mean()\n        return -softplus(logit).mean()",
            ),
            "critic: sign": (
                "self.D(fake).mean() - self.D(x).mean()",
                "self.D(x).mean() - self.D(fake).mean()",
            ),
            "critic: the penalty is subtracted": ("+ self.penalty *", "- self.penalty *"),
            "penalty: λ dropped": ("self.penalty * self.grad", "self.grad"),
            "penalty: at the data only": ("(u * x + (1 - u) * fake)", "(x + 0 * u)"),
            "penalty: at the fakes only": ("(u * x + (1 - u) * fake)", "(fake + 0 * u)"),
            "penalty: one u for all rows": ("noise(self, len(x), *[1]", "noise(self, 1, *[1]"),
            "penalty: a u for every coordinate": (
                "noise(self, len(x), *[1] * (x.ndim - 1), uniform=True)",
                "noise(self, *x.shape, uniform=True)",
            ),
            "penalty: a Gaussian u": ("(x.ndim - 1), uniform=True)", "(x.ndim - 1))"),
            "penalty: the norm − 1 not squared": (
                "(norm - 1).square().mean()",
                "(norm - 1).mean()",
            ),
            "penalty: the squared norm − 1": ("+ 1e-12).sqrt()", "+ 1e-12)"),
            "penalty: the critic does not learn from it": (", create_graph=True", ""),
            "generate: with a gradient": ("    @torch.no_grad()\n", ""),
            "images: no tanh": ("        nn.Tanh(),\n", ""),
            "images: half the scale": ("half = (LEVELS - 1) / 2", "half = (LEVELS - 1) / 4"),
            "images: D sees another range": (
                "Affine(2 / (LEVELS - 1), -1)",
                "Affine(1 / (LEVELS - 1), 0)",
            ),
        },
    ),
    (
        "lecture_utils/models/couplings.py",
        ("test_flow.py",),
        {
            "log-det: doubled": ("log_slope.sum(1)", "2 * log_slope.sum(1)"),
            "log-det: dropped": ("log_slope.sum(1)", "0 * log_slope.sum(1)"),
            "log-det: sign": ("log_slope.sum(1)", "-log_slope.sum(1)"),
            "layer: a and b exchanged": (
                '("a", kept.nonzero()[:, 0])\n        self.register_buffer("b", (~kept)',
                '("a", (~kept).nonzero()[:, 0])\n        self.register_buffer("b", kept',
            ),
            "layer: the network sees b": (
                "self.net(x[:, self.a])",
                "self.net(x[:, self.a] + x[:, self.b].mean(1, keepdim=True))",
            ),
            "layer: b is put where a was": (
                "return x.index_copy(1, self.b, b), log",
                "return torch.cat([x[:, self.a], b], 1), log",
            ),
            "layer: dropout is not passed": ("dropout=dropout, act", "dropout=0.0, act"),
            "affine: s dropped from g": ("return b * s.exp() + t, s", "return b + t, s"),
            "affine: t is scaled, too": ("b * s.exp() + t, s", "(b + t) * s.exp(), s"),
            "affine: sign of s in the inverse": ("* (-s).exp()", "* s.exp()"),
            "affine: no tanh": ("return torch.tanh(s), t", "return s, t"),
            "mixture: s dropped from the log slope": (
                "return z, log_slope + s",
                "return z, log_slope",
            ),
            "inverse: with a gradient": ("    @torch.no_grad()\n", ""),
            "inverse: one logistic is both ends": ("ends.amax(2)", "ends.amin(2)"),
            "inverse: 14 steps": ("range(40)", "range(14)"),
            "inverse: the wrong half": ("[0] < y", "[0] > y"),
            "bend: 1 − F by a difference": (
                "(log_weight + logsigmoid(-u)).logsumexp(2)",
                "torch.log1p(-log_f.exp())",
            ),
            "bend: rate dropped from the density": (
                "(log_weight + log_rate + logsigmoid(u)",
                "(log_weight + logsigmoid(u)",
            ),
            "bend: weights dropped": ("log_f = (log_weight + ", "log_f = ("),
            "bend: slope of F": ("log_density - log_f - log_rest", "log_density"),
            "weights: over the elements": ("log_softmax(2)", "log_softmax(1)"),
            "weights: unbounded": ("(3 * torch.tanh(weight / 3))", "weight"),
            "centres: unbounded": ("3 * torch.tanh(centre / 3)", "centre"),
            "rates: unbounded": ("STEEP * torch.tanh(log_rate / STEEP)", "log_rate"),
        },
    ),
    (
        "lecture_utils/models/flow.py",
        ("test_flow.py",),
        {
            "logit: Jacobian left out": (
                "(math.log(slope) - p.log() - (-p).log1p()).sum(1)",
                "0 * p.sum(1)",
            ),
            "logit: sign of the Jacobian": (
                "(math.log(slope) - p.log() - (-p).log1p()).sum(1)",
                "-(math.log(slope) - p.log() - (-p).log1p()).sum(1)",
            ),
            "logit: slope left out": ("(math.log(slope) - p.log()", "(-p.log()"),
            "logit: takes any x": ("if not ((x >= 0) & (x <= self.levels)).all()", "if False"),
            "flow: log-det of the last layer": (
                "log_det = log_det + of_layer",
                "log_det = of_layer",
            ),
            "flow: back in the order of the way there": (
                "reversed(self.layers)",
                "self.layers",
            ),
            "flow: train mode with dropout": ("m.training and m.p > 0", "False"),
            "density: ½ dropped": ("return -0.5 * (z.square()", "return -(z.square()"),
            "density: 2π once": (
                "(z.square() + math.log(2 * math.pi)).sum(1)",
                "(z.square().sum(1) + math.log(2 * math.pi))",
            ),
            "density: volume dropped": (".sum(1) + log_det", ".sum(1)"),
            "density: volume divides": (".sum(1) + log_det", ".sum(1) - log_det"),
            "flow: temperature ignored": (
                "self.inverse(temperature * noise(",
                "self.inverse(noise(",
            ),
            "flow: uniform noise": (
                "noise(self, n, self.dim, generator=generator)",
                "noise(self, n, self.dim, generator=generator, uniform=True)",
            ),
            "images: dropout is not passed": (
                "kind(kept, hidden, dropout)",
                "kind(kept, hidden)",
            ),
            "noise: μ dropped": ("w = mu + log", "w = log"),
            "noise: not squeezed": ("return torch.sigmoid(w), log_q", "return w, log_q"),
            "log q: sign of the scale": (
                "log_logistic(e) - log_scale",
                "log_logistic(e) + log_scale",
            ),
            "log q: slope of the squeeze dropped": (" - log_logistic(w)  #", "  #"),
            "log q: of the logistic at w": (
                "log_q = log_logistic(e)",
                "log_q = log_logistic(w)",
            ),
            "weights: noise in [0, 2)": (
                "log_prob(rows + u)",
                "log_prob((rows + 2 * u).clamp(max=self.levels))",
            ),
            "weights: log q is added": ("(rows + u) - log_q)", "(rows + u) + log_q)"),
            "weights: draws for images": (".view(k, len(x))", ".view(len(x), k).T"),
            "encode: a quarter": ("self._rows(x) + 0.5", "self._rows(x) + 0.25"),
            "decode: rounded": (".floor().clamp(", ".round().clamp("),
            "decode: any level": (".clamp(0, self.levels - 1)", ""),
            "images: in their own precision": ("rows.to(next(self.parameters()))", "rows"),
            "masks: twice the same half": (
                "column < side // 2, row < side",
                "column < side // 2, column < side",
            ),
            "masks: no negatives": (
                "(mask.flatten(), ~mask.flatten())",
                "(mask.flatten(), mask.flatten())",
            ),
            "masks: do not alternate": (
                "[i // 2 % len(pairs)][i % 2]",
                "[i // 2 % len(pairs)][0]",
            ),
        },
    ),
    (
        "lecture_utils/models/chains.py",
        ("test_diffusion.py",),
        {
            "cosine: signal for its square": ("phi.cos().square()", "phi.cos()"),
            "linear: ᾱ off by one": (
                "[torch.ones(1), (1 - beta).cumprod(0)]",
                "[torch.ones(2), (1 - beta[1:]).cumprod(0)]",
            ),
            "reverse: noise at the last step": (
                "eta**2 * (1 - a_s) / (1 - a_t) * (1",
                "eta**2 * (1",
            ),
            "reverse: η ignored": ("eta**2 * (1 - a_s)", "(1 - a_s)"),
            "reverse: η for η²": ("eta**2 * (1 - a_s)", "eta * (1 - a_s)"),
            "reverse: variance for its root": (
                "variance.sqrt() * fresh",
                "variance * fresh",
            ),
            "reverse: ᾱ off by one": (
                "a_t, a_s = alpha_bar[t], alpha_bar[s]",
                "a_t, a_s = alpha_bar[t - 1], alpha_bar[s]",
            ),
            "reverse: fresh noise on top of the old": ("(1 - a_s - variance)", "(1 - a_s)"),
            "reverse: the noise of another x̂₀": (
                "e = (x - a_t.sqrt() * x0) / (1 - a_t).sqrt()",
                "e = eps(x, t)",
            ),
            "Langevin: factor 2 dropped": ("math.sqrt(2 * size)", "math.sqrt(size)"),
        },
    ),
    (
        "lecture_utils/models/diffusion.py",
        ("test_diffusion.py",),
        {
            "eps: guidance on the wrong side": (
                "(1 + w) * self.eps(x_t, t, y) - w * self.eps(x_t, t)",
                "(1 + w) * self.eps(x_t, t) - w * self.eps(x_t, t, y)",
            ),
            "score: sign": ("return -self.eps(", "return self.eps("),
            "levels: factor ½ dropped": ("self.b - 0.5 * apart", "self.b - apart"),
            "loss: the last step's noise only": (
                "a, eps = self.alpha_bar[t][:, None],",
                "a, eps = (self.alpha_bar[t] / self.alpha_bar[t - 1])[:, None],",
            ),
            "loss: 1/ᾱ dropped": ("(eps - eps_hat).square() / a", "(eps - eps_hat).square()"),
            "loss: a quarter of the labels is hidden": ("< 0.2,", "< 0.25,"),
            "loss: the last step at any time": ("torch.ones_like(t[:few])", "t[:few]"),
            "bound: − ᾱ dropped from the prior's": ("- a[T] - (1", "- (1"),
            "bound: factor ½ dropped": ("0.5 * (snr[s] - snr[t])", "(snr[s] - snr[t])"),
            "bound: times exchanged": ("(snr[s] - snr[t])", "(snr[t] - snr[s])"),
            "bound: not clipped": (
                "self.clip(self.x0(x_t, t, self.eps(x_t, t, y)))",
                "self.x0(x_t, t, self.eps(x_t, t, y))",
            ),
            "states: no guidance": (
                "return self.eps(x_t, t, y, w)",
                "return self.eps(x_t, t, y)",
            ),
            "states: η and the steps are not passed": (
                "self.alpha_bar, steps, eta, gen",
                "self.alpha_bar, None, 1.0, gen",
            ),
        },
    ),
    (
        "lecture_utils/nets.py",
        ("test_nets.py",),
        {
            "mlp: an activation after the last": ("layers[:-2])", "layers[:-1])"),
            "mlp: no dropout": ("nn.Dropout(dropout)", "nn.Dropout(0.0)"),
            "mlp: always the same activation": ("activation(), nn.D", "nn.SiLU(), nn.D"),
            "denoiser: no cosines": ("angles.cos()]", "angles.sin()]"),
            "denoiser: no label is label 0": ("weight[-1] if", "weight[0] if"),
        },
    ),
    (
        "lecture_utils/metrics.py",
        ("test_metrics.py",),
        {
            "energy distance: pairs of a point and itself": (
                "torch.pdist(x.double()).mean()",
                "torch.cdist(x.double(), x.double()).mean()",
            ),
        },
    ),
    # ---- the notebooks' own functions ----------------------------------------------------
    (
        "notebooks/source/03_reparameterization.py",
        ("test_reparameterization.py",),
        {
            "draw: ε redrawn": (
                "return mu + sigma * eps",
                "return mu + sigma * torch.randn_like(eps)",
            ),
            "draw: μ dropped": ("return mu + sigma * eps", "return sigma * eps"),
            "score: sign": ("return (f(z) - b) * (z - mu)", "return (f(z) - b) * (mu - z)"),
            "score: σ for σ²": ("(z - mu) / sigma**2", "(z - mu) / sigma"),
            "score: the baseline is added": ("return (f(z) - b)", "return (f(z) + b)"),
            "pathwise: twice": (
                "f(draw(mu, sigma, eps)).sum(), mu)[0]",
                "f(draw(mu, sigma, eps)).sum(), mu)[0] * 2",
            ),
            "cases: exponent of sin 3z": (
                "torch.exp(-4.5 * sigma**2)",
                "torch.exp(-9 * sigma**2)",
            ),
            "cases: |z| without − 1": (
                "2 * phi.cdf(mu / sigma) - 1)",
                "2 * phi.cdf(mu / sigma))",
            ),
            "cases: the step's 1/σ dropped": (
                "phi.log_prob(mu / sigma).exp() / sigma)",
                "phi.log_prob(mu / sigma).exp())",
            ),
            "variance: 12 for 14": ("+ 14 * mu**2", "+ 12 * mu**2"),
            "variance: 3 for 15": ("+ 15 * sigma**2", "+ 3 * sigma**2"),
            "variance: σ² for 3σ² in the baseline's": (
                "(mu**2 + 3 * sigma**2)) / sigma**2",
                "(mu**2 + sigma**2)) / sigma**2",
            ),
            "variance: 2σ² for the pathwise 4σ²": (
                "return 4 * sigma**2",
                "return 2 * sigma**2",
            ),
            "dimensions: (D + 2)² for (D + 2)(D + 4)": (
                "(plain / ((D + 2) * (D + 4))",
                "(plain / ((D + 2) * (D + 2))",
            ),
            "dimensions: D + 2 for 2(D + 2)": (
                "(with_b / (2 * (D + 2))",
                "(with_b / ((D + 2))",
            ),
            "score loss: a detach dropped": ("(log_q - log_q.detach())", "log_q"),
            "score loss: sign of log q": (
                "(log_q - log_q.detach())",
                "(log_q.detach() - log_q)",
            ),
            "score loss: rsample": ("z = q.sample()  ", "z = q.rsample()  "),
            "score loss: the baseline knows its own image": (
                "(f.sum() - f) / (len(f) - 1)",
                "f.mean()",
            ),
            "score loss: the baseline is twice as high": (
                "(f.sum() - f) / (len(f) - 1)",
                "2 * (f.sum() - f) / (len(f) - 1)",
            ),
            "score loss: sign of the KL": (
                "return (kl_to_standard_normal",
                "return (-kl_to_standard_normal",
            ),
            "score loss: the decoder learns nothing": (
                ".sum(1) - f - surrogate",
                ".sum(1) - f.detach() - surrogate",
            ),
            "race: both score functions with a baseline": (
                "score_loss(model, x),",
                "score_loss(model, x, True),",
            ),
            "race: factor ½ dropped": (
                "for g in difference).item() / 2",
                "for g in difference).item()",
            ),
            "race: all weights for the encoder's": (
                "list(model.encoder.parameters())",
                "list(model.parameters())",
            ),
            "exponential: sign": ("-b * torch.log1p(-u)", "b * torch.log1p(-u)"),
            "logistic: inverted": ("b * (u / (1 - u)).log()", "b * ((1 - u) / u).log()"),
            "a choice: counted from the other side": (
                "u[:, None] > edges(b)",
                "u[:, None] < edges(b)",
            ),
            "Gumbel: the outer minus dropped": ("return -(-torch.rand", "return (-torch.rand"),
            "Gumbel: the inner minus dropped": ("return -(-torch.rand", "return -(torch.rand"),
            "Gumbel-softmax: times τ": ("((logits + g) / tau)", "((logits + g) * tau)"),
            "Gumbel-softmax: noise outside": ("((logits + g) / tau)", "(logits / tau + g)"),
            "hard choices: without − p": ("* (y - logits.softmax(0))", "* y"),
            "hard choices: the mean loss for each": (
                "return choice_loss(y)[:, None]",
                "return choice_loss(y).mean()",
            ),
        },
    ),
    (
        "notebooks/source/04_gan_minimax.py",
        ("test_gan_lecture.py",),
        {
            "push: sign": (
                "return -torch.autograd.grad(softplus(-game",
                "return torch.autograd.grad(softplus(-game",
            ),
            "draws: not sorted": ("(a.sort(0).values - b.sort(0).values)", "(a - b)"),
            "value: D* exchanged": (
                "(p / (p + q), q / (p + q)) if D",
                "(q / (p + q), p / (p + q)) if D",
            ),
            "JSD: factor ½ dropped": (
                "torch.xlogy(q, q / m)).sum() * dx / 2",
                "torch.xlogy(q, q / m)).sum() * dx",
            ),
            "JSD: p + q for its half": ("m = (p + q) / 2\n", "m = p + q\n"),
            "gradient: always of the same loss": ("    game.kind = kind\n", ""),
            "W₁: without dx": ("((p - q).cumsum(0) * dx).abs()", "(p - q).cumsum(0).abs()"),
            "rounds: alternating is simultaneous": (
                "    a = a - eta * b\n    return a, b",
                "    return a - eta * b, b",
            ),
            "plan: ends and starts exchanged": (
                "return (ends - starts).clamp(min=0)",
                "return (starts - ends).clamp(min=0)",
            ),
            "plan: from the first end": (
                "torch.minimum(P[1:, None]",
                "torch.minimum(P[:-1, None]",
            ),
            "modes: two widths": ("max(0.3, 3 * toy.width)", "max(0.3, 2 * toy.width)"),
            "friction: on G": ('if name == "D" else 0', 'if name == "G" else 0'),
            "friction: twice": ("gamma / 2 * pair.D", "gamma * pair.D"),
            "critic: its mean for the gap": (
                "(critic.D(x).mean() - critic.D(fake).mean()).item()",
                "critic.D(x).mean().item()",
            ),
            "rounds: sign of extragradient": (
                "return a - eta * ahead_b",
                "return a + eta * ahead_b",
            ),
            "pair: uphill": ("weight.data -= eta * slope", "weight.data += eta * slope"),
            "modes: any share": ("(shares(fakes, toy) >= 0.02)", "(shares(fakes, toy) > 0)"),
            "shares: of the training images": (
                "named.bincount(minlength=10) / len(images)",
                "named.bincount(minlength=10) / len(known)",
            ),
            "walk: on the chord": (
                "torch.sin((1 - t) * omega), torch.sin(t * omega)",
                "(1 - t) * torch.sin(omega), t * torch.sin(omega)",
            ),
        },
    ),
]
