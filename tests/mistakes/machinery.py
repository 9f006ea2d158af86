"""Mistakes in what draws, plays, trains, reads data and asks."""

from .entry import only

LIVE, DATA, TRAIN = "lecture_utils/live", "lecture_utils/data", "lecture_utils/train"


def frames(*views: str) -> tuple:
    """Return the tests that a frame of these views of the zoo is the figure drawn anew."""
    return only("test_picture.py", *(f"a_frame_is_the_figure_drawn_anew[{v}]" for v in views))


def picture(*names: str) -> tuple:
    return only("test_picture.py", *names)


def explore(*names: str) -> tuple:
    return only("test_explore.py", *names)


def watch(*names: str) -> tuple:
    return only("test_watch.py", *names)


def player(*names: str) -> tuple:
    return only("test_player.py", *names)


def playground(*names: str) -> tuple:
    return only("test_playground.py", *names)


def train(*names: str) -> tuple:
    return only("test_train.py", *names)


def check(*names: str) -> tuple:
    return only("test_checks.py", *names)


# (file, its tests, {name: (what is written there once, what is written instead[, the tests])})
TABLE = [
    # ---- live figures --------------------------------------------------------------------
    (
        f"{LIVE}/layers.py",
        frames("lines"),
        {
            "places are not compared": (
                "all(_numbers(node) == then for node, then in self.places)",
                "True",
                frames("limits", "position"),
            ),
            "attributes are not compared": (
                "same = all(vars(part) == then for part, then in self.parts)",
                "same = True",
            ),
            "lists are not copied": (
                "v.copy() if type(v) in (list, dict) else v",
                "v",
                frames("marks_in_place"),
            ),
            "parts of parts are left out": (
                "waiting += [v for v in held if not isinstance(v, _OWNERS)]",
                "pass",
                frames("one_tick_label"),
            ),
            "a transform's child is not followed": (
                "nodes, self.roots = list(_leaves(roots)), roots",
                "nodes, self.roots = [r for r in roots if isinstance(r, Bbox)], roots",
                frames("limits"),
            ),
            "a reader's own artist is no exception": (
                "return isinstance(part, Artist)  # a reader's",
                "return False  # a reader's",
                frames("by_its_own_class"),
            ),
            "the best place of a legend is its own business": (
                "return part._get_loc() == 0 if",
                "return False if",
                frames("best_legend"),
            ),
            "an annotation does not follow its artist": (
                "isinstance(part.xycoords, str) and isinstance(part.anncoords, str)",
                "True",
                frames("annotation_of_an_artist"),
            ),
            "a clip path is not followed": (
                "part.get_clip_path() is not None",
                "False",
                frames("clipped_by_a_patch"),
            ),
            "a connection is not always drawn": (
                "return elsewhere or isinstance(",
                "return isinstance(",
                frames("connection", "zoom"),
            ),
            "pixels are put back whatever lies below": (
                "elif keep and np.array_equal(pixels[self.box], self.under):",
                "elif keep and self.under is not None:",
                frames("lines", "image"),
            ),
            "a box without its last row": (
                "return slice(rows[0], rows[-1] + 1),",
                "return slice(rows[0], rows[-1]),",
            ),
            "a renderer of another size": (
                "if size not in _scratch:",
                "if not _scratch:",
                frames("bars", "lines"),
            ),
            "drawn in the order in which they were made": (
                "sorted(own, key=lambda a: a.get_zorder())",
                "own",
                frames("order"),
            ),
            "what is invisible is drawn": (
                "if empty or not artist.get_visible() or artist.get_animated():",
                "if empty:",
                frames("vanishing_axes", "blinking"),
            ),
            "axes that are off have ticks": (
                "hidden |= set() if artist.axison else {artist.xaxis, artist.yaxis}",
                "pass",
                frames("hidden_axes"),
            ),
        },
    ),
    (
        f"{LIVE}/picture.py",
        frames("lines"),
        {
            "the base is kept though the order changed": (
                "layers[: self._on_base] == self._layers[: self._on_base]",
                "True",
                frames("vanishing_below"),
            ),
            "the base is kept though it changed": (
                "if kept and not any(changed[: self._on_base]) else 0",
                "if kept else 0",
                frames("first_above_then_below"),
            ),
            "nothing is drawn if only the order changed": (
                "if layers == self._layers and not any(changed):",
                "if not any(changed):",
                frames("vanishing_below"),
            ),
            "the base has one layer too many": (
                "if i == self._on_base and not first:",
                "if i == self._on_base + 1 and not first:",
            ),
            "nothing is wiped off": ("renderer.clear()", "pass", frames("see_through")),
            "an interrupted picture counts as drawn": (
                "self._layers = []  # an interrupt",
                "pass  # an interrupt",
                watch("an_interrupt_in_the_middle_of_a_picture_leaves_the_last_one_whole"),
            ),
            "limits are not brought up to date": (
                "_ = each.viewLim",
                "_ = each",
                frames("autoscaled_when_drawn"),
            ),
            "the aspect is not applied": (
                "each.apply_aspect(locator(each, renderer) if locator else None)",
                "pass",
                frames("aspect", "inset"),
            ),
            "the layout is made anew": (
                "if self._layers is None:\n                self._lay_out()",
                "self.figure.set_layout_engine('constrained')\n            self._lay_out()",
                picture(
                    "the_layout_never_jumps_after_the_first_frame[limits]",
                    "the_layout_never_jumps_after_the_first_frame[tick_labels]",
                ),
            ),
            "its width is in dots": (
                "self.canvas.get_width_height()[0] // self.dots",
                "self.canvas.get_width_height()[0]",
                picture("a_picture_has_two_dots_a_pixel_of_the_page_unless_the_link_is_slow"),
            ),
            "the quick picture has all dots": (
                '"raw", "RGBX", 0, 1).reduce(2)',
                '"raw", "RGBX", 0, 1)',
                picture(
                    "png_is_exact_and_the_quick_picture_is_the_same_with_a_quarter_of_the_dots"
                ),
            ),
            "the quick picture is upside down": (
                '"raw", "RGBX", 0, 1).reduce(2)',
                '"raw", "RGBX", 0, -1).reduce(2)',
                picture(
                    "png_is_exact_and_the_quick_picture_is_the_same_with_a_quarter_of_the_dots"
                ),
            ),
            "the first frame shows the initial artists": (
                "self.update(**values)\n            if self._layers is None:",
                "if self._layers is None:",
                picture("the_first_frame_shows_the_values_and_not_the_initial_artists"),
            ),
            "beside: at the top": (
                "(x, y + (height - image.height) // 2)",
                "(x, y)",
                only("test_built.py", "beside_puts_images_in_a_row_centred_on_white"),
            ),
            "beside: one row": (
                "images[i : i + columns] for i in range(0, len(images), columns)",
                "images for i in range(1)",
                only("test_built.py", "beside_breaks_rows_where_it_is_told"),
            ),
        },
    ),
    (
        f"{LIVE}/brush.py",
        ("test_explore.py",),
        {
            "the first wish for the last": (
                "_wishes[self] = wish",
                "_wishes.setdefault(self, wish)",
                explore("of_wishes_that_wait_the_last_is_drawn_and_only_that"),
            ),
            "nothing is exact at rest": (
                "        brush.finish()\n",
                "        pass\n",
                explore("while_it_moves_it_is_a_quick_jpeg_and_at_rest_exactly_the_picture"),
            ),
            "a thread for every wish": (
                "if not any(thread.name == __name__ for thread in threading.enumerate()):",
                "if True:",
                explore("one_thread_draws_for_all_panels_and_does_not_pile_up"),
            ),
            "a brush always says that it rests": (
                "lambda: self not in _due, seconds",
                "lambda: True, seconds",
                explore("a_brush_that_is_at_rest_says_so_at_once_and_one_that_is_not_in_time"),
            ),
            "nobody is told that it rests": (
                "del _due[brush]\n                _changed.notify_all()",
                "del _due[brush]",
                explore("a_brush_that_is_at_rest_says_so_at_once_and_one_that_is_not_in_time"),
            ),
            "a wish before its time": (
                "            _wishes[self] = wish\n            self.touch()",
                "            _wishes[self] = wish\n        self.touch()",
                explore("a_wish_and_its_due_time_are_one_moment_for_the_thread"),
            ),
        },
    ),
    (
        f"{LIVE}/panel.py",
        ("test_explore.py",),
        {
            "two messages a picture": (
                "with self.image.hold_sync():  # one message",
                "if True:",
                explore("a_picture_is_one_message_with_its_format"),
            ),
            "errors are no text but markup": (
                'html.escape(" ".join(f"{type(error).__name__} {when}: {error}".split()))',
                '" ".join(f"{type(error).__name__} {when}: {error}".split())',
                explore("an_error_in_update_is_one_line_and_the_next_good_value_clears_it"),
            ),
            "an error stays": (
                "if self.draw(values(), moving=True) and self.message.value:\n"
                '                self.message.value = ""',
                "self.draw(values(), moving=True)",
                explore("an_error_in_update_is_one_line_and_the_next_good_value_clears_it"),
            ),
            "always exact": (
                "self.send(moving and not static())",
                "self.send(False)",
                explore("while_it_moves_it_is_a_quick_jpeg_and_at_rest_exactly_the_picture"),
            ),
            "the exact picture twice": (
                'if self.image.format == "png":\n            return',
                "if False:\n            return",
                explore("over_a_slow_link_it_is_a_png_that_is_not_sent_twice"),
            ),
            "the alternative text is no text but markup": (
                "{html.escape(picture.alt)}",
                "{picture.alt}",
                explore("the_alternative_text_is_in_the_panel_and_escaped"),
            ),
            "a built notebook hides an error": (
                "raise RuntimeError(self.message.value)",
                "pass",
                only("test_built.py", "a_notebook_with_an_error_in_a_picture_is_not_built"),
            ),
            "a built notebook leaves out the map": (
                "pictures = [*maps, *(frames",
                "pictures = [*(frames",
                only("test_built.py", "a_map_stands_beside_its_picture"),
            ),
            "a built picture is as wide as its dots": (
                'size = {"width": image.width // dots()}',
                'size = {"width": image.width}',
                ("test_built.py",),
            ),
        },
    ),
    (
        f"{LIVE}/explore.py",
        ("test_watch.py",),
        {
            "watch: returns nothing": (
                "        panel.show()\n    return last",
                "        panel.show()",
                watch("watch_returns_what_training_made"),
            ),
            "watch: the last picture is not exact": (
                "draw(moving=False)",
                "draw(moving=True)",
                watch("at_the_end_the_picture_is_exact_at_once"),
            ),
            "watch: the last picture is not drawn": (
                "    if made:\n        draw(moving=False)",
                "    if False:\n        draw(moving=False)",
                watch("watch_drains_the_generator_and_draws_the_first_and_the_last_step"),
            ),
            "watch: curves have few points": (
                "_keep_up(panel, last, made)\n",
                "pass\n",
                watch("curves_have_points_between_two_pictures"),
            ),
            "watch: an error in training is swallowed": (
                'panel.fail(error, "while training")\n        raise',
                'panel.fail(error, "while training")',
                watch("an_error_in_training_is_shown_and_raised_again"),
            ),
            "watch: every record is drawn": (
                "due, drawn = time.perf_counter() + pause, made",
                "due, drawn = 0.0, made",
                watch("watch_drains_the_generator_and_draws_the_first_and_the_last_step"),
            ),
            "watch: a playground plays on": (
                "    pause_all()\n    bar",
                "    bar",
                playground("one_playground_at_a_time_plays_and_watch_pauses_it_too"),
            ),
            "explore: the first control only": (
                "for control in panel.controls.values():\n        control.observe",
                "for control in list(panel.controls.values())[:1]:\n        control.observe",
                explore("moving_any_control_changes_the_image"),
            ),
            "explore: an unknown control is ignored": (
                "if name not in parameters:",
                "if False:",
                explore("an_unknown_control_is_refused_by_name"),
            ),
            "explore: every frame of a built film is the last": (
                "{**values, name: record}",
                "{name: record, **values}",
                only("test_built.py", "a_film_becomes_four_of_its_frames_in_reading_order"),
            ),
        },
    ),
    (
        f"{LIVE}/player.py",
        ("test_player.py",),
        {
            "reset: keeps the last record": (
                "self._steps, self.last, self.made, self.finished = None, None, 0, False",
                "self._steps, self.made, self.finished = None, 0, False",
                player("a_reset_whose_start_fails_has_forgotten_the_last_record"),
            ),
            "reset: goes on counting": (
                "self._steps, self.last, self.made, self.finished = None, None, 0, False",
                "self._steps, self.last, self.finished = None, None, False",
                player("what_has_been_made_is_counted_and_a_reset_counts_from_one"),
            ),
            "reset: stays finished": (
                "self._steps, self.last, self.made, self.finished = None, None, 0, False",
                "self._steps, self.last, self.made = None, None, 0",
                player("only_the_end_of_the_generator_is_the_end"),
            ),
            "reset: the same generator": (
                "self._steps, self.last, self.made, self.finished = None, None, 0, False",
                "self.last, self.made, self.finished = None, 0, False",
                player("a_pause_continues_and_a_reset_starts_over"),
            ),
            "few: one less": (
                "steps <= FEW",
                "steps < FEW",
                player("every_step_of_a_short_generator_is_shown_however_fast_it_is"),
            ),
            "many: all are shown": (
                "every = self.speed < math.inf or",
                "every = True or",
                player("of_a_long_generator_or_of_one_without_an_end_some_steps_are_shown"),
            ),
            "speed: half of it": (
                "begun + 1 / self.speed",
                "begun + 2 / self.speed",
                player("a_speed_is_in_steps_a_second"),
            ),
            "speed: not counting the step": (
                "(left := begun + 1 / self.speed - time.perf_counter()) > 0",
                "(left := drawn + 1 / self.speed - time.perf_counter()) > 0",
                player("a_speed_counts_the_time_that_a_step_takes"),
            ),
            "speed: only as it was when the step began": (
                "self._stop.wait(min(left, 0.01))",
                "self._stop.wait(left)",
                player("a_speed_acts_while_it_plays"),
            ),
            "finished: also when it failed": (
                "self.finished = not self.failed",
                "self.finished = True",
                player("a_training_that_failed_is_not_finished"),
            ),
            "play: a second click, a second thread": (
                "            if self.playing:\n                return",
                "            if False:\n                return",
                player("playing_twice_keeps_the_one_thread"),
            ),
            "play: beside another": (
                "            pause_all()\n            self._join()",
                "            self._join()",
                playground("one_playground_at_a_time_plays_and_watch_pauses_it_too"),
            ),
            "pause: the last picture is an old one": (
                "if not self.failed and self.last is not None:\n            self._draw()",
                "pass",
                player("a_player_plays_until_it_is_paused_and_then_stands_still"),
            ),
            "step: nobody is told how": (
                "self.before(*how)",
                "self.before()",
                player("a_step_tells_before_how_it_is_made_and_playing_tells_nothing"),
            ),
            "records without a step are all number 0": (
                "return made if step is None else step, steps",
                "return step or 0, steps",
                player("a_record_without_a_step_is_numbered_by_how_many_were_made"),
            ),
            "line: words of any length": (
                "if words and len(words) <= 160",
                "if words",
                player("a_line_is_a_records_own_words_if_they_fit"),
            ),
        },
    ),
    (
        f"{LIVE}/playground.py",
        ("test_playground.py",),
        {
            "verbs: the first one's while it plays": (
                "verb or list(self.verbs)[-1]",
                "verb or list(self.verbs)[0]",
                playground("while_it_plays_every_step_is_the_last_verbs_whatever_was_pressed"),
            ),
            "verbs: every button is the last one": (
                "self.player.step(1, button.description)",
                "self.player.step(1)",
                playground("every_verb_has_a_button_that_makes_one_step_of_its_own"),
            ),
            "a rate stays as it was": (
                "return float(self.now())",
                "return float(self)",
                only("test_knobs.py", "a_learning_rate_follows_its_slider_between_two_steps"),
            ),
            "knobs are read once": (
                "        self._read()\n        if self.verbs:",
                "        if self.verbs:",
                only("test_knobs.py", "knobs_of_every_kind_are_read_anew_at_every_step"),
            ),
            "before: rounded up to whole parts": (
                "panel.player.step(min(some, before - done))",
                "panel.player.step(some)",
                playground("the_steps_before_are_as_many_as_asked_for"),
            ),
            "the end is not told": (
                "if self.player.finished:",
                "if False:",
                playground("a_step_at_the_end_says_that_it_is_finished"),
            ),
            "the speed's slider does nothing": (
                'setattr(self.player, "speed", change["new"])',
                'setattr(self, "pace", change["new"])',
                playground("the_speed_acts_while_it_plays_and_a_reset_leaves_it"),
            ),
            "the old model is not told": (
                "if model is not None and model is getattr",
                "if False and model is getattr",
                playground("reset_says_when_the_model_is_not_new"),
            ),
        },
    ),
    (
        f"{LIVE}/controls.py",
        ("test_controls.py",),
        {
            "range: a step that leaves out the start": (
                "next((step for step in fine if _reaches(slider, step)), fine[-1])",
                "fine[0]",
                only(
                    "test_controls.py",
                    "a_range_gets_a_round_step_that_reaches_the_start_and_is_fine_enough",
                ),
            ),
            "range: coarse steps": (
                "(slider.max - slider.min) / 25",
                "(slider.max - slider.min) / 5",
                only(
                    "test_controls.py",
                    "a_range_gets_a_round_step_that_reaches_the_start_and_is_fine_enough",
                ),
            ),
            "start: between the steps": (
                "if not _reaches(slider, slider.step):",
                "if False:",
                only(
                    "test_controls.py", "a_start_that_the_control_leaves_out_is_refused_by_name"
                ),
            ),
            "point: held coordinates move": (
                "old if slider.disabled else new for",
                "new for",
                only("test_controls.py", "a_drag_moves_a_point_along_its_free_axis_only"),
            ),
            "point: upside down on its picture": (
                "y = sharp * (bottom - (self.value[1] - y0)",
                "y = sharp * (top + (self.value[1] - y0)",
                only("test_controls.py", "the_image_shows_the_point_where_it_is"),
            ),
            "point: the sliders stay": (
                "slider.value = v\n",
                "pass\n",
                only("test_controls.py", "dragging_the_puck_moves_value_and_sliders_once"),
            ),
        },
    ),
    (
        f"{LIVE}/film.py",
        ("test_film.py",),
        {
            "film: one record late": (
                "if (made - 1) % stride == 0:",
                "if made % stride == 0:",
            ),
            "film: without its end": (
                "if self.records[-1] is not last[0]:",
                "if False:",
            ),
            "film: another moment's words": (
                "self.words.value = self.lines[i]",
                "self.words.value = self.lines[0]",
            ),
            "film: the first ones for some": (
                "np.linspace(0, last, min(n, last + 1))",
                "np.arange(n)",
            ),
        },
    ),
    (
        f"{LIVE}/pages.py",
        ("test_controls.py",),
        {
            "scan: the mean for the count of ink": (
                "bits.view(8, 4, 8, 4).sum((1, 3))",
                "bits.view(8, 4, 8, 4).mean((1, 3))",
                only("test_controls.py", "ink_is_counted_in_blocks_of_four_by_four"),
            ),
            "scan: not cut out": (
                "ink = ink.crop(box)",
                "pass",
                only(
                    "test_controls.py",
                    "where_and_how_large_a_digit_is_drawn_does_not_matter",
                    "test_digits_that_are_enlarged_and_scanned_back_are_the_same_digits",
                ),
            ),
            "points: another scale": (
                "(places.view(-1, 2) - 150) / 50",
                "(places.view(-1, 2) - 150) / 75",
                only(
                    "test_controls.py",
                    "the_page_is_six_units_wide_centred_x_to_the_right_and_y_up",
                ),
            ),
            "points: those off the page, too": (
                "points[(points.abs() <= 3).all(1)]",
                "points",
                only("test_controls.py", "points_off_the_page_are_left_out"),
            ),
            "points: upside down on the picture": (
                "            y = 300 * sharp - y\n",
                "",
                only("test_controls.py", "the_image_shows_every_point_where_it_is"),
            ),
        },
    ),
    # ---- plots ---------------------------------------------------------------------------
    (
        "lecture_utils/plots.py",
        ("test_plots.py",),
        {
            "tile: in columns": ("r, c = divmod(i, columns)", "c, r = divmod(i, rows)"),
            "tile: gaps are paper": ("+ gap), np.nan)", "+ gap), 0.0)"),
            "grid: one level too many": ("vmax=levels - 1,", "vmax=levels,"),
            "grid: ink is light": (
                'matplotlib.colormaps["gray_r"]',
                'matplotlib.colormaps["gray"]',
            ),
            "curves: a step that comes again stays": ("kept = xs < step", "kept = xs <= step"),
            "curves: later points of the other lines stay": (
                "line.set_data(xs[xs <= step], ys[xs <= step])",
                "pass",
            ),
            "curves: no room at the top": ("> 1.03 * size", "> 0.5 * size"),
            "curves: the low end is not fixed": (
                "bottom = _leap(ys.min()) if low is None else low",
                "bottom = _leap(ys.min())",
            ),
            "curves: negative values are not seen": (
                "return math.copysign(beyond, value)",
                "return beyond",
            ),
            "curves: infinite limits": ("ys[np.isfinite(ys)]", "ys"),
            "density: x and y exchanged": (
                "p = p.view(cells, cells).T",
                "p = p.view(cells, cells)",
            ),
            "density: half a cell aside": (
                "side = (torch.arange(cells) + 0.5) / cells",
                "side = torch.arange(cells) / cells",
            ),
            "density: its logarithm": (
                "log_prob(points).detach().exp()",
                "log_prob(points).detach()",
            ),
            "density: no fixed top": ("p / (top or p.max()", "p / (p.max()"),
            "field: x and y exchanged": (
                "quiver.set_UVC(*v.T.numpy())",
                "quiver.set_UVC(*v.flip(1).T.numpy())",
            ),
            "field: backwards": ("v = field(points).detach()", "v = -field(points).detach()"),
            "field: all arrows of one length": (
                "(length / (unit or length.max())).clamp(max=1.0)",
                "1.0",
            ),
            "field: no fixed unit": ("(unit or length.max())", "length.max()"),
            "field: longer than they are apart": (".clamp(max=1.0) * apart", " * apart"),
            "codes: names at the mean": (
                "np.median(z[labels == digit]",
                "np.mean(z[labels == digit]",
            ),
        },
    ),
    # ---- training ------------------------------------------------------------------------
    (
        f"{TRAIN}/loop.py",
        ("test_train.py",),
        {
            "progress: of the step after": (
                "t = time.perf_counter(), (step - 1) / steps",
                "t = time.perf_counter(), step / steps",
                train("a_rate_and_a_loss_that_are_functions_get_the_progress"),
            ),
            "clip: the short ones": (
                "norm > clip:",
                "norm < clip:",
                train("a_gradient_longer_than_clip_is_shortened_to_it_and_keeps_its_direction"),
            ),
            "clip: inverted": (
                "g * (clip / norm)",
                "g * (norm / clip)",
                train("a_gradient_longer_than_clip_is_shortened_to_it_and_keeps_its_direction"),
            ),
            "mean: weights inverted": (
                "torch._foreach_lerp_(means, weights, 1 - keep)",
                "torch._foreach_lerp_(means, weights, keep)",
                train("the_mean_is_the_weighted_sum_of_the_weights_after_each_step"),
            ),
            "mean: a young one forgets slowly": (
                "keep = min(decay, float(n) / (float(n) + 10))",
                "keep = decay",
                train("a_young_mean_starts_with_the_first_step_and_forgets_it_quickly"),
            ),
            "mean: without the buffers": (
                "use_buffers=True",
                "use_buffers=False",
                train(
                    "the_mean_of_a_batch_norm_has_the_means_of_its_statistics_and_a_copy_of_its_count"
                ),
            ),
            "mean: it is not told": (
                "averaged = mean.module.eval().requires_grad_(False)",
                "pass",
                train("the_averaged_model_takes_no_gradient_and_is_always_in_eval_mode"),
            ),
            "labels: shuffled apart": (
                "yield tuple(rows[chosen] for rows in x)",
                "yield tuple(rows[chosen.roll(i)] for i, rows in enumerate(x))",
                train("images_and_labels_keep_their_rows_together"),
            ),
            "rows: always in the same order": (
                "torch.randperm(n)",
                "torch.arange(n)",
                train("every_row_is_used_once_in_every_pass_in_an_order_that_changes"),
            ),
            "rows: the rest of a pass is left out": (
                "order = order[batch:]",
                "order = order[:0]",
                train("every_row_is_used_once_in_every_pass_in_an_order_that_changes"),
            ),
            "modes: in training mode between the steps": (
                "model.eval()  # whoever",
                "pass  # whoever",
                train(
                    "the_model_is_in_eval_mode_between_steps_in_training_mode_inside_and_in_eval_mode_after"
                ),
            ),
            "modes: never in training mode": (
                "            model.train()\n",
                "",
                train(
                    "the_model_is_in_eval_mode_between_steps_in_training_mode_inside_and_in_eval_mode_after"
                ),
            ),
            "Adam: always the same betas": (
                "torch.optim.Adam, betas=betas, fused",
                "torch.optim.Adam, fused",
                train("the_betas_of_a_model_that_is_no_game_reach_adam_too"),
            ),
            "records: one dict for all": (
                "Step(step, steps, dict(losses),",
                "Step(step, steps, losses,",
                train(
                    "a_player_who_does_not_move_keeps_its_last_loss_and_earlier_records_keep_theirs"
                ),
            ),
            "turns: one of each": (
                "for name in in_turn():",
                "for name in dict.fromkeys(in_turn()):",
                train("the_players_of_a_game_move_in_the_order_of_the_turns"),
            ),
            "finite: the gradient is not asked": (
                "if not (math.isfinite(value) and math.isfinite(norm)):",
                "if not math.isfinite(value):",
                train(
                    "a_loss_that_is_not_finite_stops_and_leaves_the_weights_before_that_step"
                ),
            ),
            "gradient: read in another order": (
                "ordered = g is None or g.stride() == p.stride()",
                "ordered = True",
                train(
                    "a_gradient_with_strides_of_its_own_moves_the_weights_that_it_belongs_to"
                ),
            ),
            "one cycle: it never ends": (
                "math.cos(math.pi * (t - 0.2) / 0.8)",
                "math.cos(math.pi * (t - 0.2))",
                train("one_cycle_rises_in_the_first_fifth_and_falls_to_zero"),
            ),
            "seconds: what happens between, too": (
                "seconds += time.perf_counter() - start",
                "seconds = time.perf_counter() - began",
                train("the_seconds_are_those_of_training_and_not_of_what_happens_between"),
            ),
        },
    ),
    (
        f"{TRAIN}/arguments.py",
        ("test_train.py",),
        {
            "progress: given to every loss": (
                "    if told:",
                "    if True:",
                train("a_loss_without_a_parameter_called_progress_gets_its_rows_alone"),
            ),
            "progress: given to none": (
                "    if told:",
                "    if False:",
                train("a_loss_with_a_parameter_called_progress_is_told_it"),
            ),
            "labels: fewer than images": (
                "if len(rows) != len(x[0]):",
                "if False:",
                train("bad_arguments_are_refused_by_name_at_the_call"),
            ),
            "rates: names of others": (
                "if set(rates) != set(players):",
                "if False:",
                train("bad_arguments_of_a_game_are_refused_by_name_at_the_call"),
            ),
        },
    ),
    (
        f"{TRAIN}/records.py",
        ("test_train.py",),
        {
            "together: the names exchanged": (
                "map(list, row), strict=True",
                "map(list, reversed(row)), strict=True",
                train("a_record_of_all_holds_the_record_of_each_in_its_place"),
            ),
            "together: the sum for the mean": (
                "for s in steps) / len(steps) for",
                "for s in steps) for",
                train("a_record_of_all_reads_as_one_line_with_the_mean_losses_of_each_name"),
            ),
        },
    ),
    # ---- data ----------------------------------------------------------------------------
    (
        f"{DATA}/toys.py",
        ("test_toys.py",),
        {
            "entropy: its sign": (
                "return -(self.weights.double()",
                "return (self.weights.double()",
            ),
            "entropy: weights ignored": (
                "self.weights.double() @ torch.stack(means)",
                "torch.stack(means).mean()",
                only("test_toys.py", "the_entropy_is_its_integral"),
            ),
            "density: weights ignored": (
                "(each + weights.log()).logsumexp(1)",
                "each.logsumexp(1) - math.log(len(centres))",
            ),
            "samples: weights ignored": (
                "torch.multinomial(self.weights, n",
                "torch.multinomial(torch.ones_like(self.weights), n",
                only("test_toys.py", "the_left_gaussian_has_its_weight"),
            ),
            "density: width for its square": (
                "math.log(2 * math.pi * self.width**2)",
                "math.log(2 * math.pi * self.width)",
            ),
            "density: factor ½ dropped": ("each = -0.5 * squared", "each = -squared"),
            "samples: half as wide": (
                "self.centres[k] + self.width * torch.randn",
                "self.centres[k] + 0.5 * self.width * torch.randn",
                only("test_toys.py", "the_mean_of_log_p_over_samples_is_minus_the_entropy"),
            ),
            "samples: noise from the global generator": (
                "torch.randn(n, 2, generator=generator)",
                "torch.randn(n, 2)",
                only(
                    "test_toys.py",
                    "a_generator_repeats_samples_and_leaves_the_global_one_alone",
                ),
            ),
            "checkerboard: the light squares": ("% 2 == 0\n", "% 2 == 1\n"),
            "checkerboard: columns": (
                "torch.randint(2, (n,), generator=generator) + row % 2",
                "torch.randint(2, (n,), generator=generator)",
                only(
                    "test_toys.py", "the_sampler_fills_the_cells_of_a_grid_as_the_density_says"
                ),
            ),
            "checkerboard: its area": ("return math.log(8)", "return math.log(16)"),
            "ring: the first mode elsewhere": (
                'torch.arange(check_count(modes, "modes")) / modes',
                "(torch.arange(modes) + 0.5) / modes",
                only("test_toys.py", "the_first_mode_of_a_ring_is_to_the_right"),
            ),
            "two: the right one has the weight": (
                "torch.tensor([weight, 1 - weight])",
                "torch.tensor([1 - weight, weight])",
                only("test_toys.py", "the_left_gaussian_has_its_weight"),
            ),
            "moons: twice the same": (
                "torch.cat([upper, -upper])",
                "torch.cat([upper, upper])",
                only("test_toys.py", "each_moon_reaches_into_the_other_and_none_touches"),
            ),
            "spiral: dense in the middle": (
                "torch.linspace(0, 1, 200).sqrt()",
                "torch.linspace(0, 1, 200)",
                only(
                    "test_toys.py",
                    "a_spiral_is_equally_dense_along_its_way_and_goes_round_as_often_as_asked",
                ),
            ),
            "drawn: nine points are enough": (
                "len(points) < 10",
                "len(points) < 9",
                only("test_toys.py", "too_few_points_or_none_at_all_are_refused_by_name"),
            ),
        },
    ),
    (
        f"{DATA}/download.py",
        ("test_download.py",),
        {
            "the checksum is not compared": ("if _md5(content) != md5:", "if False:"),
            "a damaged copy is good enough": (
                "if path.exists() and _md5(path.read_bytes()) == md5:",
                "if path.exists():",
            ),
            "the part file is kept": ("part.unlink(missing_ok=True)", "pass"),
            "half a file is enough": ("if len(content) < size:", "if False:"),
            "one mirror only": ("for mirror in mirrors:", "for mirror in mirrors[:1]:"),
            "as slow as it likes": ("len(content) < SLOWEST * seconds", "False"),
            "one part file for all": (
                'f"{path.name}.{uuid4().hex}.part"',
                'f"{path.name}.part"',
                only("test_download.py", "two_may_fetch_the_same_file_at_once"),
            ),
        },
    ),
    (
        f"{DATA}/images.py",
        ("test_data.py",),
        {
            "digits: another end of the training images": ("slice(0, 1000)", "slice(0, 1001)"),
            "digits: validation and test share images": (
                "slice(1350, None)",
                "slice(1349, None)",
            ),
            "MNIST: larger blocks": ("// 100 % 10", "// 1000 % 10"),
            "MNIST: validation and test exchanged": (
                "block < 8, block == 8, block == 9",
                "block < 8, block == 9, block == 8",
            ),
            "fetched: fewer training images": ("Split(x[:55_000],", "Split(x[:54_000],"),
            "fetched: labels of others": ("y[55_000:])", "y[:5_000])"),
            "IDX: one byte further": (
                "content, np.uint8, offset=start)",
                "content[1:] + b'0', np.uint8, offset=start)",
            ),
            "IDX: any magic number": (
                "content[:4] != bytes([0, 0, 8, dimensions]) or",
                "",
            ),
        },
    ),
    (
        f"{DATA}/arguments.py",
        ("test_data.py",),
        {
            "levels: one too many": ("high > levels - 1:", "high > levels:"),
            "levels: negative ones": ("if low < 0 or high", "if high"),
            "finite: infinity is": ("torch.isfinite(x).all()", "(x == x).all()"),
            "shape: any": ("if tuple(x.shape[1:]) != tuple(shape):", "if False:"),
        },
    ),
    (
        "lecture_utils/metrics.py",
        ("test_metrics.py",),
        {
            "Fréchet: the sign of the cross term": ("- 2 * cross", "+ 2 * cross"),
            "Fréchet: factor 2 dropped": ("- 2 * cross", "- cross"),
            "Fréchet: without the means": ("(between_means + cov", "(cov"),
            "coverage: a real image is its own neighbour": ("kthvalue(k + 1,", "kthvalue(k,"),
            "coverage: the share of the samples": (".min(1).values <", ".min(0).values <"),
            "coverage: also at the radius": ("values < radius", "values <= radius"),
            "bound: K is 50": ("- math.log(k)", "- math.log(min(k, 50))"),
            "bound: not an average": (".logsumexp(0) - math.log(k)", ".logsumexp(0)"),
            "bound: the mean of the logarithms": (".logsumexp(0) - math.log(k)", ".mean(0)"),
        },
    ),
    # ---- the page ------------------------------------------------------------------------
    (
        "lecture_utils/lesson.py",
        ("test_lesson.py",),
        {
            "quiz: right and wrong exchanged": (
                "((True, right), (False, wrong))",
                "((False, right), (True, wrong))",
            ),
            "source: of the decorator": ("inspect.unwrap(f)", "f"),
            "quiz: everything is right": ('"correct": ok', '"correct": True'),
            "quiz: the answer as its own feedback": ('"feedback": why', '"feedback": a'),
            "quiz: the right answer first where it is built": (
                "sorted([*right, *wrong])",
                "[*right, *wrong]",
            ),
            "quiz: the wrong answers only where it is built": (
                "sorted([*right, *wrong])",
                "sorted([*wrong])",
            ),
            "quiz: it sees MathJax": ("}})();", "}})(MathJax);"),
            "source: the line after": ("line {first}", "line {first + 1}"),
            "source: the first function only": (
                "    for f in functions:",
                "    for f in functions[:1]:",
            ),
            "source: indented": ("textwrap.dedent(", "str("),
        },
    ),
    (
        "lecture_utils/checks/diffusion.py",
        ("test_checks.py",),
        {
            "closed form: β for its root": (
                "mean + variance.sqrt() * eps",
                "mean + variance * eps",
            ),
            "score: σ for σ²": (".square() / (1 - a)\n", ".square() / (1 - a).sqrt()\n"),
            "DDIM: the noise of the time t": (
                "noise = (1 - a_s).sqrt() * eps",
                "noise = (1 - a_t).sqrt() * eps",
            ),
            "DDIM: up for down": ("a_s = a_t.sqrt()", "a_s = a_t.square()"),
        },
    ),
    (
        "lecture_utils/checks/flow.py",
        ("test_checks.py",),
        {
            "coupling: a stub returns something": ("if not_yet(got):", "if False:"),
            "coupling: log_det is not looked at": (
                '("log_det", got[1], wanted, of_log_det),',
                "",
            ),
            "coupling: the slope by s": (
                "b * softplus(s) + t))(b, s, t)",
                "b * softplus(s) + t, argnums=1))(b, s, t)",
            ),
            "coupling: the right scale is eˢ": (
                "lambda b, s, t: b * softplus(s) + t",
                "lambda b, s, t: b * s.exp() + t",
            ),
            "log_det, sign: none": ("-scale.log().sum(1)", "scale.log().sum(1)"),
            "inverse: of another layer": (
                "z = b * scale + t\n    got",
                "z = b * scale - t\n    got",
            ),
            "inverse, wrong order: t added": ("z / scale - t", "z / scale + t"),
            "logit-normal: z is log x": ("z = torch.logit(x)", "z = x.log()"),
            "logit-normal: the slope upside down": (
                "-x.log() - (-x).log1p()",
                "x.log() + (-x).log1p()",
            ),
            "integral: of the logarithm": ("got.exp().mean()", "got.mean()"),
        },
    ),
    (
        "lecture_utils/checks/introduction.py",
        ("test_checks.py",),
        {
            "Bayes: the likelihood is wanted": (
                "p * prior / (p @ prior) for p",
                "p / p.sum() for p",
            ),
            "Bayes: no likelihood is 0": (
                "likelihood[2, 1] = 0",
                "likelihood[2, 1] = 0.5",
                check("a_posterior_is_judged_with_an_unbalanced_prior_and_a_zero"),
            ),
            "Bayes: as many rows as classes": (
                "torch.rand(6, 4,",
                "torch.rand(4, 4,",
                check("a_posterior_is_judged_with_an_unbalanced_prior_and_a_zero"),
            ),
            "Bayes: a balanced prior": (
                "[0.5, 0.3, 0.15, 0.05]",
                "[0.25, 0.25, 0.25, 0.25]",
            ),
            "Bayes: every error is of the axis": (
                'if failed and "non-singleton dimension 1" in failed.message:',
                "if failed:",
                check("no_such_axis_is_suspected_of_another_error"),
            ),
            "Bayes, over the batch: over all": (
                "joint / joint.sum(0)",
                "joint / joint.sum()",
            ),
            "Bayes, divided: not normalised": (
                "divided / divided.sum(1, keepdim=True)",
                "divided / joint.sum(1, keepdim=True)",
            ),
            "Bayes, one class: the least probable": (
                "joint.argmax(1)",
                "joint.argmin(1)",
            ),
            "counts: the joint table sums to anything": (
                "(2**n - 1, n, 1 +",
                "(2**n, n, 1 +",
            ),
            "counts: one table for the Markov chain": (
                "n, 1 + 2 * (n - 1), n * (n + 1) // 2)",
                "n, 3, n * (n + 1) // 2)",
            ),
            "counts: no biases": (
                "1 + 2 * (n - 1), n * (n + 1) // 2)",
                "1 + 2 * (n - 1), n * (n - 1) // 2)",
            ),
            "counts: not of one pixel": (
                "for n in (1, 2, 9, 64)}",
                "for n in (2, 9, 64)}",
                check("a_count_that_is_wrong_for_one_number_of_pixels_is_said"),
            ),
            "counts: a mistake shows at one pixel": (
                "_same(got[n][i], wrong(n)) for n in (2, 9, 64))",
                "_same(got[n][i], wrong(n)) for n in (1, 2, 9, 64))",
                check("a_mistake_in_a_count_is_named_even_if_one_pixel_is_right"),
            ),
            "counts: a mistake for once is that mistake": (
                "if all(_same(got[n][i], wrong(n))",
                "if any(_same(got[n][i], wrong(n))",
            ),
            "counts: every integer is near": (
                "exact = isinstance(yours, int)",
                "exact = False",
                check("an_integer_is_to_be_exact_and_a_float_is_not"),
            ),
            "counts: a float is exact": (
                "exact = isinstance(yours, int)",
                "exact = True",
            ),
            "counts: nearly any float": (
                "rel_tol=1e-5",
                "rel_tol=0.5",
                check("a_wrong_count_among_floats_is_named_too"),
            ),
            "counts: true is a number": (
                "type(value) not in (int, float)",
                "not isinstance(value, (int, float))",
                check("what_is_no_count_is_told_what_is_wanted"),
            ),
            "counts: infinity is a number": (
                " or not abs(value) < 1e30:",
                ":",
                check("what_is_no_count_is_told_what_is_wanted"),
            ),
            "counts: one that is missing is no number": (
                "        if not_yet(value):",
                "        if False:",
                check("one_of_the_four_counts_may_be_missing_yet"),
            ),
            "counts: a stub returns something": (
                "    if not_yet(answer):",
                "    if False:",
            ),
            "counts: a tensor is no list": (
                "isinstance(answer, (torch.Tensor, np.ndarray))",
                "isinstance(answer, np.ndarray)",
            ),
            "counts: an array is no list": (
                "isinstance(answer, (torch.Tensor, np.ndarray))",
                "isinstance(answer, torch.Tensor)",
            ),
            "counts: five are four": (
                "or len(answer) != 4",
                "or len(answer) < 4",
                check("another_number_of_counts_than_four_is_told_what_to_return"),
            ),
            "counts: tensors of one number are none": (
                "[plain(value) for value in answer]",
                "[value for value in answer]",
            ),
            "counts: any order": (
                "if other_order and",
                "if False and",
                check("the_four_counts_in_another_order_are_told_so"),
            ),
            "counts: an error has no n": (
                'f"count({n}): {failed.message}"',
                "failed.message",
                check("an_error_or_nothing_for_one_number_of_pixels_is_said"),
            ),
            "marginal: twice the covariance": (
                "wanted = MultivariateNormal(mean[seen], cov[seen][:, seen])",
                "wanted = MultivariateNormal(mean[seen], 2 * cov[seen][:, seen])",
            ),
            "marginal: the unseen are numbers": (
                "x.masked_fill(~seen, math.nan), seen, mean, cov)",
                "x, seen, mean, cov)",
                check("a_marginal_is_given_nan_where_it_is_not_seen_and_a_full_covariance"),
            ),
            "marginal: the covariance is diagonal": (
                "root @ root.T / 5 + 0.3",
                "0 * root + 0.7",
            ),
            "marginal: the mean is 0": (
                "torch.linspace(-0.5, 0.5, 5,",
                "torch.zeros(5,",
            ),
            "marginal: as many rows as coordinates": (
                "numbers[:6]",
                "numbers[:5]",
                check("a_marginal_is_given_nan_where_it_is_not_seen_and_a_full_covariance"),
            ),
            "marginal: never all": (
                '(some | True, "With all seen: "), ',
                "",
                check("a_marginal_that_is_wrong_for_one_mask_is_told_for_which"),
            ),
            "marginal: never one": (
                ', (one, "With one seen: ")',
                "",
                check("a_marginal_that_is_wrong_for_one_mask_is_told_for_which"),
            ),
            "marginal: all, said of one": (
                '(some | True, "With all seen: ")',
                '(some | True, "With one seen: ")',
                check("a_marginal_that_is_wrong_for_one_mask_is_told_for_which"),
            ),
            "marginal: mistakes with all seen, too": (
                "if seen is some else {}",
                "if True else {}",
            ),
            "marginal: the NaN has no reason": (
                "verdict = _of_the_unseen(log_p, x, seen, mean, cov) or verdict",
                "pass",
                check("what_is_nan_or_raises_for_the_unseen_is_told_so"),
            ),
            "marginal: an error has no reason": (
                "if failed or (isinstance(got, torch.Tensor) and got.isnan().any()):",
                "if isinstance(got, torch.Tensor) and got.isnan().any():",
                check("what_is_nan_or_raises_for_the_unseen_is_told_so"),
            ),
            "marginal: the unseen are always the reason": (
                " or not got.isfinite().all():",
                ":",
                check("what_is_wrong_about_a_marginal_for_another_reason_is_said"),
            ),
            "marginal: they are a reason with all seen, too": (
                "if seen.all() or not isinstance(",
                "if not isinstance(",
                check("what_is_nan_by_chance_is_no_error"),
            ),
            "marginal: seen and unseen never change places": (
                'if compare(got, other, {}, "").ok:',
                "if False:",
                check("seen_and_unseen_in_each_others_place_are_told_so"),
            ),
            "marginal: seen and unseen always change places": (
                'if compare(got, other, {}, "").ok:',
                "if True:",
                check("what_is_nan_or_raises_for_the_unseen_is_told_so"),
            ),
            "marginal, crossed out: of cov": (
                "crossed = cov.inverse()[seen][:, seen]",
                "crossed = cov[seen][:, seen].inverse()",
            ),
            "marginal, power of 2π: the sign": (
                "p - 0.5 * (~seen).sum() * log_2pi",
                "p + 0.5 * (~seen).sum() * log_2pi",
            ),
            "marginal, det cov: the sign": (
                'missing.": p + 0.5 * log_det',
                'missing.": p - 0.5 * log_det',
            ),
        },
    ),
    (
        "lecture_utils/checks/pixelcnn.py",
        ("test_checks.py",),
        {
            "masks: of another size is no mistake": (
                "isinstance(got, torch.Tensor) and got.shape == wanted.shape",
                "isinstance(got, torch.Tensor)",
            ),
            "masks: none of size 1": ("product((3, 5, 7, 1),", "product((3, 5, 7),"),
            "masks: one of one row": (
                "wanted = before | b_itself",
                "wanted = left | b_itself",
            ),
            "masks: a stub is called by its size": (
                "return failed if failed is NOT_YET else ",
                "return ",
            ),
            "masks: rows are columns": ("y, x, is_b = torch.cat", "x, y, is_b = torch.cat"),
            "masks: the pixel's kind is the other one": ('kind == "B"])', 'kind == "A"])'),
            "masks: 2 is 0 or 1": ("value.clamp(0, 1).round()", "value.round()"),
            "masks: nearly 1 is not 1": (
                "if not torch.isclose(value, value.clamp(0, 1).round())",
                "if value not in (0, 1)",
            ),
            "judge: every value is close": (
                "if not torch.isclose(yours, one)",
                "if not torch.isclose(yours, one, atol=1)",
            ),
            "seen: up to 5 layers": ("(1, 2, 3, 5, 10), [], []", "(1, 2, 3, 5), [], []"),
            "seen: without a blind spot": ("3 * n * (n + 1) / 2  #", "n * (2 * n + 1)  #"),
            "seen: a stub returns something": ("if not_yet(answer):", "if False:"),
            "draw: levels to K": ("| (got >= levels)", "| (got > levels + 1)"),
            "draw: levels below 0": (" | (got < 0)", ""),
            "draw: halves are levels": ("(got.frac() != 0) | ", ""),
            "draw: the random numbers go on": ("with torch.random.fork_rng():", "if True:"),
            "draw: never the same": ("torch.manual_seed(13)", "torch.seed()"),
            "draw: at one temperature": ("(1.0, 0.5, 2.0), 10_000", "(1.0, 0.5, 1.0), 10_000"),
            "draw: rows in another order": (
                "p.log().repeat(n, 1), T)",
                "p.log().repeat_interleave(n, 0), T)",
            ),
            "draw: two deviations": ("if off.max() <= 5:", "if off.max() <= 2:"),
            "draw: fifty deviations": ("if off.max() <= 5:", "if off.max() <= 50:"),
            "draw: a mistake is any": (
                "if deviations(weights).max() <= 5:",
                "if deviations(weights).min() <= 5:",
            ),
            "draw: the variance for its root": ("(n * q * (1 - q)).sqrt()", "n * q * (1 - q)"),
            "draw: weights as they are": ("weights / weights.sum(-1, keepdim=True)", "weights"),
            "draw: T is the wrong way round": (
                "wanted = (log_p / T).softmax(2)",
                "wanted = (log_p * T).softmax(2)",
            ),
            "draw: one random number at one temperature": (
                "(counts.amax(2) == n).all()",
                "(counts.amax(2) <= n).all()",
            ),
            "draw: the least of the differences": (
                "off.argmax(), off.shape",
                "off.argmin(), off.shape",
            ),
            "draw: the sure rows are not looked at": ("if level != one:", "if level < 0:"),
            "draw: the sure rows may fail": ("in (*answers, of_sure):", "in answers:"),
        },
    ),
    (
        "lecture_utils/checks/verdict.py",
        ("test_verdict.py",),
        {
            "call: no copies": (
                "a.clone() if isinstance(a, torch.Tensor) else a for a in arguments)",
                "a for a in arguments)",
            ),
            "call: the error passes": (
                "except Exception as error",
                "except AssertionError as error",
            ),
            "call: an interrupt is a wrong answer": (
                "except Exception as error",
                "except BaseException as error",
            ),
            "slopes: of the mean": (
                "grad(value.sum(), arguments",
                "grad(value.mean(), arguments",
            ),
            "number: 0 is allowed": ("not 0 < answer < math.inf", "not 0 <= answer < math.inf"),
            "number: infinity is allowed": (
                "not 0 < answer < math.inf",
                "not 0 < answer <= math.inf",
            ),
            "number: true is 1": (" and not isinstance(answer, bool)", ""),
            "number: a tensor is none": ("math.prod(answer.shape) == 1", "answer.shape == 2"),
        },
    ),
]
