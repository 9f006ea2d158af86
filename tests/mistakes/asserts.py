"""For every term of every assert in the lectures, a wrong model or formula that makes it false.

A term is named by a piece of its text. The change is a statement that runs before the cell, or
what is written in the cell → what is written instead.
"""

UNTRAINED = "vae = VAE(latent=16)"
NOT_LEARNED = """_new = GaussianVAE
def GaussianVAE():
    model = _new()
    model.log_s.requires_grad_(False)
    return model"""
SAME_BETA = {"{beta: kl_and_active(beta)": "{beta: kl_and_active(1.0)"}
SQUARE = "square[..., 0, :] = square[..., 7, :] = square[..., 0] = square[..., 7] = 16"
EXCHANGED = (
    'models["with baseline"], models["score function"] = '
    'models["score function"], models["with baseline"]'
)
FLAT = "value = lambda p, q, right=value: 0.01 * right(p, q) - 0.99 * math.log(4)"
SCORE = "score = lambda f, mu, sigma, eps, b=0.0: "
LATE = "early, late = snapshots[10][1], snapshots[400][1]"
SLOW_D = {'lr={"D": lambda t: 1e-2 * (1 - t), "G": 0.0})': 'lr={"D": 1e-6, "G": 0.0})'}
SHORT = {  # the ring and the checkerboard, hardly trained
    "plane_training(flows[name], toys[name])": "plane_training(flows[name], toys[name], 20)",
    "if step.step in (100, 800)": "if step.step in (10, 20)",
    "found[name, step.step]": "found[name, 40 * step.step]",
}
HARDLY = {  # the flow that is watched; the others a little more
    "watch(train(flow, data.x, steps=500": "watch(train(flow, data.x, steps=5",
    "fit(train(model, data.x, steps=500": "fit(train(model, data.x, steps=50",
}
ONE_WIDTH = {
    "norm.pdf(x, -1.5, w) + norm.pdf(x, 1.5, w)": "norm.pdf(x, -1.5, 1) + norm.pdf(x, 1.5, 1)",
    "norm.cdf(at, -1.5, w) + norm.cdf(at, 1.5, w)": (
        "norm.cdf(at, -1.5, 1) + norm.cdf(at, 1.5, 1)"
    ),
}
NO_BAR = {"two_terms(bar), two_terms(test.x)": "two_terms(test.x), two_terms(test.x)"}
ROUGH = "_g = gan.generate; gan.generate = lambda z: (_g(z) / 4).round() * 4"
RING = 'plane_training(model, toys["ring"])'
UNFAIR = "plane_training(model, type(ring())(ring().centres, 0.05, torch.tensor({})))"
BLANK = "digit_model = Diffusion(data.x)"
UNLABELLED = (
    "guided[2.0] = digit_model.sample(400, steps=20)\n"
    "measured[2.0] = reader.score(guided[2.0].flatten(1), labels), measured[2.0][1]"
)

ASSERTS = {
    "01_introduction": [
        # the prior is forgotten; the sign is turned round
        ("off < 1e-12", "_l = line; line = lambda m, s, p: _l(m, s, 0.5)"),
        ("by_bayes.argmax", "_l = line; line = lambda *a: [-v for v in _l(*a)]"),
        ("error.max()", "_p = posterior; posterior = lambda x, m, s, p: _p(x, m, s, 0.5)"),
        ("round_ahead[1:4]", "def discriminative(*all): return generative(*all)"),
        # it learns from 200 points
        (
            "round_ahead[5]",
            "_d = discriminative\n"
            "def discriminative(x, y, new): return _d(x[:200], y[:200], new)",
        ),
        ("wrong_ahead[1:3]", {'"not round": (0.2,': '"not round": (0.5,'}),
        ("wrong_ahead[5]", {'"not round": (0.2,': '"not round": (0.0,'}),
        ("repaired_ahead[3]", "def repaired(*all): return discriminative(*all)"),
        ("repaired_ahead[5]", "def repaired(*all): return generative(*all)"),
        # the data, where new points are wanted
        ("above - kl", {"toy.sample(20_000)": "points"}),
        ("abs(above) <", "mixture = next(em(points, 1, 1))"),
        (
            "log_q.exp()",
            "_q = GaussianMixture.log_prob\n"
            "GaussianMixture.log_prob = lambda *a: _q(*a) + 0.01",
        ),
        ("cost <", {"math.log(0.9)": "math.log(0.5)"}),
        ("forgot >", {"weights.argmax()] = 0 ": "weights.argmin()] = 0 "}),
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
            {"(both, cov, torch.eye(len(cov)).to(cov))": "(both, cov, cov)"},
        ),
        ("half[0] > 0.8", {"chances(gaussians, x": "chances(gaussians[::-1], x"}),
        ("half[0] > half[1]", {'filled in": by_regression': 'filled in": by_gaussians'}),
        (
            "half[0] > half[2]",
            {"chances(gaussians, filled_in(x, s), all_seen)": "by_gaussians(x, s)"},
        ),
        # less sure than they are; surer than it is
        (
            "sure['Gaussians",
            "_c = chances\ndef chances(*all): return (_c(*all).log() / 9).softmax(1)",
        ),
        ("sure['regression", {"filled_in(x, seen) / 16": "filled_in(x, seen) / 2"}),
        # after one step, from a guess
        ("em_right[3] > max", {"data.y, steps=12),\n  ": "data.y, steps=1),\n  "}),
        # it has seen the whole images
        ("em_right - class_right", {"by_class, every": "images, every"}),
        ("unlucky[0] < em_right", {"(~dark, holes": "(holes >= 0.3, holes"}),
        ("unlucky[0] < unlucky[1]", {"(~dark, holes": "(~dark, ~dark, holes"}),
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
        # the prior's mean; everywhere; two pixels aside
        (
            "errors[1] <",
            {"decode(after.weights[None] @ after.means)": "decode(codes.mean(0)[None])"},
        ),
        ("spreads[0] >", {"twelve.std(0)[rows < 14]": "twelve.std(0)[rows >= 14]"}),
        (
            "max(misfits)",
            {"decode(after.sample(12, luck))": "decode(after.sample(12, luck)).roll(2, 3)"},
        ),
        ("sum(map(sum, called", "kind_of = kind_of.roll(1, 1)"),
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
        (
            "off_k.max()",
            {"log_joint(here[None])[0]": "log_joint(here[None])[0].sub(mixture.weights.log())"},
        ),
        ("near.sum() >", {"< 0.05": "< 0.001"}),
    ],
    "02_elbo": [
        ("abs(total - 1)", "_m = marginal; marginal = lambda *x: 1.001 * _m(*x)"),
        ("/ pca_loss - 1", {"steps=1500": "steps=20"}),
        ("bent < 0.8", {"steps=1500": "steps=3"}),
        (
            "of_prior > 1.5",
            {"decoded = [ae.decode(crosses": "decoded = [ae.decode(z_ae"},
        ),
        ("of_one > of_ten", {"for parts in (1, 10)": "for parts in (10, 1)"}),
        ("r_measured / r", {"/ (2 * s * torch.pi**0.5)": "/ (s * torch.pi**0.5)"}),
        ("needed[16]", {"(r**d - 1)": "(r - 1) * d"}),
        ("marginal(x_seen", {"+ dz.log()": "+ dz.log() + 0.01"}),
        ("worst <", "_gap = gap; gap = lambda mu, sigma: _gap(mu, sigma) + 0.001"),
        ("gaps.min()", "_gap = gap; gap = lambda mu, sigma: 0.0 * _gap(mu, sigma)"),
        # the q that follows θ
        (
            "bound.diff()",
            {"frozen_elbo(theta, 0.6, 0.2)": "frozen_elbo(theta, *posterior_of(theta))"},
        ),
        ("truth.diff()", {"torch.linspace(1.8, 2.9, 23)": "torch.linspace(0.8, 2.9, 23)"}),
        ("s_learned / off", NOT_LEARNED),
        ("nats < 91", UNTRAINED),
        ("independent >", UNTRAINED),
        ("vae_distance <", UNTRAINED),
        ("spread_vae < 1.5", {"for z in (z_vae, z_ae)": "for z in (z_ae, z_ae)"}),
        (
            "of_ten < distance",
            {"vae2.sample(350)": "ae.decode(torch.randn(350, 2)).detach()"},
        ),
        ("bins < one_width", {"-vae2.elbo(test.x)": "-VAE(latent=2).elbo(test.x)"}),
        ("evidence(square)", {SQUARE: "square = test.x[:1]"}),
        (
            "evidence(blank) >",
            {"blank, square = torch.zeros(": "blank, square = 16 - torch.zeros("},
        ),
        ("seen[0]", {"refitted(vae2, data.x[:60])": "(network, own - 1)"}),
        ("sixteen[0]", {"refitted(vae, test.x[:60])": "(network, network)"}),
        # a KL without its logarithm
        ("exact_2 < own", {"- 1 - 2 * log_sigma).sum(1)": ").sum(1)"}),
        ("own - exact_2", {"range(400)": "range(4)"}),
        ("table[1.0][0]", SAME_BETA),
        ("table[20.0]", SAME_BETA),
        # the absolute error: its best guess is the median
        ("(2 * w - 1)", {"(-1 - c)**2 + w * (1 - c)**2": "(1 + c).abs() + w * (1 - c).abs()"}),
        (
            "real > 2",
            {"neighbours(left_over), neighbours(": "neighbours(draws - centres), neighbours("},
        ),
        ("of_encoded < of_test", {'test images": test.x - left_over': 'test images": test.x'}),
        ("of_draws / of_test", {'"full draws": draws': '"full draws": centres'}),
        # the average outside the logarithm
        ("toy[1] <", {"log_w.logsumexp(1) - torch.tensor(float(k)).log()": "log_w.mean(1)"}),
        ("tight[1]", {"(vae, test.x, k)": "(vae, test.x, 1)"}),
    ],
    "03_reparameterization": [
        ("not f(z).requires_grad", {".sample()": ".rsample()"}),
        ("mu.grad is None", {".sample()": ".rsample()"}),
        ("fresh.std()", {"(f(at + h + second) -": "(f(at + h + first) -"}),
        (
            "pinned.mean()",
            {"first) - f(at + first)) / h  # the": "first) - f(at - h + first)) / h  # the"},
        ),
        ("torch.equal(to_mu", {"return mu + sigma * eps": "return 2 * mu + sigma * eps"}),
        ("torch.equal(to_sigma", {"return mu + sigma * eps": "return mu + sigma**2 * eps"}),
        ("mu.grad == 1", {"z.backward()": "(2 * z).backward()"}),
        ("isclose(sigma.grad", {"torch.set_rng_state(state)\n": "\n"}),
        ("isclose(z,", {"torch.set_rng_state(state)\n": "\n"}),
        ("pair.T.cov()", {"torch.randn(400_000, 2) @ L.T": "torch.randn(400_000, 2) @ L"}),
        ("by_draws", {"pair.prod(1).mean()": "pair.square().mean()"}),
        ("pathwise(cases", "pathwise = score"),
        ("to_sigma.mean()", {"(eps**2 - 1) / sigma": "eps**2 / sigma"}),
        # without 1/σ
        ("abs(g.mean() - exact)", SCORE + "(f(draw(mu, sigma, eps)) - b) * eps"),
        (
            "measured / ratio",
            {"score_variance(mu, sigma) /": "score_variance(mu, sigma, 1.0) /"},
        ),
        # the best baseline from the start
        (
            "ratio >=",
            {
                "    change = (b**2": "    b = mu**2 + 3 * sigma**2; change = (b**2",
                "sigma, eps).var() / p": "sigma, eps, mu**2 + 3 * sigma**2).var() / p",
            },
        ),
        (
            "score_variance(mu, sigma, best)",
            {"best = mu**2 + 3 * sigma**2": "best = mu**2 + sigma**2"},
        ),
        ("g.mean() - 2 * mu", SCORE + "f(draw(mu, sigma, eps)) * eps / sigma - b"),
        (
            "g.var() / wanted",
            "_v = score_variance; score_variance = lambda mu, sigma, b: _v(mu, sigma) + 0 * b",
        ),
        # a loss of its own dimension only
        ("plain /", {"f_z = z.square().sum(1)": "f_z = z[:, 0].square()"}),
        ("with_b /", {"(f_z - D - 2)": "(f_z - D)"}),
        ("max(nats['pathwise'])", 'models["pathwise"] = models["score function"]'),
        ("max(nats['with baseline'])", EXCHANGED),
        ("at_end['score function']", 'losses["score function"] = losses["with baseline"]'),
        ("at_end['with baseline']", 'losses["with baseline"] = losses["pathwise"]'),
        (
            "ks.statistic",
            'inverse_cdf["logistic"] = lambda u, b: b * (1.1 * u / (1 - u)).log()',
        ),
        (
            "allclose(to_b",
            'inverse_cdf["Laplace"] = lambda u, b: Laplace(0.0, b.detach()).icdf(u) + 0 * b',
        ),
        ("exact > 0.4", {"(b * values).softmax(0)": "(0 * b * values).softmax(0)"}),
        ("(change == 0)", 'inverse_cdf["a choice"] = lambda u, b: b * u'),
        ("change.mean() - exact", {"(after - before) / h": "(after - before)"}),
        (
            "share - logits.softmax(0)",
            "gumbel = lambda *shape: torch.randn(shape)",
        ),
        (
            "unbiased.mean(0)",
            "hard_gradients = lambda g: choice_loss(hard(g))[:, None] * hard(g)",
        ),
        ("bias[15] >", "soft_gradients = lambda tau, g: hard_gradients(g)"),
        ("spread[3] >", "soft_gradients = lambda tau, g: hard_gradients(g)"),
        (
            "off > 5",
            {
                "return torch.autograd.grad(choice_loss(y).sum(), own)[0]": (
                    "return hard_gradients(g)"
                )
            },
        ),
    ],
    "04_gan_minimax": [
        ("after <", {"range(500)": "range(5)"}),
        # one broad Gaussian
        (
            "between <",
            {"fakes_1d = game.sample(5000)": "fakes_1d = 1.58 * torch.randn(5000, 1)"},
        ),
        ("of_best - by_jsd", {"2 * jsd(p, q)": "jsd(p, q)"}),
        ("trained - of_best", SLOW_D),
        ("error <=", SLOW_D),
        ("lowest ==", {"humps(grid, centre, gap": "humps(grid, centre - 1, gap"}),
        ("values[lowest]", "value = lambda p, q, right=value: right(p, q) + 1e-4"),
        ("others >", FLAT),
        (
            "late['saturating'] < 0.001",
            {LATE: "early, late = snapshots[10][1], snapshots[10][1]"},
        ),
        ("late['non-saturating'] > early", {LATE: f'{LATE}; late["non-saturating"] = 0.1'}),
        (
            "late['non-saturating'] > 100000",
            {LATE: f'{LATE}; late.update({{"saturating": 1e-5, "non-saturating": 0.9}})'},
        ),
        ("divergence - math.log(2)", "jsd = lambda p, q, right=jsd: 2 * right(p, q)"),
        (
            "abs(to_theta) <",
            "jsd = lambda p, q, right=jsd: right(p, q) + 1e-5 * wasserstein(p, q)",
        ),
        ("jumps <", {"f(-1e-3) for f": "f(1e-3) for f"}),
        ("abs(smooth)", {"f(-1e-3) for f in both": "f(-1e-3) for f in both[::-1]"}),
        ("abs(distance - theta)", {"* dx).abs().sum()": "* dx).square().sum()"}),
        (
            "abs(to_theta_w - 1)",
            {"((p - q).cumsum(0)": "((p - q / 2 - q.detach() / 2).cumsum(0)"},
        ),
        ("plan.sum(1)", {".clamp(min=0)": ".abs()"}),
        ("plan.sum(0)", {"return (ends - starts)": "return (p[:, None] / 12).expand(12, 12)"}),
        ("cost - area", {"return (ends - starts)": "return (p[:, None] * q)"}),
        ("cost < worth", {"return (ends - starts)": "return (p[:, None] * q)"}),
        ("estimate / (k", {"steps=400": "steps=20"}),
        ("to_G / k", {'gradient_norm(critic, "wasserstein")': "1.0"}),
        ("out / (1", {"radius(simultaneous, eta, n)": "radius(alternating, eta, n)"}),
        ("back / (1", {"radius(extragradient, eta, n)": "radius(alternating, eta, n)"}),
        ("path(alternating", "alternating = simultaneous"),
        ("ends[0]", {"rounds_of(kind) for kind": "rounds_of(kind, 0.05) for kind"}),
        (
            "ends[1]",
            {
                '("saturating", "non-saturating")': '("saturating", "saturating")[:1]',
                'paths["sat': 'paths["non-saturating"] = paths["saturating"]\npaths["sat',
            },
        ),
        ("ends[2]", {"gamma=0.3)": "gamma=0.0)"}),
        ("crossings >=", {"rounds_of(kind) for kind": "rounds_of(kind, 5.0) for kind"}),
        (
            "len(visits) >=",
            {"plane_game(), 40": "plane_game(), 1", "800 else 40": "800 else 1"},
        ),
        ("len(set(visits))", {"shares(live[n], four).argmax().item()": "0"}),
        ("late >=", {"1 if 200 <= step.step < 800 else 40": "40"}),
        ("again >=", {"range(801, 876)": "range(101, 176)"}),
        (
            "fakes_2d['GAN']",
            {"train(ring_game(), points, steps=800": "train(ring_game(), points, steps=5"},
        ),
        (
            "fakes_2d['WGAN-GP']",
            {'"wasserstein"), points, steps=800': '"wasserstein"), points, steps=5'},
        ),
        ("classifier.score", "classifier = SVC().fit(known, data.y.roll(1))"),
        ("fake[0] < 160", "fake = measure(dcgan().sample(2000), test.x)"),
        ("fake[1].min()", "fake = measure(data.x[data.y < 9], test.x)"),
        ("lacking[1].min()", "lacking = measure(data.x, test.x)"),
        ("lacking[0] >", "lacking = measure(data.x, test.x)"),
        ("unseen[2] <", "fake = measure(data.x, test.x)"),  # copies
        ("table['no BatchNorm']", {"frechet_after(batch_norm=False)": "frechet_after()"}),
        ("largest[100] /", ROUGH),
        ("largest[200] / largest[400]", ROUGH),
    ],
    "05_change_of_variables": [
        ("abs(p.sum()", {"p, dx = p_x(": "p, dx = 1.001 * p_x("}),
        (
            "off < 5",
            {"standard_normal(200_000), *bend)": "standard_normal(200_000), 0, 1, -1)"},
        ),
        # the right Jacobian
        ("abs(wrong - 1)", {"* slope(f_inverse": "/ slope(f_inverse"}),
        ("abs(unfolded", {"((0.4, False)": "((0.6, False)"}),
        ("abs(every", {"(1.0, True)": "(1.0, False)"}),
        ("1 - one - hidden", {"> 1e-3).mean()": "> 3).mean()"}),
        ("errors[0.05] <", {".det().abs().log()": ".det().abs().log() + 0.01"}),
        ("errors[0.1] /", {"log_p_x(warp(low + side / 2))": "log_p_x(warp(low))"}),
        ("slopes['dense']", "def dense(J):\n    return triangular(J)"),
        ("slopes['triangular']", "def triangular(J):\n    return dense(J)"),
        ("back - some", {"nets[0])[0], nets[0])": "nets[0])[0], nets[1])"}),
        ("dense(of_layers", {"return stack(some": "return -stack(some"}),
        ("worst[0]", SHORT | {"@ cells": "@ cells * 1.05"}),
        ("worst[1]", SHORT | {"flow.inverse(flow(x)[0])": "flow.inverse(flow(x)[0] + 1e-3)"}),
        ("found['moons'", SHORT | {'examine(flows["moons"]': "examine(real_nvp()"}),
        ("found['checkerboard'", SHORT),
        ("x_1.std()", {"real_nvp(alternate=False)": "real_nvp()"}),
        ("stuck_lost", {"examine(stuck": 'examine(flows["ring"]'}),
        ("steepness[0.4]", ONE_WIDTH),
        ("by_map / by_densities", {"norm.pdf(0) / humps(0, w)": "norm.pdf(0) / humps(0.1, w)"}),
        ("lost['8 affine'] < lost", {"real_nvp(couplings": "real_nvp(10 - couplings"}),
        ("between['8 affine']", {"> 4 * toy.width": "> 40 * toy.width"}),
        ("max(lost", {"ring(modes=100": "ring(modes=8"}),
        ("kl < 0.15", {"real_nvp(4, kind=MixtureCoupling)": "real_nvp(4)"}),
        ("kl < 0.5 *", {"real_nvp(4, kind=MixtureCoupling)": "real_nvp(4)"}),
        (
            "error < 0.0001",
            "_way_back = Flow.inverse\n"
            "Flow.inverse = lambda self, z: _way_back(self, z + 1e-3)",
        ),
        ("narrow < -3", {"nll(0.001, 0.5)": "nll(0.3, 0.5)"}),
        ("best > entropy", {"min(nll(w / 50, u)": "min(nll(w / 50, 0.5)"}),
        ("best - entropy", {"range(5, 100)": "range(5, 6)"}),
        (
            "last['bare']",
            {"in losses.items()}, 64": 'in {"bare": losses["noisy"]}.items()}, 64'},
        ),
        ("on_tests['bare']", {"-bound(bare, test.x)": "-bound(noisy, test.x)"}),
        ("learned < mixture - 1", HARDLY),
        ("learned < 90", HARDLY),
        ("tight_mixture - tight_learned", HARDLY),
        ("curve[0.6][0]", {"bound(flow, x, 5)": "bound(flow, flow.sample(447), 5)"}),
        ("curve[0.6][1]", {"distance(x[:350]": "distance(flow.sample(350)"}),
        ("torch.equal", "_read = flow.decode\nflow.decode = lambda z: _read(z + 0.5)"),
        (
            "apart['arc']",
            {"return z / z.norm(dim=-1, keepdim=True) * line(t, *lengths)": "return z"},
        ),
        ("beaten['a bar", {"bar[..., 3:5]": "bar[..., 5:7]"}),
        ("beaten['at the edge']", {"moved[..., 6:8]": "moved[..., 3:5]"}),
        ("beaten['a blank", {'"a blank page": blank': '"a blank page": moved'}),
        ("scores['samples'].max()", {"bound(flow, flow.sample(447))": "bound(flow, bar)"}),
        ("scores['samples'].mean()", {"bound(flow, flow.sample(447))": "bound(flow, test.x)"}),
        ("of_bar[0]", NO_BAR),
        ("of_bar[1]", NO_BAR),
        ("independent(test.x)", {"independent(bar)": "independent(moved)"}),
    ],
    "06_diffusion": [
        # without roots
        ("max(gaps[:2])", "in_one_jump = lambda x, a, eps: a * x + (1 - a) * eps"),
        ("gaps[2] >", {"[0][t - 40]": "[0][t]"}),
        # the thousand steps' β for two hundred
        ("max(left", 'schedules["linear"] = linear(200).double()'),
        ("left['stops early']", 'schedules["stops early"] = schedules["cosine"]'),
        (
            "arrived['cosine', 200]",
            {"(x - (1 - a_t).sqrt() * eps(x, a_t))": "(x - (1 - a_t) * eps(x, a_t))"},
        ),
        ("arrived['cosine', 2]", {"0, steps + 1)": "0, 201)"}),  # never less than all steps
        (
            "arrived['stops early', 200]",
            'schedules["stops early"] = schedules["cosine"]',
        ),
        (
            "arrived[told, 200]",
            {"in_one_jump(draw(10_000), a[-1], x_T) if name == told else x_T": "x_T"},
        ),
        # the score for the noise
        ("explained[0]", {"(total, guess)": "(total, slope(x_t, now))"}),
        ("explained[1]", {"alpha_bar[t - 1]": "alpha_bar[t // 2]"}),  # fifty steps in one
        ("by_step - share", {"(beta / (1 - now)).sqrt()": "beta / (1 - now)"}),
        ("off < 1e-06", {"eps_hat / (1 - a).sqrt()).abs()": "eps_hat / (1 - a)).abs()"}),
        # one half of the ring has more than the other; one mode has little
        ("apart < 0.02", {RING: UNFAIR.format("4 * [0.155] + 4 * [0.095]")}),
        # it stops with noise left
        ("between < 0.05", {"2), model.alpha_bar))": "2), model.alpha_bar, last=10))"}),
        ("least > 0.08", {RING: UNFAIR.format("7 * [0.135] + [0.055]")}),
        ("1 - off >", "model = DDPM()"),
        ("abs(tilt - 1)", {"/ (1 - of.alpha_bar[t]).sqrt()": "/ (1 - of.alpha_bar[t])"}),
        ("off_clean > 1", {"true_score(x, a / a)": "true_score(x, a)"}),
        # the score of a narrower bell
        ("v in ran.items()", {"lambda x: -x": "lambda x: -1.1 * x"}),
        ("ran[2.1]", {"h, 200)": "h, 20)"}),
        ("ended['plain'", 'levels["plain"] = levels["annealed"]'),
        # from little noise to much
        ("ended['annealed'", 'levels["annealed"] = levels["annealed"][::-1]'),
        (
            "scores['trained'][0]",
            {"digit_model.sample(447)": "Diffusion(data.x).sample(447, steps=20)"},
        ),
        # real images, not fog
        ("scores['a Gaussian'][1]", {"gaussian.sample((447,))": "pixels[-447:]"}),
        ("bound < -alone", BLANK),
        ("bound < coarse", {"steps=10": "steps=199"}),
        ("untrained > -alone", {"Diffusion(data.x).terms": "digit_model.terms"}),
        # ᾱ_T is not 0
        ("terms[0]", "digit_model.alpha_bar = cosine(200, first=0.3, last=0.99)"),
        # the terms in the order of t
        ("terms[-20:]", {"terms(test.x)  ": "terms(test.x)[[0, *range(200, 0, -1)]]"}),
        ("measured[2.0][0]", UNLABELLED),
        ("measured[4.0][1]", "guided[4.0], measured[4.0] = guided[0.0], measured[0.0]"),
        ("far[4.0]", "guided[4.0] = guided[0.0]"),
        (
            "distance['DDIM', 20]",
            {"447, steps=steps, eta": "447, steps=max(1, steps // 10), eta"},
        ),
        ("distance['DDPM', 2]", {'("DDPM", 1.0)': '("DDPM", 0.0)'}),
        ("- distance['DDPM', 999]", {"digit_model, 999, 1.0": "digit_model, 2, 1.0"}),
        ("speeds['DDIM', 20]", {"digit_model, 999, 1.0": "digit_model, 20, 1.0"}),
        ("again == 0", {"n, 0.0)": "n, 1.0)"}),
        ("fewer < 0.3", {"(199, 199, 50)": "(199, 199, 1)"}),
        ("found['the ideal']", {"reverse(ideal_eps": "reverse(digit_model.eps"}),
        # on images that the ideal has not seen
        (
            "losses[0] <",
            {"rows.repeat(4, 1)": "digit_model.rows(test.x).repeat(9, 1)[:4000]"},
        ),
        ("copies['trained']", {"steps=600": "steps=5"}),
        (
            "found['trained'][1]",
            'found["trained"] = nearest(Diffusion(data.x).sample(447, steps=20), data.x)',
        ),
        ("off < 0.001", {"solve(some, A), fog": "digit_model.sample(600, steps=20), fog"}),
        ("vary", {"solve(some, A)": "solve(some, A, 1).repeat_interleave(6, 0)"}),
        ("ours <", {"solve(some, A)": "solve(some, A, rounds=1)"}),
    ],
    "07_pixelcnn": [
        # the first pixel is forgotten
        ("(product - joint)", {"order[max(0, n": "order[max(1, n"}),
        ("len(set(order)) == 9", {"7, 2, 5, 8]": "7, 2, 5, 5]"}),
        ("- direct", {"joint.sum(others, keep": "joint.mean(others, keep"}),
        (".sum(i) - 1", "_c = conditional; conditional = lambda *a: 1.01 * _c(*a)"),
        ("each.sum(1)", 'measured["rows"][1][3] *= 1.1'),
        ("each[:, 1:]", "for _m in measured.values(): _m[1][:] = measured['rows'][1]"),
        ("lost[:, 8]", 'measured["rows"][2][8] = measured["rows"][2][7]'),
        ("lost[:, 2].max()", "for _m in measured.values(): _m[2][:] = measured['rows'][2]"),
        ("abs(whole - 1)", 'model_4 = tiny(mask="B")'),
        ("log_p.mean() >", "model_4 = tiny()"),
        ("'one stack'), wedge", 'nets["one stack", 3] = TwoStacks(3).double()'),
        ("'two stacks'), block", 'nets["two stacks", 3] = one_stack(3).double()'),
        ("losses['mask B first'][-1]", {'tiny(mask="B")': "tiny()"}),
        ("sums['mask B first']", {"count(cheat)": "count(model_4)"}),
        ("nats < 82", {"(PixelCNN())": "(PixelCNN(), 20)"}),
        ("upside_down.mean()", {"test.x.flip(2)": "test.x"}),
        # two numbers of one kind
        (
            "max(apart[:2])",
            {"fakes = followed(distance_of_fakes, gan,": "fakes = both[:1]; dict("},
        ),
        # the cache is one pixel behind
        (
            "torch.equal(*",
            "from lecture_utils.models.masked import Memory\n"
            "_w = Memory.window; Memory.window = lambda *a: _w(*a).roll(1, -1)",
        ),
        ("heat[0.4][1]", {"temperature=T)": "temperature=1.0)"}),
        ("heat[2.0][1]", {"temperature=T)": "temperature=1 / T)"}),
        ("heat[1.0][1]", {"temperature=T)": "temperature=1.5 * T)"}),
        ("heat[1.0][2]", {"x, *about(x)": "x, about(x)[0], 100.0"}),
        # the drawing is not looked at
        ("off <", "finish = lambda x, rows, T: (model.sample(12), None)"),
        # all pixels at once
        ("plain / scored", "seconds[16] = seconds[16][0], seconds[16][0], 0.0"),
        ("seconds[16][2]", "seconds[16] = *seconds[16][:2], seconds[16][1]"),
        ("not (found", {'"PixelCNN": model}': '"PixelCNN": PixelCNN(mask="B")}'}),
        ("blind['PixelRNN']", {"channels=24)": "channels=24, reach=3)"}),
        ("min(blind", {"PixelRNN(reach=1, size=3)": "PixelRNN()"}),
        ("spent / spent_rnn", {"(rnn, 180": "(rnn, 30"}),
        ("nats + 1 <", {"(rnn, 180, 24e-3)": "(PixelCNN(), 240, 16e-3)"}),
        ("at_180 <", {'tracks["PixelCNN"][5]': 'tracks["PixelCNN"][0]'}),
        ("values['independent pixels']", {"chain[at, left, rows]": "alone[at, rows]"}),
        ("values['Markov chain'] > values", {"steps=800": "steps=5"}),
        (
            "values['PixelCNN']",
            {"-model.log_prob(test.x)": "-PixelCNN().log_prob(test.x)"},
        ),
        ("loss - least", "table = Bigrams()"),
    ],
}
