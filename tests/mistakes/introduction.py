"""Mistakes in the pictures of notebook 01."""

from .entry import only

VIEWS = "lecture_utils/views/introduction"
FIRST = "test_views_introduction_first.py"
SECOND = "test_views_introduction_second.py"
TABLE = [
    # ---- sections 1 to 3 -----------------------------------------------------------------
    (
        f"{VIEWS}/rule.py",
        only(
            FIRST,
            "one_image_leads_to_its_label_and_the_label_to_others",
            "the_label_may_be_another",
        ),
        {
            "directions: always a three": ("x[y == label][:1]", "x[y == 3][:1]"),
            "directions: the first image is one of the many": ("[1:9]", "[:8]"),
            "directions: the images exchanged": (
                "image_grid(one, first, 1)\n        image_grid(many, others, 4)",
                "image_grid(many, first, 4)\n        image_grid(one, others, 1)",
            ),
            "directions: from the label to the image": (
                "arrow(ax, (2.95, 1.6), (4.0, 1.6), DATA)",
                "arrow(ax, (4.0, 1.6), (2.95, 1.6), DATA)",
            ),
            "directions: from the images to the label": (
                "arrow(ax, (6.65, 1.6), (7.65, 1.6), DATA)",
                "arrow(ax, (7.65, 1.6), (6.65, 1.6), DATA)",
            ),
            "directions: the words exchanged": (
                'ax.text(0.2, 3.2, "P(y | x): one answer"',
                'ax.text(5.6, 2.9, "P(y | x): one answer"',
            ),
            "directions: another label than the images'": (
                'node(ax, 6.05, 1.6, f"y = {label}"',
                'node(ax, 6.05, 1.6, "y = 3"',
            ),
        },
    ),
    (
        f"{VIEWS}/rule.py",
        only(
            FIRST,
            "two_classes_are_shaded_by_their_densities_and_by_the_chance_of_one",
            "the_line_of_two_classes_is_where_both_are_as_probable",
            "a_line_outside_the_square_is_hidden",
            "a_class_without_a_share_has_no_points_and_no_line",
            "the_points_of_two_classes_are_the_same_noise_dealt_out_by_the_share_of_each",
            "along_the_way_through_both_means_one_hump_is_divided_by_the_sum",
        ),
        {
            "classes: the colours exchanged": (
                '{"y = 0": MODEL, "y = 1": THIRD}',
                '{"y = 0": THIRD, "y = 1": MODEL}',
            ),
            "classes: x and y of the shades exchanged": (".swapaxes(0, 1)", ""),
            "classes: the shade is half a cell aside": (
                "(torch.arange(_CELLS) + 0.5) / _CELLS",
                "torch.arange(_CELLS) / _CELLS",
            ),
            "classes: each shade on a scale of its own": (
                "joint / joint.max().clamp_min(1e-30)",
                "joint / joint.amax(0).clamp_min(1e-30)",
            ),
            "classes: the points dealt out to the other": ("(u < prior)", "(u >= prior)"),
            "classes: always half of the points each": ("(u < prior)", "(u < 0.5)"),
            "classes: the spread squared": (
                "means[y] + sigma * noise",
                "means[y] + sigma**2 * noise",
            ),
            "classes: points of the other colour": ("x[y == k]", "x[y != k]"),
            "classes: draws from the global generator": (
                "torch.rand(80, generator=luck)",
                "torch.rand(80)",
            ),
            "classes: uniform noise": ("torch.randn(80, 2,", "torch.rand(80, 2,"),
            "chance: of y = 0": (
                "p = log_joint.softmax(1)[:, 1].view",
                "p = log_joint.softmax(1)[:, 0].view",
            ),
            "chance: x and y exchanged": (
                "picture.set_data(p.T.numpy())",
                "picture.set_data(p.numpy())",
            ),
            "chance: the density of y = 1 in its place": (
                "p = log_joint.softmax(1)",
                "p = log_joint.exp()",
            ),
            "line: on the other side of 0": ("away = -float(b)", "away = float(b)"),
            "line: along w": (
                "torch.stack([-w[1], w[0]]) / length",
                "w / length",
            ),
            "line: at b": ("-float(b) / length if", "-float(b) if"),
            "line: it is never hidden": (
                "border.set_visible(abs(away) < 2 * _REACH)",
                "border.set_visible(length > 1e-6)",
            ),
            "line: hidden too soon": ("< 2 * _REACH)", "< _REACH)"),
            "line: too short": ("nearest - 12 * along, nearest", "nearest, nearest"),
            "between: around 0": (
                "log_joint(means.mean(0) + t[:, None] * way)",
                "log_joint(t[:, None] * way)",
            ),
            "between: backwards": ("way = means[1] - means[0]", "way = means[0] - means[1]"),
            "between: t in units of the way": (
                "way = way / way.norm() if way.norm() > 1e-6",
                "way = way if way.norm() > 1e-6",
            ),
            "between: coinciding means are divided by 0": (
                "way / way.norm() if way.norm() > 1e-6 else torch.tensor([1.0, 0.0])",
                "way / way.norm()",
            ),
            "between: the largest hump is 1": (
                "log_p.logsumexp(1).max()",
                "log_p.max()",
            ),
            "between: the mean for the sum": ("p.sum(1).numpy()", "p.mean(1).numpy()"),
            "between: the hump for the chance": (
                "chance.set_ydata(log_p.softmax(1)[:, 1].numpy())",
                "chance.set_ydata(p[:, 1].numpy())",
            ),
            "between: another scale for the chance": (
                "chances.set(ylim=(0, 1.05)",
                "chances.set(ylim=(0, 2.1)",
            ),
        },
    ),
    (
        f"{VIEWS}/rule.py",
        only(FIRST, "the_map_of_a_mean_is_the_square_of_the_classes_in_its_class_s_colour"),
        {
            "map of a mean: in the other's colour": (
                "color=(MODEL, THIRD)[y]",
                "color=(THIRD, MODEL)[y]",
            ),
            "map of a mean: always the first": ('f"μ$_{y}$: drag it"', '"μ$_0$: drag it"'),
            "map of a mean: another square": (
                'aspect="equal")\n        ax.set(xticks',
                'aspect="auto")\n        ax.set(xticks',
            ),
        },
    ),
    (
        f"{VIEWS}/rule.py",
        only(
            FIRST,
            "accuracies_are_their_means_in_a_band_from_the_lowest_to_the_highest",
        ),
        {
            "accuracies: the best for the mean": ("each.mean(1)", "each.amax(1)"),
            "accuracies: a band of no width": (
                "each.amin(1), each.amax",
                "each.amax(1), each.amax",
            ),
            "accuracies: a band around a single number": (
                "if each.shape[1] > 1:",
                "if each.shape[1] > 0:",
            ),
            "accuracies: never a log axis": ('"log" if log else "linear"', '"linear"'),
            "accuracies: the ticks of powers of ten": ("        if log:", "        if not xs:"),
            "accuracies: bands in one colour": (
                'look = {"color": color',
                'look = {"color": DATA',
            ),
        },
    ),
    (
        f"{VIEWS}/densities.py",
        only(
            FIRST,
            "an_estimate_is_shaded_and_sampled_beside_the_data",
            "an_estimate_s_nats_on_data_and_on_fresh_draws_are_cut_above",
            "an_estimate_loses_what_fresh_draws_say_or_without_end",
            "less_than_nothing_may_be_lost_by_luck",
        ),
        {
            "estimates: the shade of another width": (
                "shade(lambda at: log_probs[method](at, width))",
                "shade(lambda at: log_probs[method](at, 0.3))",
            ),
            "estimates: the shade of the other method": (
                "shade(lambda at: log_probs[method](at, width))",
                'shade(lambda at: log_probs["kernel"](at, width))',
            ),
            "estimates: the shade on a scale of its own": (
                'density(left, _REACH, 60, top), left.set_title("", loc="left")\n        nats',
                'density(left, _REACH, 60), left.set_title("", loc="left")\n        nats',
            ),
            "estimates: samples from the global generator": (
                "samplers[method](width, 300, luck)",
                "samplers[method](width, 300, None)",
            ),
            "estimates: samples of another width": (
                "samplers[method](width, 300, luck)",
                "samplers[method](1.0, 300, luck)",
            ),
            "estimates: x and y of the samples exchanged": (
                "dots.set_data(*samplers[method](width, 300, luck).T.numpy())",
                "dots.set_data(*samplers[method](width, 300, luck).flip(1).T.numpy())",
            ),
            "estimates: data and fresh draws exchanged": (
                "for points in (x, fresh)]\n            for name",
                "for points in (fresh, x)]\n            for name",
            ),
            "estimates: fewer fresh draws": (
                "toy.entropy()\n    widths",
                "toy.entropy()\n    fresh = fresh[:100]\n    widths",
            ),
            "estimates: always the first method's nats": (
                "zip(lines, nats[method], strict=True)",
                'zip(lines, nats["kernel"], strict=True)',
            ),
            "estimates: not cut": ("np.fmin(each, cut)", "each"),
            "estimates: cut at the entropy": ("np.fmin(each, cut)", "np.fmin(each, H)"),
            "estimates: the marker stays": ("here.set_xdata([width, width])", "pass"),
            "estimates: lost by the data": (
                "nll(method, fresh, width) - H",
                "nll(method, x, width) - H",
            ),
            "estimates: the NLL for the KL": (
                "nll(method, fresh, width) - H",
                "nll(method, fresh, width)",
            ),
            "estimates: the sign of −log p": (
                "return -log_p.detach().mean()",
                "return log_p.detach().mean()",
            ),
            "estimates: infinity is a number": (
                'if math.isfinite(nats) else "∞"',
                'if nats else "∞"',
            ),
            "estimates: KL is never below 0": ('f"{nats:.2f} nats"', 'f"{abs(nats):.2f} nats"'),
        },
    ),
    (
        f"{VIEWS}/densities.py",
        only(
            FIRST,
            "a_mixture_that_is_fitted_shows_its_density_its_ellipses_and_its_samples",
            "the_nats_of_a_mixture_grow_into_two_curves_over_the_entropy",
        ),
        {
            "ellipses: variances for standard deviations": (
                "squares.clamp_min(0).sqrt()",
                "squares.clamp_min(0)",
            ),
            "ellipses: the axes exchanged": (
                "squares.clamp_min(0)",
                "squares.flip(1).clamp_min(0)",
            ),
            "ellipses: leaning the other way": ("circle @ half.mT", "circle @ half"),
            "ellipses: around 0": (
                "return mixture.means[:, None] + circle",
                "return 0 * mixture.means[:, None] + circle",
            ),
            "ellipses: half of a circle": (
                "torch.linspace(0, 2 * math.pi, 61)",
                "torch.linspace(0, math.pi, 61)",
            ),
            "fitting: joined ellipses": (
                "torch.full_like(rings[:, :1], torch.nan)",
                "torch.full_like(rings[:, :1], 0.0)",
            ),
            "fitting: the shade on a scale of its own": (
                'density(left, _REACH, 60, top), left.set_title("", loc="left")\n'
                "        (ellipses,)",
                'density(left, _REACH, 60), left.set_title("", loc="left")\n'
                "        (ellipses,)",
            ),
            "fitting: other luck at every step": (
                "step.sample(300, torch.Generator().manual_seed(0))",
                "step.sample(300, torch.Generator().manual_seed(step.step))",
            ),
            "fitting: samples from the global generator": (
                "step.sample(300, torch.Generator().manual_seed(0))",
                "step.sample(300)",
            ),
            "fitting: data and fresh draws exchanged": (
                "[_nll(step.log_prob(points)) for points in (x, fresh)]",
                "[_nll(step.log_prob(points)) for points in (fresh, x)]",
            ),
            "fitting: not cut below": ("min(max(each, low), high)", "min(each, high)"),
            "fitting: not cut above": ("min(max(each, low), high)", "max(each, low)"),
            "fitting: lost by the data": ("_lost(nats[1] - H)", "_lost(nats[0] - H)"),
            "fitting: lost after the cut": ("_lost(nats[1] - H)", "_lost(cut[1] - H)"),
            "fitting: an axis that leaps": (
                "right.set_xlim(0, max(1, step.steps))",
                "right.set_xlim(0, step.step + 1)",
            ),
            "fitting: the numbers of the step exchanged": (
                "step {step.step} of {step.steps}",
                "step {step.steps} of {step.step}",
            ),
        },
    ),
    (
        f"{VIEWS}/densities.py",
        only(
            FIRST,
            "a_map_of_components_has_an_ellipse_and_a_number_for_each_in_its_colour",
            "who_made_a_point_is_a_bar_over_the_sum_of_all",
        ),
        {
            "map: two components in one colour": (
                "_PALETTE[k % len(_PALETTE)]",
                "_PALETTE[k % 6]",
            ),
            "map: numbers from 0": ("str(k + 1), **look", "str(k), **look"),
            "map: the numbers elsewhere": (
                "ax.text(*mixture.means[k].tolist()",
                "ax.text(*mixture.means[0].tolist()",
            ),
            "map: numbers in black": (
                '"fontweight": "bold", "color": color}',
                '"fontweight": "bold", "color": "black"}',
            ),
            "whose: the point's x and y exchanged": (
                "torch.tensor([x], dtype",
                "torch.tensor([x[::-1]], dtype",
            ),
            "whose: both panels are over the sum": (
                "terms(log_joint.exp())",
                "terms(log_joint.softmax(0))",
            ),
            "whose: over the largest, not the sum": (
                "chances(log_joint.softmax(0))",
                "chances((log_joint - log_joint.max()).exp())",
            ),
            "whose: the largest for the sum": (
                "{log_joint.exp().sum():.2g}",
                "{log_joint.exp().max():.2g}",
            ),
            "whose: the logarithm of P(x)": (
                "{log_joint.exp().sum():.2g}",
                "{log_joint.logsumexp(0):.2g}",
            ),
            "whose: the highest bar leaves the panel": (
                "mixture.log_joint(mixture.means).exp().max()",
                "mixture.log_joint(mixture.means).exp().min()",
            ),
            "whose: the numbers stay below": (
                "word.set_y(height + 0.02 * top)",
                "word.set_y(0.02 * top)",
            ),
            "whose: small numbers are 0": ("if number < 1e-9:", "if number < 1e-3:"),
        },
    ),
    (
        f"{VIEWS}/space.py",
        only(
            FIRST,
            "digits_are_on_the_left_and_random_images_on_the_right",
            "the_histograms_of_distances_are_as_high_as_each_other",
            "the_balls_hold_a_share_of_each_kind_and_cover_a_power_of_ten",
            "dimensions_are_bars_and_what_is_known_is_marked",
            "distances_gather_around_their_mean",
        ),
        {
            "noise: on the left": ("image_grid(left, images,", "image_grid(left, noise,"),
            "noise: the digits twice": (
                "image_grid(right, noise,",
                "image_grid(right, images,",
            ),
            "noise: the words exchanged": ('columns, "digits")', 'columns, "noise")'),
            "noise: seven in a row": (
                "image_grid(right, noise, columns",
                "image_grid(right, noise, columns - 1",
            ),
            "balls: histograms on one scale": (
                "counts / counts.max(), edges",
                "counts / 100, edges",
            ),
            "balls: the kinds' colours exchanged": (
                "_KINDS = DATA, SECOND, NOISE, THIRD",
                "_KINDS = DATA, NOISE, SECOND, THIRD",
            ),
            "balls: the share outside": ("(each <= radius)", "(each > radius)"),
            "balls: always at the default": ("(each <= radius)", "(each <= 22.0)"),
            "balls: the line stays": ("line.set_xdata([radius, radius])", "pass"),
            "balls: the nearest power, no bound": (
                "math.ceil(log10_share",
                "round(log10_share",
            ),
            "balls: the power's sign": ("$10^{{−{-power}}}$", "$10^{{{-power}}}$"),
            "balls: more than all": ('if power < 0 else "all"', 'if power < 99 else "all"'),
            "balls: the first kind is the lowest": (
                'right.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])\n'
                "        right.invert_yaxis()",
                'right.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])',
            ),
            "balls: the numbers do not follow": ("word.set_x(share + 0.02)", "pass"),
            "dimensions: the known one for the estimate": (
                "ax.barh(i, estimate,",
                "ax.barh(i, known or estimate,",
            ),
            "dimensions: the estimate is marked": (
                "[known, known], [",
                "[estimate, estimate], [",
            ),
            "dimensions: the unknown is 0": (
                "if known is not None:",
                "if known is None or known:",
            ),
            "dimensions: the numbers exchanged": (
                'f"  {estimate:.1f}"',
                'f"  {known or estimate:.1f}"',
            ),
            "dimensions: the words beside the bar, on the mark": (
                "end = max(estimate, known or 0)",
                "end = estimate",
            ),
            "gathering: not over the mean": (
                "np.histogram(each / each.mean(), edges)",
                "np.histogram(each, edges)",
            ),
            "gathering: on one scale": ("heights[d] / heights[d].max()", "heights[d] / 4000"),
            "gathering: the standard deviation alone": (
                "(each.std() / each.mean()).item()",
                "each.std().item()",
            ),
            "gathering: the ring at another number": (
                "here.set_data([d], [spreads[d]])",
                "here.set_data([d], [spreads[2]])",
            ),
            "gathering: linear axes": ("right.loglog(ds,", "right.plot(ds,"),
            "gathering: the spread of another number": (
                "± {spreads[d]:.1%}",
                "± {spreads[1]:.1%}",
            ),
        },
    ),
    # ---- sections 4 to 7 -----------------------------------------------------------------
    (
        f"{VIEWS}/missing.py",
        only(
            SECOND,
            "hidden_are_the_pixels_whose_rank_is_below_the_share",
            "every_method_has_a_bar_for_every_class_beside_the_true_one_s_strip",
            "every_method_has_its_accuracies_and_the_share_is_marked",
            "the_frames_of_hidden_pixels_are_whole",
        ),
        {
            "hidden: one pixel more": (
                ">= round(64 * hidden)",
                "> round(64 * hidden)",
            ),
            "hidden: the number of pixels cut, not rounded": (
                "round(64 * hidden)",
                "int(64 * hidden)",
            ),
            "hidden: rows and columns exchanged": (
                "torch.where(seen.view(1, 1, 8, 8), one",
                "torch.where(seen.view(1, 1, 8, 8).mT, one",
            ),
            "hidden: the seen pixels counted": ("(~seen).sum()", "seen.sum()"),
            "hidden: the digit's number for its class": (
                "truth.set_xdata([int(y[digit])] * 2)",
                "truth.set_xdata([digit] * 2)",
            ),
            "hidden: the posterior of the hidden pixels": (
                "posterior(one, seen)",
                "posterior(one, ~seen)",
            ),
            "hidden: the bars beside their class": (
                "(i - (len(posteriors) - 1) / 2) * width",
                "i * width",
            ),
            "hidden: the strip before the bars": ("zorder=0", "zorder=3"),
            "hidden: the share of seen pixels marked": (
                "here.set_xdata([hidden, hidden])",
                "here.set_xdata([1 - hidden, 1 - hidden])",
            ),
            "hidden: chance of two classes": ("axhline(0.1,", "axhline(0.5,"),
            "hidden: another colour for the second method": (
                "(MODEL, THIRD, SECOND, NOISE)",
                "(MODEL, SECOND, THIRD, NOISE)",
            ),
        },
    ),
    (
        f"{VIEWS}/inverse.py",
        only(
            SECOND,
            "an_equation_is_asked_of_the_chosen_prior_and_both_densities_are_shaded",
            "the_orange_line_solves_the_equation_and_the_ring_is_its_nearest_point",
            "the_posterior_has_samples_the_most_probable_point_and_the_mean",
            "the_frames_of_the_equation_are_whole",
            "a_mixture_that_learns_shows_decoded_samples_and_both_means",
            "every_part_of_the_answer_stands_under_its_name",
            "twelve_answers_begin_with_the_first_problem",
        ),
        {
            "equation: degrees for radians": ("math.radians(angle)", "angle"),
            "equation: the variance for the noise": (
                "torch.tensor([float(y)]), noise)",
                "torch.tensor([float(y)]), noise**2)",
            ),
            "equation: the line turned": (
                "torch.stack([-a[1], a[0]])",
                "torch.stack([a[1], a[0]])",
            ),
            "equation: the ring at A": (
                "least.set_data(*(y * a[:, None])",
                "least.set_data(*(a[:, None])",
            ),
            "equation: the posterior for the prior": (
                "shades[0](before.log_prob)",
                "shades[0](after.log_prob)",
            ),
            "equation: x and y of the shade exchanged": (
                "lambda _: log_p)",
                "lambda _: log_p.view(121, 121).T.flatten())",
            ),
            "equation: the shade half a cell aside": ("_REACH + 0.025", "_REACH"),
            "equation: the prior's most probable point": (
                "log_p = after.log_prob(grid)",
                "log_p = before.log_prob(grid)",
            ),
            "equation: the least probable point": ("log_p.argmax()", "log_p.argmin()"),
            "equation: the mean without weights": (
                "after.weights @ after.means",
                "after.means.mean(0)",
            ),
            "equation: log P of the posterior": (
                "nats = before.log_prob(",
                "nats = after.log_prob(",
            ),
            "equation: MAP and mean exchanged": (
                "torch.stack([best, mean])",
                "torch.stack([mean, best])",
            ),
            "equation: samples from the global generator": (
                "after.sample(60, torch.Generator().manual_seed(0))",
                "after.sample(60)",
            ),
            "mixture of digits: samples from the global generator": (
                "step.sample(24, torch.Generator().manual_seed(0))",
                "step.sample(24)",
            ),
            "mixture of digits: log p for −log p": (
                "-step.log_prob(codes)",
                "step.log_prob(codes)",
            ),
            "mixture of digits: both kinds of codes exchanged": (
                "zip(colors, (trained, z), strict",
                "zip(colors, (z, trained), strict",
            ),
            "mixture of digits: it ends at the last step": (
                "max(1, step.steps)",
                "max(1, step.step)",
            ),
            "mixture of digits: a legend over the curves": (
                "right.get_legend().remove()",
                "right.get_legend()",
            ),
            "mixture of digits: too bright": ("levels=2, gap=2", "levels=3, gap=2"),
            "dozen: the mean in the solution's place": (
                "(image, seen, shortest, mean), strict",
                "(image, seen, mean, shortest), strict",
            ),
            "dozen: always the first image": ("image = x[digit : digit + 1]", "image = x[:1]"),
            "dozen: the variance for the noise": (
                "answers(image, problem, noise)",
                "answers(image, problem, noise**2)",
            ),
            "dozen: nothing is cut": ("show(each.clamp(0, 1))", "show(each)"),
            "dozen: the answers backwards": ("many(twelve)", "many(twelve.flip(0))"),
            "dozen: sums of chances": ("chances.tolist()", "chances.cumsum(0).tolist()"),
            "dozen: the last problem first": ("problem=problems[0]", "problem=problems[-1]"),
        },
    ),
    (
        f"{VIEWS}/challenges.py",
        only(
            SECOND,
            "each_model_has_two_dots_above_its_parameters_and_its_name_above_them",
            "the_data_s_shares_are_bars_and_the_model_s_are_dots",
            "the_gap_from_the_entropy_to_the_curve_is_the_kl",
            "every_family_says_its_lecture_what_it_knows_and_what_it_gives_up",
            "arrows_lead_from_the_question_to_each_family_and_on_to_the_last_lecture",
            "the_boxes_and_words_of_the_map_do_not_overlap_and_can_be_read",
        ),
        {
            "joint tables: the training patches twice": (
                "ax.plot(numbers, tested, color",
                "ax.plot(numbers, trained, color",
            ),
            "joint tables: names above the training's dots": (
                "np.maximum(trained, tested)",
                "trained",
            ),
            "joint tables: a line from nought": (
                "ax.vlines(numbers, trained, tested",
                "ax.vlines(numbers, 0 * trained, tested",
            ),
            "joint tables: no log axis": ('xscale="log"', 'xscale="linear"'),
            "joint tables: thousands for parameters": ("{n:,.0f}", "{n / 1000:,.0f}"),
            "joint tables: no room for the names": ("high + 5 * part", "high + part"),
            "joint tables: the entropy of nothing": (
                "ax.axhline(entropy",
                "ax.axhline(0 * entropy",
            ),
            "joint tables: the lowest dot cut": ("low - part", "low + part"),
            "joint tables: a name broken in two": (", 14, break_long_words=False", ", 9"),
            "smallest KL: counts for shares": ("share / share.sum()", "share / share.max()"),
            "smallest KL: the entropy's sign": (
                "entropy = -torch.special.xlogy(share, share)",
                "entropy = torch.special.xlogy(share, share)",
            ),
            "smallest KL: log 0": (
                "torch.special.xlogy(share, share).sum()",
                "(share * share.log()).sum()",
            ),
            "smallest KL: the other way round": (
                "xlogy(share, binomial(p).double())",
                "xlogy(binomial(p).double(), share)",
            ),
            "smallest KL: another p for the dots": (
                "dots.set_ydata(binomial(p)",
                "dots.set_ydata(binomial(1 - p)",
            ),
            "smallest KL: the gap from nought": (
                "[p, p], [entropy, here]",
                "[p, p], [0, here]",
            ),
            "smallest KL: the KL's sign": ("kl = here - entropy", "kl = entropy - here"),
            "smallest KL: the best gap too small to see": (
                "2.5 * max(entropy, 1.0)",
                "25 * max(entropy, 1.0)",
            ),
            "family map: colours of bound and samples exchanged": (
                "(MODEL, NOISE, THIRD), strict",
                "(MODEL, THIRD, NOISE), strict",
            ),
            "family map: a flow in the lecture on diffusion": (
                '"notebook 05",',
                '"notebook 06",',
            ),
            "family map: a flow has a bound": (
                "log p(x), exactly,\\nand codes z",
                "a lower bound,\\nand more codes z",
            ),
            "family map: arrows to the first of each branch": (
                "(at, 6.45), (x, 5.75)",
                "(at, 6.45), (at, 5.75)",
            ),
            "family map: branches above their first family": (
                "at = x + columns * (len(families) - 1) / 2",
                "at = x",
            ),
            "family map: boxes over each other": (
                "x, columns = 1.5, 3.1",
                "x, columns = 1.5, 2.6",
            ),
            "family map: words beyond their box": (
                "write(x, 2.1, gives_up, 10.5)",
                "write(x, 2.1, gives_up, 15)",
            ),
        },
    ),
]
