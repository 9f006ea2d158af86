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
        "lecture_utils/models/mixture.py",
        ("test_mixture.py",),
        {
            "density: the covariance for its root": (
                "L = torch.linalg.cholesky(covs)",
                "L = covs",
            ),
            "density: factor ½ dropped": ("return -0.5 * (u.square()", "return -(u.square()"),
            "density: the determinant of the root": (
                "log_det = 2 * L.diagonal",
                "log_det = L.diagonal",
            ),
            "density: 2π once for all dimensions": (
                "x.shape[1] * math.log(2 * math.pi)",
                "math.log(2 * math.pi)",
            ),
            "density: π for 2π": ("math.log(2 * math.pi)", "math.log(math.pi)"),
            "joint: weights for their logarithms": (
                "return self.weights.log() + log_normal(",
                "return self.weights + log_normal(",
            ),
            "density: of the likeliest component": (".logsumexp(1)", ".amax(1)"),
            "density: through the probabilities": (".logsumexp(1)", ".exp().sum(1).log()"),
            "sample: components equally often": (
                "torch.multinomial(self.weights, n",
                "torch.multinomial(torch.ones_like(self.weights), n",
            ),
            "sample: the root transposed": (
                "(root @ noise[..., None])",
                "(root.mT @ noise[..., None])",
            ),
            "sample: the covariance for its root": (
                "torch.linalg.cholesky(self.covs)[k]",
                "self.covs[k]",
            ),
            "sample: noise of the global generator": (
                "self.means.shape[1], generator=generator)",
                "self.means.shape[1])",
            ),
            "sample: components of the global generator": (
                "replacement=True, generator=generator)",
                "replacement=True)",
            ),
            "sample: noise in single precision": (
                "generator=generator).to(self.means)",
                "generator=generator)",
            ),
            "sample: any number": ('        check_count(n, "n")\n', ""),
            "given: noise of 0": ("if not noise > 0", "if noise < 0"),
            "given: a column of equations": (" or y.shape != (M,):", ":"),
            "given: A of any shape": ("A.shape != (M, D) or ", ""),
            "given: as far as EM": (
                ".softmax(0), means, covs)",
                ".softmax(0), means, covs, self.step)",
            ),
            "density: of points of another dimension": (" or x.shape[1] != means.shape[1]", ""),
            "density: of one point alone": ("x.ndim != 2 or ", ""),
            "density: a singular covariance": (
                "except torch.linalg.LinAlgError",
                "except TypeError",
            ),
            "given: noise of NaN": ("if not noise > 0", "if noise <= 0"),
            "given: noise for noise² in the precision": (
                "A.T @ A / noise**2",
                "A.T @ A / noise",
            ),
            "given: noise for noise² in the mean": ("A.T @ y / noise**2", "A.T @ y / noise"),
            "given: the prior does not pull": (
                "(precisions @ self.means[..., None])[..., 0]",
                "0 * self.means",
            ),
            "given: the prior's weights": (
                "(self.weights.log() + log_y).softmax(0)",
                "self.weights",
            ),
            "given: weights of y alone": ("(self.weights.log() + log_y)", "log_y"),
            "given: factor ½ of the misfit dropped": (
                "before - 0.5 * misfit",
                "before - misfit",
            ),
            "given: the misfit without noise": (
                "((y - means @ A.T) / noise)",
                "(y - means @ A.T)",
            ),
            "given: the misfit of the prior's means": (
                "y - means @ A.T",
                "y - self.means @ A.T",
            ),
            "given: weights without the posterior": ("0.5 * misfit - after", "0.5 * misfit"),
            "given: weights without the prior's densities": (
                "log_y = before - 0.5",
                "log_y = -0.5",
            ),
            "EM: shares over the points": (".softmax(1)  # E", ".softmax(0)  # E"),
            "EM: shares without the weights": (
                "mixture.log_joint(x).softmax(1)",
                "log_normal(x, means, covs).softmax(1)",
            ),
            "EM: the nearest takes all": (
                "share = mixture.log_joint(x).softmax(1)",
                "share = (40 * mixture.log_joint(x)).softmax(1)",
            ),
            "EM: equal weights": (
                "GaussianMixture(total / n",
                "GaussianMixture(0 * total + 1 / K",
            ),
            "EM: spread around the old means": ("off = x - means[", "off = x - mixture.means["),
            "EM: spread around the middle": (
                "off = x - means[:, None]",
                "off = x - x.mean(0) + 0 * means[:, None]",
            ),
            "EM: spread by the squared shares": (
                "(share.T[..., None] * off).mT",
                "(share.T[..., None].square() * off).mT",
            ),
            "EM: unbiased covariances": (
                "/ total[:, None, None] + narrow",
                "/ (total[:, None, None] - 1) + narrow",
            ),
            "EM: no ridge": ("/ total[:, None, None] + narrow", "/ total[:, None, None]"),
            "EM: the ridge as a spread": (
                "ridge * torch.eye",
                "ridge**2 * torch.eye",
            ),
            "EM: the ridge in every place": (
                "ridge * torch.eye(x.shape[1])",
                "ridge * torch.ones(2 * [x.shape[1]])",
            ),
            "EM: another ridge": ("ridge: float = 1e-3", "ridge: float = 1e-2"),
            "EM: begins around the first points": ("x[torch.randperm(n)[:K]]", "x[:K]"),
            "EM: begins around a point twice": (
                "torch.randperm(n)[:K]",
                "torch.randint(n, (K,))",
            ),
            "EM: begins without a ridge": (
                "(x.T.cov(correction=0) + narrow)",
                "(x.T.cov(correction=0) + 0 * narrow)",
            ),
            "EM: begins narrow": (
                "(x.T.cov(correction=0) + narrow)",
                "(x.T.cov(correction=0) / 4 + narrow)",
            ),
            "EM: begins with n − 1 for n": ("cov(correction=0)", "cov()"),
            "EM: one step fewer": (
                'check_count(steps, "steps") + 1)',
                'check_count(steps, "steps"))',
            ),
            "EM: no step": ('check_count(steps, "steps")', "steps"),
            "EM: records do not know how many": ("covs, step, steps)", "covs, step)"),
            "EM: fewer points than K": ("or len(x) < check_count(K", "or 0 > check_count(K"),
            "EM: points without a shape": ('(x, "x").ndim != 2 or', '(x, "x").ndim > 2 or'),
            "EM: images for rows": ('(x, "x").ndim != 2 or', '(x, "x").ndim < 2 or'),
            "EM: NaN": ('check_finite(x, "x").ndim', "x.ndim"),
            "record: K for D": ("K, D = self.means.shape", "D, K = self.means.shape"),
        },
    ),
    (
        "lecture_utils/models/masked.py",
        ("test_autoregressive.py",),
        {
            "mask: A sees the pixel itself": (
                'if kind in ("B", "left and own"):',
                'if kind in ("A", "B", "left and own"):',
            ),
            "mask: left sees the pixel itself": (
                'if kind in ("B", "left and own"):',
                'if kind in ("B", "left", "left and own"):',
            ),
            "mask: B does not see the pixel itself": (
                'if kind in ("B", "left and own"):',
                'if kind == "left and own":',
            ),
            "mask: the rows below": ("mask[:middle] = 1", "mask[middle + 1 :] = 1"),
            "mask: a row less": ("mask[:middle] = 1", "mask[1:middle] = 1"),
            "mask: a column less": (
                "mask[middle, :middle] = 1",
                "mask[middle, : middle - 1] = 1",
            ),
            "mask: what is right": (
                "mask[middle, :middle] = 1",
                "mask[middle, middle + 1 :] = 1",
            ),
            "mask: rows without what is right": (
                "mask[middle] = 1\n",
                "mask[middle, middle] = 1\n",
            ),
            "mask: rows without its own": (
                "        mask[middle] = 1\n",
                "        mask[middle] = 0\n",
            ),
            "mask: any size": ("size < 1 or size % 2 == 0 or kind", "kind"),
            "mask: any kind": (" or kind not in KINDS", ""),
            "cache: kept in another place": (
                "kept[inside][..., self.rows, self.columns] = h",
                "kept[..., self.rows, self.columns] = h",
            ),
            "cache: kept a pixel too far left": (
                "kept[inside][..., self.rows, self.columns] = h",
                "kept[inside].roll(1, -1)[..., self.rows, self.columns] = h",
            ),
            "cache: nothing new is kept": (
                "kept[inside][..., self.rows, self.columns] = h",
                "pass",
            ),
            "cache: padded below": (
                "pad(h, (reach, reach, reach, 0))",
                "pad(h, (reach, reach, 0, reach))",
            ),
            "cache: padded on the right": (
                "pad(h, (reach, reach, reach, 0))",
                "pad(h, (0, 2 * reach, reach, 0))",
            ),
            "cache: a window of a row above": (
                "= self.rows.start, self.rows.stop + reach",
                "= max(self.rows.start - 1, 0), max(self.rows.stop - 1, 1) + reach",
            ),
            "cache: a window of a column to the left": (
                "= self.columns.start, self.columns.stop + 2 * reach",
                "= max(self.columns.start - 1, 0), "
                "max(self.columns.start - 1, 0) + len(range(10**6)[self.columns]) + 2 * reach",
            ),
            "convolution: no mask": ("(self.weight * self.mask)", "self.weight"),
            "convolution: the rows below": ("[:, :, : r + 1]", "[:, :, r:]"),
            "convolution: a row down": ("pad(h, (r, r, r, 0))", "pad(h, (r, r, r + 1, -1))"),
            "convolution: a row up": ("pad(h, (r, r, r, 0))", "pad(h, (r, r, r - 1, 1))"),
            "convolution: a column left": (
                "pad(h, (r, r, r, 0))",
                "pad(h, (r - 1, r + 1, r, 0))",
            ),
            "convolution: weights as if all inputs were seen": (
                "self.weight.mul_((self.mask.mean() + 1e-9).rsqrt())",
                "self.weight.mul_(1)",
            ),
            "convolution: weights the smaller, the less is seen": (".rsqrt()", ".sqrt()"),
            "convolution: infinite weights where nothing is seen": ("() + 1e-9)", "())"),
            "block: tanh and sigmoid exchanged": (
                "a.tanh() * b.sigmoid()",
                "a.sigmoid() * b.tanh()",
            ),
            "block: a and b exchanged": ("a, b = ab.chunk", "b, a = ab.chunk"),
            "block: nothing past it": ("return h + self.W(", "return self.W("),
            "block: no activation": ("self.conv(elu(h), memory)", "self.conv(h, memory)"),
            "block: no position": (
                "ab = self.conv(elu(h), memory) + at(self.position, memory)",
                "ab = self.conv(elu(h), memory)",
            ),
            "block: no dropout": (
                "self.W(self.dropout(a.tanh() * b.sigmoid()))",
                "self.W(a.tanh() * b.sigmoid())",
            ),
            "block: nothing of the rows above": ("ab = ab + self.above(above)", "pass"),
            "rows: not moved down": ("pad(v, (0, 0, 1, -1))", "v"),
            "rows: moved two rows down": ("pad(v, (0, 0, 1, -1))", "pad(v, (0, 0, 2, -2))"),
            "rows: moved to the right": ("pad(v, (0, 0, 1, -1))", "pad(v, (1, -1, 0, 0))"),
            "rows: another mask": (
                'MaskedConv(n_in, channels, size, "rows")',
                'MaskedConv(n_in, channels, size, "B")',
            ),
            "rows: another mask in the blocks": ('"kind": "rows"', '"kind": "B"'),
            "rows: each block from the first map": ("block(maps[-1], ", "block(maps[0], "),
            "rows: no dropout": ('"rows", "dropout": dropout', '"rows", "dropout": 0.0'),
            "rows: not computed at a new row": (
                "if memory.columns.start == 0 and row > 0:",
                "if False:",
            ),
            "rows: computed at the second pixel of a row": (
                "if memory.columns.start == 0 and",
                "if memory.columns.start == 1 and",
            ),
            "rows: the row itself for the one above": (
                "slice(row - 1, row), slice(0,",
                "slice(row, row + 1), slice(0,",
            ),
            "rows: kept a row too high": (
                "kept[:, :, row] = v",
                "kept[:, :, row - 1] = v",
            ),
            "rows: the place is forgotten": ("memory.rows, memory.columns = place", "pass"),
            "map: columns for rows": (
                "h[..., memory.rows, memory.columns]",
                "h[..., memory.columns, memory.rows]",
            ),
            "map: always its first pixel": (
                "h[..., memory.rows, memory.columns]",
                "h[..., :1, :1]",
            ),
            "map: not cut": (
                "return h if memory is None else h[..., memory.rows, memory.columns]",
                "return h",
            ),
        },
    ),
    (
        "lecture_utils/models/autoregressive.py",
        ("test_autoregressive.py",),
        {
            "thermometer: as much ink": ("(x > k)", "(x >= k)"),
            "thermometer: less ink": ("(x > k)", "(x < k)"),
            "thermometer: 0 and 1": (".to(self.bias.dtype) - 0.5", ".to(self.bias.dtype)"),
            "thermometer: a level higher": (
                "torch.arange(self.levels - 1, dev",
                "torch.arange(1, self.levels, dev",
            ),
            "thermometer: takes any image": (
                "x = check_images(x, self.shape, self.levels)\n",
                "\n",
            ),
            "begin: no position": (
                "self.first(t, memory) + at(self.position, memory)",
                "self.first(t, memory)",
            ),
            "end: no activation": ("self.dropout(elu(h))", "self.dropout(h)"),
            "end: no dropout": ("self.dropout(elu(h))", "elu(h)"),
            "end: no map of biases": (" + at(self.bias, memory)", ""),
            "levels: not normalised": ("self.scores(x).log_softmax(1)", "self.scores(x)"),
            "levels: normalised over the rows": (
                "scores(x).log_softmax(1)",
                "scores(x).log_softmax(2)",
            ),
            "pixels: of another level": (
                "gather(1, x.long())",
                "gather(1, (self.levels - 1 - x).long())",
            ),
            "pixels: of the level below": (
                "gather(1, x.long())",
                "gather(1, (x - 1).clamp(min=0).long())",
            ),
            "log P: a mean": (".sum((1, 2))", ".mean((1, 2))"),
            "loss: sign": ("return -self.log_prob(x)", "return self.log_prob(x)"),
            "loss: a sum": ("-self.log_prob(x).mean()", "-self.log_prob(x).sum()"),
            "states: temperature 0": ("(temperature > 0 and", "(temperature >= 0 and"),
            "states: no pixel to draw": (
                "0 <= start < height * width)",
                "0 <= start <= height * width)",
            ),
            "states: a start before the first": ("and 0 <= start <", "and start <"),
            "states: given is not looked at": ("if given is None else given", ""),
            "states: any given": (
                'x = check_images(x, self.shape, self.levels, "given")',
                "",
            ),
            "states: the planes of a drawn pixel stay": (
                "t[here] = self.planes(x[here])",
                "pass",
            ),
            "states: the layers do not see the image first": (
                "self(t, memory)  #",
                "#",
            ),
            "states: all pixels are drawn": ("range(start, height", "range(height"),
            "states: from the pixel behind the start": (
                "range(start, height",
                "range(start + 1, height",
            ),
            "states: column by column": ("r, c = divmod", "c, r = divmod"),
            "states: never with a cache": ("Memory() if cached else None", "None"),
            "states: the place is a pixel behind": (
                "slice(r, r + 1), slice(c, c + 1)",
                "slice(r, r + 1), slice(max(c - 1, 0), max(c, 1))",
            ),
            "states: the row is one behind": (
                "slice(r, r + 1), slice(c, c + 1)",
                "slice(max(r - 1, 0), max(r, 1)), slice(c, c + 1)",
            ),
            "states: P of another pixel": (
                "else log_p[here]",
                "else log_p[..., c : c + 1, r : r + 1]",
            ),
            "states: temperature inverted": ("0, 0] / temperature", "0, 0] * temperature"),
            "states: temperature ignored": ("0, 0] / temperature", "0, 0]"),
            "states: the root of the temperature": (
                "0, 0] / temperature",
                "0, 0] / temperature**0.5",
            ),
            "states: the global generator": ("1, generator=generator)", "1)"),
            "states: the likeliest level": (
                "drawn[..., None, None]",
                "p.argmax(1)[:, None, None, None]",
            ),
            "states: one draw for all": ("drawn[..., None, None]", "drawn[:1, :, None, None]"),
            "states: earlier ones change": ("            x = x.clone()\n", ""),
            "states: counted from 0": ("Pixel(i + 1,", "Pixel(i,"),
            "states: P before the temperature": ("x, p, r, c)", "x, log_p.exp(), r, c)"),
            "states: with a gradient": ("    @torch.no_grad()\n", ""),
            "pixel: rows from 0": ("row {self.row + 1}", "row {self.row}"),
            "pixel: columns from 0": ("column {self.column + 1}", "column {self.column}"),
            "sample: no options": ("generator, **options), maxlen", "generator), maxlen"),
            "sample: the first pixel's": ("(last,) = deque(", "(last, *_) = list("),
            "PixelCNN: A behind the first layer": ('(mask, "B")', '(mask, "A")'),
            "PixelCNN: B first": ('stacks == 2, (mask, "B")', 'stacks == 2, ("B", "B")'),
            "PixelCNN: always A first": ('stacks == 2, (mask, "B")', 'stacks == 2, ("A", "B")'),
            "two stacks: the first sees the pixel itself": (
                '"left" if mask == "A" else "left and own", "left',
                '"left and own", "left',
            ),
            "two stacks: the mask is ignored": (
                '"left" if mask == "A" else "left and own", "left',
                '"left", "left',
            ),
            "PixelCNN: no dropout in the blocks": (
                '"dropout": dropout, "above": two',
                '"dropout": 0.0, "above": two',
            ),
            "PixelCNN: one block less": ("range(blocks))", "range(blocks - 1))"),
            "two stacks: not joined": ("h = h + self.join(first)", "pass"),
            "two stacks: another layer": ("first, *above =", "*above, first ="),
            "two stacks: nothing for the blocks": (
                "block(h, rows_above, memory)",
                "block(h, None, memory)",
            ),
            "two stacks: the cache is not told": (
                "self.rows(t, memory)",
                "self.rows(t, None)",
            ),
            "PixelCNN: three stacks are one": ("stacks not in (1, 2) or ", ""),
            "PixelCNN: any mask": (' or mask not in ("A", "B")', ""),
            "thermometer: takes values between the levels": (
                "if not torch.equal(x, x.round()):",
                "if False:",
            ),
            "states: any number of images given": ("if len(x) not in (1, n):", "if False:"),
            "states: with dropout": ("        self.eval()\n", ""),
            "states: with dropout where cached": (
                "        self.eval()\n",
                "        self.train(self.training and cached)\n",
            ),
            "states: with dropout unless cached": (
                "        self.eval()\n",
                "        self.train(self.training and not cached)\n",
            ),
            "states: any n": ('check_count(n, "n")', "n"),
            "LSTM: B first": ('channels, size, "A")', 'channels, size, "B")'),
            "LSTM: another mask": ('channels, 3, "left and own")', 'channels, 3, "B")'),
            "LSTM: the state hears nothing of its pixel": (
                '4 * channels, 3, "left and own")',
                '4 * channels, 3, "left")',
            ),
            "LSTM: a reach less": (
                "reach = side - 1 if reach is None",
                "reach = side - 2 if reach is None",
            ),
            "LSTM: always the whole row": (
                "side - 1 if reach is None else reach",
                "side - 1",
            ),
            "LSTM: no activation": ("self.into(elu(inputs))", "self.into(inputs)"),
            "LSTM: input and forget gates exchanged": ("i, f, o, g =", "f, i, o, g ="),
            "LSTM: output gate and content exchanged": ("i, f, o, g =", "i, f, g, o ="),
            "LSTM: tanh and sigmoid exchanged": (
                "o.sigmoid() * c.tanh()",
                "o.tanh() * c.sigmoid()",
            ),
            "LSTM: the content is not squeezed": ("* g.tanh()", "* g"),
            "LSTM: the memory is not squeezed": ("* c.tanh())", "* c)"),
            "LSTM: nothing is forgotten": ("c = f.sigmoid() * c +", "c = c +"),
            "LSTM: nothing is remembered": ("c = f.sigmoid() * c +", "c ="),
            "LSTM: the same row": (
                "self.across(down)",
                "self.across(down + own[:, :, r])",
            ),
            "LSTM: of the row above, only pixels": (
                "down = rows[-1] + own[:, :, r]",
                "down = own[:, :, r]",
            ),
            "LSTM: of the row above, no pixels": (
                "down = rows[-1] + own[:, :, r]",
                "down = rows[-1] + 0 * own[:, :, r]",
            ),
            "LSTM: the first row for each above": (
                "down = rows[-1] + own",
                "down = rows[0] + own",
            ),
            "LSTM: the rows upside down": (
                "torch.stack(rows, 2)",
                "torch.stack(rows[::-1], 2)",
            ),
            "LSTM: no inputs past it": (
                "inputs + torch.stack(rows, 2)",
                "torch.stack(rows, 2)",
            ),
            "LSTM: the whole for a pixel": (
                "return at(self.end(inputs + torch.stack(rows, 2)), memory)",
                "return self.end(inputs + torch.stack(rows, 2))",
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
