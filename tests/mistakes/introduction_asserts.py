    "01_introduction": [
        # the prior is forgotten; the sign is turned round
        ("off < 1e-12", "_l = line; line = lambda m, s, p: _l(m, s, 0.5)"),
        ("by_bayes.argmax", "_l = line; line = lambda *a: [-v for v in _l(*a)]"),
        ("error.max()", "_p = posterior; posterior = lambda x, m, s, p: _p(x, m, s, 0.5)"),
        ("ahead['round'][2:5]", "generative = discriminative"),
        (
            "ahead['round'][5]",
            "_g = generative; generative = lambda x, y, new: _g(x[:4], y[:4], new)",
        ),
        ("ahead['not round']", {'("not round", 0.5)': '("not round", 0.0)'}),
        # the data, where new points are wanted
        ("above - kl", {"toy.sample(20_000)": "points"}),
        ("abs(above) <", "mixture = next(em(points, 1, 1))"),
        (
            "log_q.exp()",
            "_q = GaussianMixture.log_prob; GaussianMixture.log_prob = lambda *a: _q(*a) + 0.01",
        ),
        ("rising.min()", {"in em(points, 12, 40)])": "in [*em(points, 12, 40)][::-1]])"}),
        ("hit < most", {"log10_share(0.3, centres": "log10_share(0.2, centres"}),
        ("hit > most", {"log10_share(0.3, centres": "log10_share(0.4, centres"}),
        (
            "inside['test digits']",
            'nearest["test digits"] = nearest["their pixels, shuffled"]',
        ),
        # the walls are forgotten
        (
            "log10_share(22)",
            "_s = log10_share\n"
            "log10_share = lambda r, c=images.clamp(1, 15), **k: _s(r, c, **k)",
        ),
        ("max(inside", 'nearest["random images"] = nearest["test digits"]'),
        ("cube'][1] / d", {"(r2 / r1).log()": "(r2 / r1).log2()"}),
        ("found['digits'][1]", {"intrinsic_dimension(images)": "intrinsic_dimension(noise)"}),
        ("- d / 6", {"torch.rand(4000, d) - torch.rand(4000, d)": "torch.rand(4000, d) - 0.5"}),
        ("/ spread", {"0.59 / d**0.5": "0.59 / d"}),
        # the mean is filled in
        (
            "by_sum / crossed",
            {"return torch.where(both, cov, torch.eye(len(cov)).to(cov))": "return cov + 0 * both"},
        ),
        ("half[0] >", {"chances(gaussians, x": "chances(gaussians[::-1], x"}),
        ("drop[0] <", {'filled in": by_regression': 'filled in": by_gaussians'}),
        (
            "> trained['means filled in']",
            {"fitted(images, known, data.y, steps=4)": "fitted(filled, everything, data.y, 1)"},
        ),
        ("trained['EM'][3] > 0.8", {"known, data.y, steps": "known, data.y.roll(1), steps"}),
        ("solutions @ A.T", {"tensor([0.8, -0.6])": "tensor([0.6, 0.8])"}),
        # the noise is twice as large
        (
            "off < 0.001",
            "_g = GaussianMixture.given; "
            "GaussianMixture.given = lambda m, A, y, noise: _g(m, A, y, 2 * noise)",
        ),
        (
            "log_at[1]",
            {"after.weights @ after.means\n": "after.means[after.weights.argmax()]\n"},
        ),
        # the prior's mean; everywhere; the prior's samples
        (
            "errors[1] <",
            {"decode(after.weights[None] @ after.means)": "decode(codes.mean(0)[None])"},
        ),
        ("spreads[0] >", {"twelve.std(0)[part]": "twelve.std(0)"}),
        ("max(misfits)", {"decode(after.sample": "decode(digit_prior.sample"}),
        ("(s - 1)", 'models["independent"] = 9, 1.01 * models["independent"][1]'),
        # the first pixel is forgotten
        ("exactly(everywhere)", {"list(range(i))": "list(range(1, i))"}),
        (
            "losses['table'][1]",
            'losses["table"], losses["independent"] = losses["independent"], losses["table"]',
        ),
        ("of_all[0] <", {"/ 36_051.2": "* 0 + 1 / 512"}),
        ("losses['autoregressive'][2]", 'losses["table"] = 511, 0.0, 0.0'),
        # the divergence the other way round
        ("abs(likeliest", {"lost(counted, binomial(v))": "lost(binomial(v), counted)"}),
        ("remains >", "counted = binomial(0.42)"),
        ("off_k.max()", {"log_joint(here[None])[0]": "log_joint(here[None])[0].sub(mixture.weights.log())"}),
        ("near.sum() >", {"< 0.05 ": "< 0.001 "}),
    ],
