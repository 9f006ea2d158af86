"""A generator that is drained in a cell, and drawn as it goes."""

import time
from types import SimpleNamespace

import ipywidgets as w
import pytest
import torch
from stage import (
    counting,
    drawn_alone,
    one_readable_line,
    pixels,
    recording,
    step_view,
    words,
)
from torch import nn

from lecture_utils import train, watch
from lecture_utils.live.panel import Panel


def bar(panel):
    (found,) = (b for b in panel.children[0].children if isinstance(b, w.FloatProgress))
    return found


def numbers(drawn):
    return [step.step for step in drawn]


def test_watch_drains_the_generator_and_draws_the_first_and_the_last_step(shown):
    (drawn, view), seen = recording(), []
    training = counting(500, lambda i: seen.append(i) or time.sleep(0.001))
    last = watch(training, view, every=0.05)
    assert seen == list(range(1, 501)) and last.step == 500
    steps = numbers(drawn)
    assert steps[0] == 1 and steps[-1] == 500 and steps == sorted(steps)
    assert 2 < len(steps) < 100
    (panel,) = shown
    assert "step 500 of 500" in words(panel) and bar(panel).value == 1.0


def test_at_the_end_the_picture_is_exact_at_once(shown):
    last = watch(counting(30), step_view)
    assert shown[0].image.format == "png"
    assert pixels(shown[0]) == drawn_alone(step_view, step=last)


def test_watch_shows_the_panel_before_training_begins(shown):
    watch(counting(1, lambda i: shown.append("training")), step_view)
    assert isinstance(shown[0], Panel) and shown[1:] == ["training"]


def test_watch_of_nothing_is_no_error(shown):
    assert watch(iter([]), step_view) is None
    assert shown[0].message.value == ""


def test_watch_returns_what_training_made(shown):
    model, x = nn.Linear(2, 1), torch.randn(30, 2)

    def loss(rows):
        return (model(rows) - 1).square().mean()

    last = watch(train(model, x, 20, 10, loss=loss), step_view)
    assert last.step == 20 and last.model is model


# ---- samplers, whose records are what they please --------------------------------------------


def sampler(n, act=lambda i: None):
    """A chain of n bare tensors: no step, no steps, no words."""
    x = torch.randn(5, 2)
    for i in range(1, n + 1):
        act(i)
        x = 0.9 * x + 0.1 * torch.randn(5, 2)
        yield x


def test_a_sampler_of_bare_tensors_is_watched_and_its_last_one_returned(shown):
    (drawn, view), made = recording(), []
    chain = (made.append(x) or x for x in sampler(40, lambda i: time.sleep(0.002)))
    last = watch(chain, view, every=0.01)
    assert len(made) == 40 and last is made[-1]
    assert drawn[0] is made[0] and drawn[-1] is last and all(x.shape == (5, 2) for x in drawn)
    (panel,) = shown
    assert words(panel) == "step 40"
    assert bar(panel).layout.display == "none"  # nobody knows how many there will be


def test_records_that_do_not_know_how_many_there_will_be_say_their_own_step(shown):
    records = (SimpleNamespace(step=10 * i, steps=None) for i in range(1, 8))
    last = watch(records, step_view)
    assert last.step == 70 and "step=70" in words(shown[0])  # the record's own words
    assert bar(shown[0]).layout.display == "none"


def test_a_long_record_is_told_by_its_step_alone(shown):
    def records():
        for i in range(1, 4):
            yield SimpleNamespace(step=i, steps=3, x=torch.zeros(40, 40))

    watch(records(), step_view)
    assert words(shown[0]) == "step 3 of 3" and bar(shown[0]).layout.display != "none"


# ---- interrupts and errors -------------------------------------------------------------------


def interrupt_at(step):
    def act(i):
        if i == step:
            raise KeyboardInterrupt

    return act


def test_an_interrupt_stops_watch_says_so_and_draws_where_it_stands(shown, capsys):
    drawn, view = recording()
    last = watch(counting(10, interrupt_at(4)), view)
    assert "Interrupted at step 3 of 10" in capsys.readouterr().out
    assert last.step == 3 and drawn[-1] is last


def test_an_interrupt_of_a_sampler_returns_as_far_as_it_got(shown, capsys):
    (drawn, view), made = recording(), []
    chain = (made.append(x) or x for x in sampler(10, interrupt_at(7)))
    last = watch(chain, view)
    assert "Interrupted at step 6." in capsys.readouterr().out
    assert len(made) == 6 and last is made[-1] and drawn[-1] is last


def test_an_interrupt_before_the_first_record_is_no_error(shown, capsys):
    assert watch(sampler(3, interrupt_at(1)), step_view) is None
    assert "Interrupted at the start" in capsys.readouterr().out


def test_an_interrupt_in_the_middle_of_a_picture_leaves_the_last_one_whole(shown):
    """What lies above what moved had not been drawn yet, and has not changed since."""
    interrupts = []

    def view(ax):
        number = ax.text(0.5, 0.5, "", fontsize=20)
        above = ax.text(0.5, 0.5, "above", zorder=9)
        draw = above.draw

        def broken(renderer):
            if interrupts:
                interrupts.pop()
                raise KeyboardInterrupt
            draw(renderer)

        above.draw = broken

        def update(step):
            number.set_text(str(step.step))

        return update

    def act(i):
        time.sleep(0.02)
        if i == 40:
            interrupts.append(i)

    last = watch(counting(1000, act), view, every=0.001)
    assert 40 <= last.step < 1000 and interrupts == []
    assert pixels(shown[0]) == drawn_alone(view, step=last)


def test_an_error_in_training_is_shown_and_raised_again(shown):
    def broken(i):
        if i == 3:
            raise FloatingPointError("the loss is nan\n<at> step 3")

    with pytest.raises(FloatingPointError):
        watch(counting(10, broken), step_view)
    assert one_readable_line(
        shown[0], "FloatingPointError", "training", "the loss is nan &lt;at&gt; step 3"
    )


def test_an_error_in_drawing_is_shown_and_training_goes_on(shown):
    def broken(ax):
        def update(step):
            raise KeyError("no such line")

        return update

    seen = []
    last = watch(counting(50, seen.append), broken)
    assert len(seen) == 50 and last.step == 50
    assert one_readable_line(shown[0], "KeyError", "drawing", "no such line")


def test_after_a_drawing_that_failed_once_it_draws_on_and_clears_the_error(shown):
    drawn, said = [], []

    def once(ax):
        text = ax.text(0.5, 0.5, "")

        def update(step):
            drawn.append(step.step)
            if len(drawn) == 1:
                raise KeyError("not ready")
            text.set_text(str(step.step))

        return update

    def act(i):
        time.sleep(0.01)
        said.append(shown[0].message.value)

    last = watch(counting(60, act), once, every=0.01)
    assert "not ready" in said[1] and len(drawn) > 4
    assert "alert" not in said[-1] and "step" in said[-1]  # not only at the end
    assert "alert" not in shown[0].message.value
    assert drawn[-1] == 60 and pixels(shown[0]) == drawn_alone(step_view_plain, step=last)


def step_view_plain(ax):
    text = ax.text(0.5, 0.5, "")
    return lambda step: text.set_text(str(step.step))


def test_curves_have_points_between_two_pictures(shown):
    """However fast it goes: the view is moved at every twentieth of the training."""
    drawn, view = recording()
    watch(counting(2000), view, every=100)
    assert {100 * i for i in range(1, 21)} <= set(numbers(drawn))
