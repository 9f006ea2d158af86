"""Mistakes in the views missing.py, inverse.py and challenges.py of lecture 01, for
tests/mistakes/views.py."""

from .entry import only

VIEWS = "lecture_utils/views"
INTRODUCTION = "test_views_B.py"
TABLE = [
    # ---- views of lecture 01, second half ------------------------------------------------
    (
        f"{VIEWS}/introduction/missing.py",
        only(
            INTRODUCTION,
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
        f"{VIEWS}/introduction/inverse.py",
        only(
            INTRODUCTION,
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
            "equation: titles above the page": (
                "set_size_inches(8.4, 5.0)",
                "set_size_inches(8.4, 4.6)",
            ),
            "mixture of digits: samples from the global generator": (
                "step.sample(32, torch.Generator().manual_seed(0))",
                "step.sample(32)",
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
        f"{VIEWS}/introduction/challenges.py",
        only(
            INTRODUCTION,
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
            "joint tables: no room for the names": ("1.6 * max(", "1.02 * max("),
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
                '"lecture 05",',
                '"lecture 06",',
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
