"""Mistakes in what the pictures show."""

VIEWS = "lecture_utils/views"
ELBO, REPARAMETERIZATION, GAN, FLOW, DIFFUSION, PIXELCNN = (
    f"test_views_{lecture}.py"
    for lecture in ("elbo", "reparameterization", "gan", "flow", "diffusion", "pixelcnn")
)
# (file, its tests, {name: (what is written there once, what is written instead)})
TABLE = [
    # ---- views of lecture 02 -------------------------------------------------------------
    (
        f"{VIEWS}/elbo/latent.py",
        (ELBO,),
        {
            "latent curve: the prior's width inverted": (
                "Normal(*model[:2]).log_prob(zs)",
                "Normal(model[0], 1 / model[1]).log_prob(zs)",
            ),
            "latent curve: other draws of x than of z": (
                "points.set_data(*seen.T.numpy())",
                "points.set_data(*seen.flip(0).T.numpy())",
            ),
            "latent curve: x and y of the shade exchanged": (
                ".view(40, 40).T.numpy()",
                ".view(40, 40).numpy()",
            ),
            "latent curve: the shade half a cell aside": (
                "(torch.arange(40) + 0.5) / 40",
                "torch.arange(40) / 40",
            ),
            "latent curve: one standard deviation for two": (
                "at[0] + 2 * noise * angle.cos()",
                "at[0] + noise * angle.cos()",
            ),
            "latent curve: new draws for every z": (
                "torch.Generator().manual_seed(1))",
                "None)",
            ),
            "latent curve: kept though the noise changed": (
                "if model != (prior_mean, prior_width, noise)",
                "if not model or model[:2] != (prior_mean, prior_width)",
            ),
            "integral: the sign of the errors": (
                "torch.cat(each) - exact(d)",
                "exact(d) - torch.cat(each)",
            ),
            "integral: a part of the estimates four times": (
                "torch.cat(each) - exact(d)",
                "torch.cat(each[:1] * 4) - exact(d)",
            ),
            "integral: the next dimension": ("errors[dimension - 1]", "errors[dimension % 12]"),
            "integral: above for below": ("(here_errors < 0)", "(here_errors > 0)"),
            "integral: a scaled histogram": (
                "bars.set_data(counts, edges)",
                "bars.set_data(counts / counts.max(), edges)",
            ),
            "integral: the mean error for its root mean square": (
                "e.square().mean().sqrt()",
                "e.abs().mean()",
            ),
            "integral: a grid of less than two points a side": ("if 2**d <= k", "if d <= 12"),
            "integral: always the first number of evaluations": (
                "if evaluations not in known:\n                known[evaluations] =",
                "if not known:\n                known[1000] = known[3000] =",
            ),
            "blur: the mean is w": (
                "mean.set_xdata([2 * w - 1] * 2)",
                "mean.set_xdata([w] * 2)",
            ),
            "blur: the images mixed the other way": ("mix = (1 + c) / 2", "mix = (1 - c) / 2"),
            "blur: the dot at the mean": (
                "dot.set_data([c], [error",
                "dot.set_data([w], [error",
            ),
        },
    ),
    (
        f"{VIEWS}/elbo/bounds.py",
        (ELBO,),
        {
            "gap: the KL is added": (
                "bound = reconstruction - kl",
                "bound = reconstruction + kl",
            ),
            "gap: its bar starts at the floor": (
                "high.set(x=max(bound, floor), width",
                "high.set(x=floor, width",
            ),
            "gap: the bound's bar is as long as its value": (
                "low.set_width(max(bound, floor) - floor)",
                "low.set_width(max(bound, floor))",
            ),
            "gap: a wrong sum": ("{bound + gap:.3f}", "{bound - gap:.3f}"),
            "gap: the KL's sign in its number": (
                "(reconstruction, -kl), numbers",
                "(reconstruction, kl), numbers",
            ),
            "gap: the two terms exchanged": (
                "zip(bars, (reconstruction, -kl), numbers",
                "zip(bars, (-kl, reconstruction), numbers",
            ),
            "gap: colours of ELBO and gap exchanged": (
                "left=floor, color=MODEL, height",
                "left=floor, color=DATA, height",
            ),
            "gap: the dots are draws of the prior": (
                "*curve(mu + sigma * eps).T.numpy()",
                "*curve(eps).T.numpy()",
            ),
            "gap: the prior for q": (
                "q.set_ydata(Normal(mu, sigma)",
                "q.set_ydata(Normal(0.0, 1.0)",
            ),
            "gap: draws from the global generator": (
                "torch.randn(60, generator=torch.Generator().manual_seed(0))",
                "torch.randn(60)",
            ),
            "frozen: the band from one maximum on": (
                "band.set(x=min(best, top), width",
                "band.set(x=best, width",
            ),
            "frozen: rises for falls": ("if best > top else", "if best < top else"),
            "frozen: the gap's sign": ("{here[0] - here[1]:.2f}", "{here[1] - here[0]:.2f}"),
            "frozen: q is never refitted": ("            if refit:", "            if False:"),
            "frozen: q in the posterior's place": (
                "truth.set_ydata(Normal(*posterior(theta))",
                "truth.set_ydata(Normal(mu, sigma)",
            ),
            "frozen: the bound of another θ": (
                "log_px(at).item(), elbo(at, mu, sigma).item()",
                "log_px(at).item(), values.max().item()",
            ),
            "tighter: a scaled histogram": (
                "counts / counts.max() / 1.4",
                "counts / counts.max() / 5",
            ),
            "tighter: not scaled at all": ("counts / counts.max() / 1.4", "counts"),
            "tighter: the next K": (
                "np.histogram(estimates[log2_K], bins)",
                "np.histogram(estimates[(log2_K + 1) % 9], bins)",
            ),
            "tighter: below for above": (
                "(estimates[log2_K] > log_px)",
                "(estimates[log2_K] < log_px)",
            ),
            "tighter: K for log₂ K": ('f"K = {2**log2_K}: ', 'f"K = {log2_K}: '),
            "tighter: the largest for the mean": (
                "[e.mean().item() for e in estimates]",
                "[e.median().item() for e in estimates]",
            ),
        },
    ),
    (
        f"{VIEWS}/elbo/autoencoders.py",
        (ELBO,),
        {
            "PCA: the autoencoder's images in its place": (
                "torch.cat([x[:4], pca_images, x_hat])",
                "torch.cat([x[:4], x_hat, pca_images])",
            ),
            "autoencoder: digits in other colours": (
                'look = {"c": labels, "cmap"',
                'look = {"c": labels.flip(0), "cmap"',
            ),
            "autoencoder: codes off the map": (
                "if z.abs().max() > left.get_xlim()[1]:",
                "if z.abs().max() > 1e9:",
            ),
            "autoencoder: reconstructions of other images": (
                "images(step.model.decode(z[:20]))",
                "images(step.model.decode(z[1:21]))",
            ),
            "decoded: z's coordinates exchanged": (
                "image(decode(torch.tensor([z], dtype=torch.float32)))",
                "image(decode(torch.tensor([z[::-1]], dtype=torch.float32)))",
            ),
            "decoded: z₁ twice in the title": ("({z[0]:.2f}, {z[1]", "({z[0]:.2f}, {z[0]"),
            "prior against codes: exchanged": (
                'left.plot(*z.T.numpy(), ".", color=DATA, ms=3)',
                'left.plot(*draws.T.numpy(), ".", color=DATA, ms=3)',
            ),
            "prior against codes: the fitted draws twice": (
                "image_grid(middle, decoded, 6",
                "image_grid(middle, from_fitted, 6",
            ),
            "decoded plane: upside down": ("side.flip(0)[:, None]", "side[:, None]"),
            "decoded plane: from the end": (
                "start + along * (end - start)",
                "end + along * (start - end)",
            ),
        },
    ),
    (
        f"{VIEWS}/elbo/vae.py",
        (ELBO,),
        {
            "training: samples of the encoder": (
                "samples(model.decode(torch.randn(30, model.latent, generator=generator)))",
                "samples(model.decode(model.encode(x[:1])[0].expand(30, -1)))",
            ),
            "training: other samples each time": (
                "model, generator = step.model, torch.Generator().manual_seed(0)\n"
                "            images",
                "model, generator = step.model, None\n            images",
            ),
            "training: half the spread of the prior": (
                "model.decode(torch.randn(30, model.latent, generator=generator))",
                "model.decode(0.5 * torch.randn(30, model.latent, generator=generator))",
            ),
            "training: the terms of few images": (
                "add = two_terms(right, x[:100])  # enough for a curve, and quick\n\n",
                "add = two_terms(right, x[:50])\n\n",
            ),
            "training: log σ for μ": (
                "images(model.decode(model.encode(x[:15])[0]))\n            samples",
                "images(model.decode(model.encode(x[:15])[1]))\n            samples",
            ),
            "drawing: an ellipse of one standard deviation": (
                "m[0, 0] + 2 * sigma[0] * angle.cos()",
                "m[0, 0] + sigma[0] * angle.cos()",
            ),
            "drawing: σ₁ for σ₂": (
                "m[0, 1] + 2 * sigma[1] * angle.sin()",
                "m[0, 1] + 2 * sigma[0] * angle.sin()",
            ),
            "drawing: the sign of the ELBO": ("nats = -model.elbo", "nats = model.elbo"),
            "drawing: the farthest for the nearest": (
                ".sum(1).argsort()[:4]",
                ".sum(1).argsort(descending=True)[:4]",
            ),
            "drawing: the nearest in z₁ only": (
                "(mu - m).square().sum(1)",
                "(mu - m).square()[:, 0]",
            ),
            "drawing: its title draws from the global generator": (
                "drawing.repeat(20, 1, 1, 1), generator)",
                "drawing.repeat(20, 1, 1, 1))",
            ),
            "drawing: the shade without its scale": ("- log_px - top", "- log_px"),
            "drawing: the exact posterior elsewhere": ("m + sigma * u", "sigma * u"),
            "drawing: the sign of log p": ("−log p(x) {-log_px:.0f}", "−log p(x) {log_px:.0f}"),
            "drawing: ranked from above": ("(known < log_px)", "(known > log_px)"),
            "drawing: the lens shows another ellipse": (
                "middle.plot(2 * angle.cos()",
                "middle.plot(1 * angle.cos()",
            ),
            "pull: not sorted": (".sort(descending=True).values.numpy()", ".numpy()"),
            "pull: the first bars stay": ("bar.set_height(value)", "pass"),
            "pull: the unused count as active": (
                "{(each > 0.1).sum()}",
                "{(each < 0.1).sum()}",
            ),
            "pull: any KL counts": ("{(each > 0.1).sum()}", "{(each >= 0).sum()}"),
            "pull: the KL summed over the images": (
                "model.kl(x).mean(0)",
                "model.kl(x).sum(0)",
            ),
        },
    ),
    (
        f"{VIEWS}/shared.py",
        (ELBO,),
        {
            "arrows: from end to start": (
                'ax.annotate("", end, start, arrowprops',
                'ax.annotate("", start, end, arrowprops',
                (REPARAMETERIZATION, GAN),
            ),
            "terms: the reconstruction's sign": (
                "RECONSTRUCTION: -reconstruction.mean()",
                "RECONSTRUCTION: reconstruction.mean()",
            ),
            "terms: colours exchanged": (
                "{RECONSTRUCTION: MODEL, KL: NOISE}",
                "{RECONSTRUCTION: NOISE, KL: MODEL}",
            ),
            "terms: drawn from the global generator": (
                "model.terms(x, generator)",
                "model.terms(x)",
            ),
            "terms: the sum over the images": ("KL: kl.mean()", "KL: kl.sum()"),
            "reconstructions: above their images": (
                "zip(x.split(columns), x_hat.split(columns), strict=True)",
                "zip(x_hat.split(columns), x.split(columns), strict=True)",
            ),
            "reconstructions: all below all": (
                "torch.cat([row for pair in rows for row in pair])",
                "torch.cat([x, x_hat])",
            ),
            "images: always 17 levels": (
                "image_grid(ax, x, columns, title, levels)\n        return lambda",
                "image_grid(ax, x, columns, title)\n        return lambda",
            ),
        },
    ),
    # ---- views of lecture 03 -------------------------------------------------------------
    (
        f"{VIEWS}/reparameterization/draws.py",
        (REPARAMETERIZATION,),
        {
            "rolls: pinned for fresh": (
                "1 if pinned else len(mus)",
                "len(mus) if pinned else 1",
            ),
            "rolls: its words exchanged": (
                '"always with the same ε" if pinned else',
                '"always with the same ε" if not pinned else',
            ),
            "rolls: every roll is the first": (
                "torch.Generator().manual_seed(roll)\n            rows",
                "torch.Generator().manual_seed(1)\n            rows",
            ),
            "rolls: exact and average exchanged": (
                "exact.set_ydata(expectation(mus, sigma).numpy())",
                "exact.set_ydata(average(mus, sigma, eps).numpy())",
            ),
            "rolls: uniform noise": (
                "eps = torch.randn(rows, draws",
                "eps = torch.rand(rows, draws",
            ),
            "lines: slopes by μ and σ exchanged": (
                "z, *slopes_of = slopes(mu, sigma, eps)",
                "z, *slopes_of = slopes(mu, sigma, eps)\n            slopes_of.reverse()",
            ),
            "lines: through another point": (
                "slopes_of[i] * (end - at)",
                "slopes_of[i] * end",
            ),
            "lines: connected": ("gap = np.full(n, np.nan)", "gap = np.full(n, 0.0)"),
            "lines: arrows twice as steep": (
                "0.4 * slopes_of[i].numpy())",
                "0.8 * slopes_of[i].numpy())",
            ),
            "lines: dots at μ in both": ("(0.03, mu, sigma)", "(0.03, mu, mu)"),
            "unit interval: u may be 0": ("ylim=(0.005, 0.995)", "ylim=(0.0, 0.995)"),
            "inverse CDF: the path at 1 − u": (
                "path.set_data([-8, z, z], [u[1], u[1], 0])",
                "path.set_data([-8, z, z], [1 - u[1], 1 - u[1], 0])",
            ),
            "inverse CDF: the density without dz": (
                "heights.diff().numpy() / float(zs[1] - zs[0])",
                "heights.diff().numpy()",
            ),
            "inverse CDF: draws of another b": (
                "quantile(distribution, pinned, b)",
                "quantile(distribution, pinned, 1.0)",
            ),
            "inverse CDF: marks at other heights than the draws'": (
                "above.plot(np.full(60, -7.9), pinned,",
                "above.plot(np.full(60, -7.9), 1 - pinned,",
            ),
            "inverse CDF: the slope's sign": ("∂z/∂b = {slope:.2f}", "∂z/∂b = {-slope:.2f}"),
            "inverse CDF: draws from the global generator": (
                "torch.rand(60, generator=torch.Generator().manual_seed(2))",
                "torch.rand(60)",
            ),
        },
    ),
    (
        f"{VIEWS}/reparameterization/estimators.py",
        (REPARAMETERIZATION,),
        {
            "histogram: its scale": ("counts / max(1, counts.max())", "counts / 100"),
            "histogram: around 0": (
                "np.histogram(values.numpy(), middle + reach * edges)",
                "np.histogram(values.numpy(), reach * edges)",
            ),
            "histogram: another axis than the bars'": (
                "ax.set_xlim(middle - reach, middle + reach)",
                "ax.set_xlim(-reach, reach)",
            ),
            "two: the estimators exchanged": (
                "for g in (pathwise, score)]",
                "for g in (score, pathwise)]",
            ),
            "two: the words exchanged": ('("Pathwise", "Score")', '("Score", "Pathwise")'),
            "two: the colours exchanged": (
                "_histogram(middle, _PATHWISE), _histogram(right, _SCORE)",
                "_histogram(middle, _SCORE), _histogram(right, _PATHWISE)",
            ),
            "two: 2n draws for 2ⁿ": ("view(-1, 2**log2_draws)", "view(-1, 2 * log2_draws + 2)"),
            "two: the truth's sign": (
                "truth[i].set_xdata([exact, exact])",
                "truth[i].set_xdata([-exact, -exact])",
            ),
            "two: the variance for the spread": ("± {g.std():.2f}", "± {g.var():.2f}"),
            "two: the density without σ": ("((zs - mu) / sigma) ** 2", "(zs - mu) ** 2"),
            "two: the axis of the first": (
                "max(float(g.std()) for g in single)",
                "float(single[0].std())",
            ),
            "baseline: the measured spread for the variance": (
                "dot.set_data([b], [g.var()])",
                "dot.set_data([b], [g.std()])",
            ),
            "baseline: μ for 2μ": (
                "truth.set_xdata([2 * mu] * 2)",
                "truth.set_xdata([mu] * 2)",
            ),
            "baseline: the parabola without b": (
                "variance(mu, sigma, bs)",
                "variance(mu, sigma, b + 0 * bs)",
            ),
            "baseline: the pathwise line by μ": (
                "[pathwise_variance(mu, sigma)] * 2",
                "[pathwise_variance(sigma, mu)] * 2",
            ),
            "baseline: b is not told": ('f"b = {b:.1f}: ', 'f"b = {mu:.1f}: '),
            "race: the lowest for the middle": ("[0, len(values) // 2, -1]", "[0, 0, -1]"),
            "race: the band from the middle on": (
                "[0, len(values) // 2, -1]",
                "[len(values) // 2, len(values) // 2, -1]",
            ),
            "race: runs not sorted": ("step: sorted(values)", "step: values"),
            "race: later steps stay": ("if s < step} | {", "if s != step} | {"),
            "race: the sign of the bound": ("nats = [-m.elbo(", "nats = [m.elbo("),
            "race: the variance since the start": ("m.variance[-20:]", "m.variance"),
            "race: the last start's images": (
                "each[0].decode(each[0]",
                "each[-1].decode(each[-1]",
            ),
            "race: the variance on the left": (
                "bands[name][1].add(step.step, spread)",
                "bands[name][1].add(step.step, nats)",
            ),
            "race: drawn from the global generator": (
                "m.elbo(x, generator)",
                "m.elbo(x, None)",
            ),
            "race: colours exchanged": (
                "colors = _PATHWISE, _SCORE, _BASELINE",
                "colors = _SCORE, _PATHWISE, _BASELINE",
            ),
        },
    ),
    (
        f"{VIEWS}/reparameterization/choices.py",
        (REPARAMETERIZATION,),
        {
            "Gumbel: the corners exchanged": (
                "[[0.0, 0.0], [1.0, 0.0], [0.5, 3**0.5 / 2]]",
                "[[1.0, 0.0], [0.0, 0.0], [0.5, 3**0.5 / 2]]",
            ),
            "Gumbel: n for √n": ("np.array(spread) / n**0.5", "np.array(spread) / n"),
            "Gumbel: the bias is averaged away, too": (
                "np.square(bias) + np.square(spread) / n",
                "(np.square(bias) + np.square(spread)) / n",
            ),
            "Gumbel: the worst τ": ("error.argmin()", "error.argmax()"),
            "Gumbel: the temperature inverted": ("soften(tau) @", "soften(1 / tau) @"),
            "Gumbel: colours by the least likely": (
                "soften(1.0).argmax(1)",
                "soften(1.0).argmin(1)",
            ),
            "Gumbel: bias and spread exchanged": (
                'right.plot(taus, bias, color=THIRD, lw=2.5, label="bias")',
                'right.plot(taus, spread, color=THIRD, lw=2.5, label="bias")',
            ),
        },
    ),
    (
        f"{VIEWS}/reparameterization/graphs.py",
        (REPARAMETERIZATION,),
        {
            "die: a gradient passes it": (
                "arrow(ax, (6.9, 1.45), (5.3, 1.45), _BACK, -0.5)",
                "arrow(ax, (6.9, 1.45), (1.2, 1.45), _BACK, -0.5)",
            ),
            "die: an arrow the wrong way": (
                "arrow(ax, (9.5, 1.45), (7.5, 1.45)",
                "arrow(ax, (7.5, 1.45), (9.5, 1.45)",
            ),
            "die: the cross at the loss": ("ax.plot([5.22]", "ax.plot([8.22]"),
            "die: the noise is no noise": (
                '(4.4, 1.9, "roll a die", NOISE)',
                '(4.4, 1.9, "roll a die", MODEL)',
            ),
            "graph: the slope's sign": ("slope = at.grad.item()", "slope = -at.grad.item()"),
            "graph: σ's slope for μ's": (
                "= {slope * to_mu:.2f}",
                "= {slope * to_sigma:.2f}",
            ),
            "graph: σ and ε exchanged": ('f"σ = {sigma:.2f}"', 'f"σ = {eps:.2f}"'),
            "graph: the loss of another draw": ("f(z) = {loss:.2f}", "f(z) = {slope:.2f}"),
            "graph: a gradient to the noise": (
                "arrow(ax, (4.4, 2.2), (1.6, 1.5)",
                "arrow(ax, (4.4, 2.2), (5.4, 0.5)",
            ),
        },
    ),
    # ---- views of lecture 04 -------------------------------------------------------------
    (
        f"{VIEWS}/gan/densities.py",
        (GAN,),
        {
            "game: its histogram without the bins' width": (
                "counts / len(z) / (bins[1] - bins[0])",
                "counts / len(z)",
            ),
            "game: the share of those in sight": (
                "counts / len(z) / (bins[1] - bins[0])",
                "counts / counts.sum() / (bins[1] - bins[0])",
            ),
            "game: logits for probabilities": (
                "torch.sigmoid(gan.D(xs[:, None]))",
                "gan.D(xs[:, None])",
            ),
            "game: D's opinion of fakes": (
                "torch.sigmoid(gan.D(xs[:, None]))",
                "torch.sigmoid(-gan.D(xs[:, None]))",
            ),
            "game: the push's sign": (
                "push(gan, few[:, None])[:, 0].clamp",
                "-push(gan, few[:, None])[:, 0].clamp",
            ),
            "game: arrows at other fakes than their push": (
                "fakes[:20].sort().values",
                "fakes[:20].sort(descending=True).values.sort().values.flip(0)",
            ),
            "game: D's loss for the value": (
                'max(-2.5, -step.losses["D"])',
                'max(-2.5, step.losses["D"])',
            ),
            "game: a point though D stood still": (
                'if "D" in step.losses:',
                'for step.losses["D"] in [step.losses.get("D", 0.0)]:',
            ),
            "game: codes from the global generator": (
                "torch.randn(4000, 1, generator=torch.Generator().manual_seed(0))",
                "torch.randn(4000, 1)",
            ),
            "data and fakes: exchanged": (
                "ax.fill_between(grid[FEW], p[FEW], color=DATA",
                "ax.fill_between(grid[FEW], q[FEW], color=DATA",
            ),
            "D's training: V for the error": (
                "here.set_data([steps_of_D], [error])",
                "here.set_data([steps_of_D], [value])",
            ),
            "D's training: the curve of V": (
                "[snapshots[s][1] for s in steps]",
                "[snapshots[s][2] for s in steps]",
            ),
            "D's training: D* in D's place": (
                "trained.set_ydata(D[FEW])",
                "trained.set_ydata(best[FEW])",
            ),
            "D's training: the sign of V": ("V = {value:.3f}", "V = {-value:.3f}"),
            "optimum: the bar as long as V": ("set_height(v - _LOW)", "set_height(v)"),
            "optimum: D* of the fakes": ("(p / (p + q))[FEW]", "(q / (p + q))[FEW]"),
            "optimum: centre and width exchanged": (
                "q = fakes(centre, gap, width)",
                "q = fakes(width, gap, centre)",
            ),
            "optimum: twice the divergence": (
                "bars[1].set_height(divergence)",
                "bars[1].set_height(2 * divergence)",
            ),
            "optimum: the names exchanged": (
                '["V(D*, G)", "JSD(p, q)"]',
                '["JSD(p, q)", "V(D*, G)"]',
            ),
            "vanishing: the norms exchanged": (
                '(("saturating", THIRD), ("non-saturating", MODEL))',
                '(("saturating", MODEL), ("non-saturating", THIRD))',
            ),
            "vanishing: always the first D": (
                "D, norms = snapshots[steps_of_D]\n            belief",
                "D, norms = snapshots[steps[0]]\n            belief",
            ),
            "vanishing: the marker stands still": (
                "here.set_xdata([steps_of_D, steps_of_D])",
                "pass",
            ),
        },
    ),
    (
        f"{VIEWS}/gan/saddle.py",
        (GAN,),
        {
            "critics: not around 0": ("(f - middle)[FEW]", "f[FEW]"),
            "critics: the formula's inverse": (
                "gap * (1 + gap / (2 * many))",
                "gap / (1 + gap / (2 * many))",
            ),
            "critics: the slope for the estimate": (
                "[found[each][1] for each in lambdas]",
                "[found[each][2] for each in lambdas]",
            ),
            "distances: values for slopes": (
                "((middle, (0, 2)), (right, (1, 3)))",
                "((middle, (1, 3)), (right, (0, 2)))",
            ),
            "distances: JSD and W₁ exchanged": (
                "(*jsd(t), *w1(t)) for t",
                "(*w1(t), *jsd(t)) for t",
            ),
            "distances: the dots on the other curves": (
                "np.transpose([jsd(theta), w1(theta)]).flat",
                "np.ravel([jsd(theta), w1(theta)])",
            ),
            "distances: the fakes stand still": (
                "fake.set_ydata(normal(theta)[::8])",
                "fake.set_ydata(normal(0.0)[::8])",
            ),
            "orbits: one round more": (
                "path(methods[method], eta, rounds)).T",
                "path(methods[method], eta, rounds + 1)).T[:, 1:]",
            ),
            "orbits: always the first method": (
                "path(methods[method], eta, rounds)",
                "path(methods[next(iter(methods))], eta, rounds)",
            ),
            "orbits: a and b exchanged": ("line.set_data(a, b)", "line.set_data(b, a)"),
            "orbits: the first distance for the last": (
                "np.hypot(a[-1], b[-1]):.3g",
                "np.hypot(a[0], b[0]):.3g",
            ),
            "orbits: the squared distance": (
                "np.arange(rounds + 1), np.hypot(a, b)",
                "np.arange(rounds + 1), a**2 + b**2",
            ),
            "spiral: θ and ψ exchanged": ("left.plot(theta, psi,", "left.plot(psi, theta,"),
            "spiral: θ for the value": ("right.plot(value, color", "right.plot(theta, color"),
            "spiral: the value of all": ('if name == "saturating":', "if name:"),
            "spiral: colours exchanged": (
                "zip(paths.items(), (THIRD, MODEL,",
                "zip(paths.items(), (MODEL, THIRD,",
            ),
        },
    ),
    (
        f"{VIEWS}/gan/players.py",
        (GAN,),
        {
            "players: the data go to G": (
                "((7.6, 0.7), (8.3, 1.2))",
                "((7.6, 0.7), (4.8, 1.8))",
            ),
            "players: back to the data": ("(9.1, 1.72), (6.8, 2.4)", "(9.1, 1.72), (6.8, 0.9)"),
            "transport: the fakes stand still": (
                "moved = plan(p, hill(centre, width))",
                "moved = plan(p, hill(8.0, width))",
            ),
            "transport: to and from exchanged": (
                "table.set_data(moved.T.numpy())",
                "table.set_data(moved.numpy())",
            ),
            "transport: the pieces over one another": (
                "top = top + moved[i]",
                "top = moved[i]",
            ),
            "transport: squared ways": (
                "(place[:, None] - place).abs()).sum()",
                "(place[:, None] - place).square()).sum()",
            ),
        },
    ),
    (
        f"{VIEWS}/gan/samples.py",
        (GAN,),
        {
            "real and fake: exchanged": (
                'image_grid(left, real, 8, "data")',
                'image_grid(left, fake, 8, "data")',
            ),
            "ring: not of the mean": (
                "fakes = step.averaged.generate(z)",
                "fakes = step.model.generate(z)",
            ),
            "ring: the mean's D": ("step.model.D(plane)", "step.averaged.D(plane)"),
            "ring: x and y of the shade exchanged": (
                ".view(41, 41).T.numpy()",
                ".view(41, 41).numpy()",
            ),
            "ring: the shade half a cell aside": (
                "(torch.arange(41) + 0.5) / 41",
                "torch.arange(41) / 41",
            ),
            "ring: its sign": ("logits = (logits - ", "logits = -(logits - "),
            "ring: its scale": (" / (logits.std() + 1e-6)", ""),
            "ring: modes of the data": ("found = modes(fakes)", "found = modes(data)"),
            "ring: the number of modes as the number found": (
                'f"{found} of {of} modes;',
                'f"{of} of {of} modes;',
            ),
            "ring: codes from the global generator": (
                "torch.randn(1000, 2, generator=torch.Generator().manual_seed(0))",
                "torch.randn(1000, 2)",
            ),
            "hops: the round before": ("fakes = live[step]", "fakes = live[max(1, step - 1)]"),
            "hops: the mark at the round's number": (
                "here.set_xdata([np.searchsorted(rounds, step)] * 2)",
                "here.set_xdata([step] * 2)",
            ),
            "hops: the mean share": (
                "float(shares(fakes).max())",
                "float(shares(fakes).mean())",
            ),
            "hops: rounds one off": (
                "shares(live[n]).numpy()",
                "shares(live[max(1, n - 1)]).numpy()",
            ),
            "clouds: all of the first": (
                "ax.plot(*x[:600].T.numpy()",
                "ax.plot(*next(iter(fakes.values()))[:600].T.numpy()",
            ),
            "cloud: not of the mean": (
                "dots.set_data(*step.averaged.generate(z).T",
                "dots.set_data(*step.model.generate(z).T",
            ),
            "cloud: the step before": ("at step {step.step}", "at step {step.step - 1}"),
            "losses: exchanged": (
                'min(3.0, step.losses[name]) for name in "DG"',
                'min(3.0, step.losses["GD"["DG".index(name)]]) for name in "DG"',
            ),
            "losses: colours exchanged": (
                '{"D\'s loss": SECOND, "G\'s loss": MODEL}',
                '{"D\'s loss": MODEL, "G\'s loss": SECOND}',
            ),
            "losses: not cut": ("min(3.0, step.losses[name])", "step.losses[name]"),
            "fakes: not of the mean": (
                "gan, generator = step.averaged,",
                "gan, generator = step.model,",
            ),
            "fakes: other codes each time": (
                "step.averaged, torch.Generator().manual_seed(0)",
                "step.averaged, torch.Generator().manual_seed(step.step)",
            ),
            "pairs: the nearest above": (
                "torch.cat([fakes, nearest])",
                "torch.cat([nearest, fakes])",
            ),
            "pairs: real shares for the fakes'": ("(DATA, MODEL)", "(MODEL, DATA)"),
            "pairs: the shares one digit on": (
                "np.arange(10) + aside",
                "np.arange(10) + 1 + aside",
            ),
            "walk: backwards": (
                "image(generate(walk(torch.tensor([t]",
                "image(generate(walk(torch.tensor([1 - t]",
            ),
            "walk: the strip of another pair": (
                "strip(generate(walk(along, pair)))",
                "strip(generate(walk(along, 0)))",
            ),
            "walk: eleven steps": ("torch.linspace(0, 1, 10)", "torch.linspace(0, 1, 11)[:10]"),
        },
    ),
    # ---- views of lecture 05 -------------------------------------------------------------
    (
        f"{VIEWS}/flow/line.py",
        (FLOW,),
        {
            "sheet: folded": ("0.8 * a * torch.exp", "0.8 * a.abs() * torch.exp"),
            "mass: strips of equal width": (
                "norm.ppf(np.linspace(0, 1, STRIPS + 1)).clip(-5, 5)",
                "np.linspace(-5, 5, STRIPS + 1)",
            ),
            "mass: the next strip is orange": (
                "chosen = k == strip - 1",
                "chosen = k == strip",
            ),
            "mass: the strips are not carried": (
                "_outline(x, p_x(x, *bend))",
                "_outline(z, p_x(x, *bend))",
            ),
            "mass: the path of the next strip": (
                "z = inside[strip - 1][[0, -1]]",
                "z = inside[strip % STRIPS][[0, -1]]",
            ),
            "mass: other shares of the paper": (
                '"height_ratios": [3, 1]',
                '"height_ratios": [4, 1]',
            ),
            "fold: even draws": (
                "np.random.default_rng(0).standard_normal(",
                "np.random.default_rng(0).uniform(-3, 3, ",
            ),
            "fold: a histogram without the bins' width": (
                "counts / len(z) / (edges[1] - edges[0])",
                "counts / len(z)",
            ),
            "fold: one branch for all": ("folded(xs, a, True)", "folded(xs, a, False)"),
            "fold: roots of −x": ("solve(np.array([x]), a)", "solve(np.array([-x]), a)"),
            "quantiles: the slope of another width": (
                "slope = norm.pdf(0) / density(0, width)",
                "slope = norm.pdf(0) / density(0, 0.5)",
            ),
            "quantiles: no log scale": ('yscale="log"', 'yscale="linear"'),
            "spikes: no noise": ("[nll(w.item(), u) for", "[nll(w.item(), 0.5) for"),
            "spikes: the dots exchanged": (
                "zip(dots, (0.5, u), strict=True)",
                "zip(dots, (u, 0.5), strict=True)",
            ),
        },
    ),
    (
        f"{VIEWS}/flow/layers.py",
        (FLOW,),
        {
            "times: sizes and seconds exchanged": (
                "ax.loglog(sizes, each",
                "ax.loglog(each, sizes",
            ),
            "Jacobian: transposed": ("shown[layers].numpy()", "shown[layers].T.numpy()"),
            "Jacobian: always of one layer": (
                "picture.set_data(shown[layers]",
                "picture.set_data(shown[1]",
            ),
            "Jacobian: the sum in both": (
                "[torch.linalg.slogdet(J).logabsdet.item() for J in shown.values()]",
                "[log_det(n)[0] for n in ns]",
            ),
            "elementwise: the slope divides": (
                "y.square() + log_slope)",
                "y.square() - log_slope)",
            ),
            "elementwise: half as far apart": (
                "torch.linspace(-2, 2, 4)",
                "torch.linspace(-1, 1, 4)",
            ),
            "journey: the points stay": (
                "dots.set_offsets(x.numpy())",
                "dots.set_offsets(z.numpy())",
            ),
            "journey: the colours of other points": (
                "dots.set_offsets(x.numpy())",
                "dots.set_offsets(x.flip(0).numpy())",
            ),
        },
    ),
    (
        f"{VIEWS}/flow/plane.py",
        (FLOW,),
        {
            "grid: even deciles": (
                "torch.special.ndtri(torch.linspace(0.1, 0.9, 9))",
                "torch.linspace(-2, 2, 9)",
            ),
            "map: x and y exchanged": (".view(30, 30).T", ".view(30, 30)"),
            "square: not carried": (
                "image.set_xy(warp(at + side * edge).numpy())",
                "image.set_xy((warp(at) + side * edge).numpy())",
            ),
            "square: the Jacobian transposed": ("side * corners @ J.T", "side * corners @ J"),
            "square: the density times the area": ("{p / det:", "{p * det:"),
            "flow: the samples' way": ("flow.inverse(z).T.numpy()", "flow(z)[0].T.numpy()"),
            "flow: other noise at every step": (
                "*flow.inverse(z).T",
                "*flow.sample(300, torch.Generator().manual_seed(step.step)).T",
            ),
            "flow: the sign of the nats": (
                "(of.log_prob(points) - flow.log_prob(points))",
                "(flow.log_prob(points) - of.log_prob(points))",
            ),
            "flow: always the first toy": ("if of is not flow.toy:", "if of is None:"),
            "price: nats and shares exchanged": (
                "[run[i] for run in each]",
                "[run[1 - i] for run in each]",
            ),
            "price: always the first run": ("runs[couplings][run - 1]", "runs[couplings][0]"),
        },
    ),
    (
        f"{VIEWS}/flow/digits.py",
        (FLOW,),
        {
            "runaway: colours exchanged": (
                "zip(losses.items(), (THIRD, MODEL)",
                "zip(losses.items(), (MODEL, THIRD)",
            ),
            "flow: other codes at every step": (
                "step.model, torch.Generator().manual_seed(0)",
                "step.model, torch.Generator().manual_seed(step.step)",
            ),
            "flow: the bound's sign": ("nats = -model.bound(", "nats = model.bound("),
            "temperature: of the images, not of z": (
                "flow.decode(temperature * z)",
                "temperature * flow.decode(z)",
            ),
            "temperature: bound and distance exchanged": (
                '("nats", nats, MODEL), ("distance", distances, SECOND)',
                '("nats", distances, MODEL), ("distance", nats, SECOND)',
            ),
            "ways: line and arc exchanged": (
                "for way in (line, arc)]",
                "for way in (arc, line)]",
            ),
            "ways: the pixels of the next pair": (
                "x[k : k + 1], x[k + 1 : k + 2]",
                "x[k + 1 : k + 2], x[k + 2 : k + 3]",
            ),
            "ways: the strip of the first pair": (
                "strip(at(along, pair))",
                "strip(at(along, 0))",
            ),
            "drawing: not decoded": ("flow.decode(flow.encode(drawing))", "drawing"),
            "drawing: below so many": ("(known < nats)", "(known > nats)"),
            "drawing: the marks exchanged": (
                "heres[0].set_xdata([max",
                "heres[1].set_xdata([max",
            ),
            "typical: a scaled histogram": (
                "left.stairs(np.histogram(values, edges)[0]",
                "left.stairs(np.histogram(values, edges, density=True)[0]",
            ),
            "typical: the pages in another order": (
                "for image, _ in odd.values()",
                "for image, _ in [*odd.values()][::-1]",
            ),
        },
    ),
    # ---- views of lecture 06 -------------------------------------------------------------
    (
        f"{VIEWS}/diffusion/forward.py",
        (DIFFUSION,),
        {
            "there and back: the noise's variance for its spread": (
                "6 * (1 - a).sqrt() * eps",
                "6 * (1 - a) * eps",
            ),
            "forward: the closed form of another time": (
                "curve.set_ydata(log_p(xs, a).exp())",
                "curve.set_ydata(log_p(xs, a.sqrt()).exp())",
            ),
            "forward: the mark of another schedule": (
                "a = schedules[schedule][time]",
                'a = schedules["cosine"][time]',
            ),
            "one step back: s may be t": ("s = min(s, t - 1)", "s = min(s, t)"),
            "one step back: x_t is not shrunk": ("(x_t / a**0.5, (1 - a) / a)", "(x_t, 1 - a)"),
            "truth: a histogram without the bins' width": (
                "np.histogram(x, edges, density=True)[0]",
                "np.histogram(x, edges)[0] / len(x)",
            ),
            "targets: what is not explained": (
                "1 - (value - mean).var() / value.var()",
                "(value - mean).var() / value.var()",
            ),
        },
    ),
    (
        f"{VIEWS}/diffusion/plane.py",
        (DIFFUSION,),
        {
            "learning: the loss of the run before": (
                "while means[-1][0] >= step.step:",
                "while False:",
            ),
            "learning: always the first toy": ("if of is not toy:", "if of is None:"),
            "chains: the ways end a step early": (
                "ways[: state.step + 1]",
                "ways[: state.step]",
            ),
            "up and down: the way is backwards": (
                "np.arange(1 - len(step.height), 1), step.height)",
                "np.arange(1 - len(step.height), 1), step.height[::-1])",
            ),
            "scores: x and y of the error exchanged": (
                "view(40, 40).T.numpy()",
                "view(40, 40).numpy()",
            ),
            "scores: the usual length is that of all places": (
                "(log_p(points, a).softmax(0) @ wanted.square().sum(1)).sqrt()",
                "wanted.square().sum(1).mean().sqrt()",
            ),
            "walkers: not cut": ("max(-10.0, mean)", "mean"),
            "up and down: all of one colour": (
                "dots.set_array(np.zeros(150) if step.home is None else step.home.numpy())",
                "pass",
            ),
            "annealing: the share on the right": ("(way[..., 0] < 0)", "(way[..., 0] > 0)"),
            "annealing: the planes exchanged": (
                "for name in looks:\n                dots[name].set",
                "for name, other in zip(looks, reversed(looks), strict=True):\n"
                "                dots[other].set",
            ),
        },
    ),
    (
        f"{VIEWS}/diffusion/digits.py",
        (DIFFUSION,),
        {
            "training: other noise at every step": (
                "torch.Generator().manual_seed(0), step.model",
                "torch.Generator().manual_seed(step.step), step.model",
            ),
            "terms: one step aside": (
                "np.arange(len(terms) - 1, 1, -1)",
                "np.arange(len(terms) - 2, 0, -1)",
            ),
            "slow: seconds and distance exchanged": (
                "here.set_data([seconds], [distance])",
                "here.set_data([distance], [seconds])",
            ),
            "nearest: of another image": ("x[i[:8]]", "x[i[1:9]]"),
            "answers: beyond the levels": (
                "solve(drawing, A).clamp(0, 16)",
                "solve(drawing, A)",
            ),
        },
    ),
    # ---- views of lecture 07 -------------------------------------------------------------
    (
        f"{VIEWS}/pixelcnn/rule.py",
        (PIXELCNN,),
        {
            "so far: one pixel more": ("[:, n:] = torch.nan", "[:, n + 1 :] = torch.nan"),
            "so far: in the image itself": ("x.clone().float()", "x.float()"),
            "read so far: the moments of all images together": (
                "for image in x for n in moments",
                "for n in moments for image in x",
            ),
            "orders: x and y exchanged": (
                "rows, columns = np.divmod",
                "columns, rows = np.divmod",
            ),
            "orders: numbers by place": (
                "zip(numbers, columns, rows, strict=True)",
                "zip(numbers, np.arange(9) % 3, np.arange(9) // 3, strict=True)",
            ),
            "orders: the loss of another order": (
                "chosen.set_data(range(9), lost)",
                "chosen.set_data(range(9), next(iter(measured.values()))[2])",
            ),
            "orders: the greatest for the sum": (
                "float(sum(entropies))",
                "float(max(entropies))",
            ),
            "counting: no sums": (
                "step.log_p.exp().cumsum(0)[255::256]",
                "step.log_p.exp()[255::256]",
            ),
            "counting: the least probable": (
                "step.log_p.topk(40)",
                "step.log_p.topk(40, largest=False)",
            ),
            "counting: the most probable, in no order": (
                "topk(40).indices]",
                "topk(40).indices.sort().values]",
            ),
            "cheat: the bars' colours exchanged": (
                "color=list(colors.values()))",
                "color=list(colors.values())[::-1])",
            ),
            "cheat: the other model's samples": (
                "zip(images, samples.items(), strict=True)",
                "zip(images[::-1], samples.items(), strict=True)",
            ),
        },
    ),
    (
        f"{VIEWS}/pixelcnn/masks.py",
        (PIXELCNN,),
        {
            "masks: the colours exchanged": ('["white", MODEL]', '[MODEL, "white"]'),
            "masks: upside down": ("ax.imshow(mask,", "ax.imshow(mask.flip(0),"),
            "masks: a frame beside the middle": ("n // 2 - 0.5", "n // 2 + 0.5"),
            "masks: x and y of the numbers exchanged": (
                "ax.text(column, row,",
                "ax.text(row, column,",
            ),
            "seen: too far and never seen exchanged": (
                "_BEFORE = _SEEN, _FAR, _NEVER",
                "_BEFORE = _SEEN, _NEVER, _FAR",
            ),
            "seen: the colours' meanings exchanged": (
                "in sorted(_LOOKS.values())]",
                "in sorted(_LOOKS.values(), key=lambda look: look[0] ^ 3)]",
            ),
            "seen: row and column exchanged": (
                "(sees(row, column, n, stacks)",
                "(sees(column, row, n, stacks)",
            ),
            "seen: this pixel at the place of another": (
                "kinds[row, column] = _CHOSEN",
                "kinds[column, row] = _CHOSEN",
            ),
            "seen: what comes later is never seen, too": (
                "place < place[row, column]",
                "place >= 0",
            ),
            "seen: the seen ones are counted": (
                "(kinds == _NEVER).sum()",
                "(kinds == _SEEN).sum()",
            ),
            "seen: never seen and too far are counted together": (
                "(kinds == _NEVER)",
                "((kinds == _NEVER) | (kinds == _FAR))",
            ),
            "seen: counted with itself": (
                ", place[row, column]\n",
                ", place[row, column] + 1\n",
            ),
        },
    ),
    (
        f"{VIEWS}/pixelcnn/digits.py",
        (PIXELCNN,),
        {
            "training: other luck at every step": (
                "torch.Generator().manual_seed(0)",
                "torch.Generator().manual_seed(step.step)",
            ),
            "training: the model that is not averaged": (
                "step.averaged.loss(x)",
                "step.model.loss(x)",
            ),
            "training: not cut": ("min(140.0, v)", "v"),
            "surprise: of each image the one before": (
                "tile(nats[:, None],",
                "tile(nats.roll(1, 0)[:, None],",
            ),
            "surprise: darker for less": ('cmap="Oranges"', 'cmap="Oranges_r"'),
            "film: x and y of the frame exchanged": (
                "(state.column + 0.5, state.row + 0.5)",
                "(state.row + 0.5, state.column + 0.5)",
            ),
            "film: the chances of another image": ("state.p[0]", "state.p[1]"),
            "chances: the level drawn keeps its colour": (
                "bar.set_color(TRUTH if level == drawn else MODEL)",
                "bar.set_color(TRUTH) if level == drawn else None",
            ),
            "next pixel: the place before": (
                "divmod(min(step.place, 63), 8)",
                "divmod(max(step.place - 1, 0), 8)",
            ),
            "next pixel: a frame when all is drawn": (
                "frame.set_visible(step.place < 64)",
                "frame.set_visible(True)",
            ),
            "tempered: x and y of the dot exchanged": (
                "for v in dot))",
                "for v in dot[::-1]))",
            ),
            "tempered: the floor among the probabilities": (
                "right.axhline(floor",
                "right.axvline(floor",
            ),
            "finished: the least probable first": ("argsort(descending=True)", "argsort()"),
            "finished: the numbers in another order": (
                "log_p[order].tolist()",
                "log_p.tolist()",
            ),
        },
    ),
    (
        f"{VIEWS}/pixelcnn/measures.py",
        (PIXELCNN,),
        {
            "spreads: the mean of the seeds": (
                "enumerate(values)",
                "enumerate(values.mean(0, keepdim=True))",
            ),
            "spreads: the GAN in the colour of the others": (
                "[MODEL] * (len(fallen) - 1) + [THIRD]",
                "[MODEL] * len(fallen)",
            ),
            "spreads: a scale for each panel": (", sharey=True", ""),
            "budgets: seconds and nats exchanged": (
                "left.plot(*zip(*track, strict=True)",
                "left.plot(*[*zip(*track, strict=True)][::-1]",
            ),
            "budgets: the samples of the net that is first": (
                "samples[name], 6",
                "next(iter(samples.values())), 6",
            ),
            "cost: against the side": (
                "np.array(list(measured)) ** 2",
                "np.array(list(measured))",
            ),
            "cost: with and without a cache exchanged": (
                "scored, plain, cached =",
                "scored, cached, plain =",
            ),
            "cost: scoring in times of drawing": ("seconds / scored", "scored / seconds"),
            "ranking: bounds look exact": ("if exact else {", "if value else {"),
            "ranking: always 64 pixels": (
                "value / pixels / np.log(2)",
                "value / 64 / np.log(2)",
            ),
            "ranking: the first is the lowest": ("ax.invert_yaxis()", "pass"),
            "bigrams: next and last exchanged": (
                "left.imshow(p.sqrt()",
                "left.imshow(p.T.sqrt()",
            ),
            "bigrams: the least loss reached": (
                "right.axhline(least",
                "right.axhline(min(losses)",
            ),
        },
    ),
]
