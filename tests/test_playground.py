"""A training that the reader plays: its buttons, its messages, and many hands at once."""

import math
import threading
import time

import ipywidgets as w
import pytest
import torch
from stage import (
    buttons,
    counting,
    drawn_alone,
    endless,
    join,
    one_readable_line,
    pixels,
    recording,
    show_playground,
    step_view,
    until,
    words,
)
from torch import nn

from lecture_utils import playground, watch
from lecture_utils.live import Drawing, Point, Points
from lecture_utils.live import player as players


def ended(panel):
    """Wait until it has stopped playing by itself, and its last words are said."""
    panel.player._thread.join(20)
    assert not panel.player._thread.is_alive() and not panel.player.playing


# ---- buttons ---------------------------------------------------------------------------------


def test_a_playground_begins_with_its_first_picture_and_the_steps_made_before(shown):
    panel = show_playground(shown, lambda p: endless(pause=0), before=37)
    assert panel.player.last.step == panel.player.made == 37 and not panel.player.playing
    assert pixels(panel) == drawn_alone(step_view, step=panel.player.last)
    assert "step 37" in words(panel)


@pytest.mark.parametrize("before", [0, -1, 1.5, "10", None])
def test_steps_before_that_make_no_sense_are_refused(shown, before):
    with pytest.raises(ValueError, match="^before: "):
        playground(lambda p: endless(), step_view, before=before)
    assert shown == []


def test_the_steps_before_are_drawn_every_so_often_so_that_curves_have_a_past(shown):
    drawn, view = recording()
    show_playground(shown, lambda p: counting(1000), view, before=400)
    assert [step.step for step in drawn] == list(range(20, 401, 20))


@pytest.mark.parametrize("before", [1, 7, 45])
def test_the_steps_before_are_as_many_as_asked_for(shown, before):
    panel = show_playground(shown, lambda p: counting(1000), before=before)
    assert panel.player.made == panel.player.last.step == before


def test_the_buttons_play_pause_step_and_reset(shown):
    starts = []
    panel = show_playground(shown, lambda p: starts.append(1) or endless())
    play, step, reset = buttons(panel)
    step.click()
    step.click()
    assert panel.player.last.step == 3 and play.description == "play"
    picture = pixels(panel)
    play.click()
    assert play.description == "pause"
    until(lambda: panel.player.last.step > 20)
    play.click()
    assert play.description == "play" and not panel.player.playing
    assert pixels(panel) == drawn_alone(step_view, step=panel.player.last) != picture
    reset.click()
    assert panel.player.last.step == 1 and len(starts) == 2 and "step 1 of" in words(panel)


def test_reset_while_it_plays_starts_a_new_model_and_stops(shown):
    models = []

    def start(p):
        models.append(nn.Linear(1, 1))
        return counting(10**9, lambda i: time.sleep(0.001), models[-1])

    panel = show_playground(shown, start)
    play, _, reset = buttons(panel)
    play.click()
    until(lambda: panel.player.last.step > 5)
    reset.click()
    assert len(models) == 2 and panel.player.last.model is models[1]
    assert panel.player.last.step == 1
    assert not panel.player.playing and play.description == "play"
    assert "same model" not in words(panel)


def test_reset_says_when_the_model_is_not_new(shown):
    model = nn.Linear(1, 1)
    panel = show_playground(shown, lambda p: counting(100, model=model))
    buttons(panel)[2].click()
    assert "same model" in words(panel)


def test_every_frame_of_a_short_chain_is_drawn_at_full_speed(shown):
    """64 steps of a reverse chain: a reader used to see 4 of them."""
    drawn, view = recording()
    panel = show_playground(shown, lambda p: counting(64), view)
    buttons(panel)[0].click()
    ended(panel)
    assert [step.step for step in drawn] == [*range(1, 65), 64]  # and the last, exactly


def test_a_sampler_of_bare_tensors_is_played_and_numbered(shown):
    drawn, view = recording()

    def start(p):
        x = torch.zeros(4, 2)
        while True:
            x = x + torch.randn(4, 2)
            time.sleep(0.001)
            yield x

    panel = show_playground(shown, start, view)
    buttons(panel)[1].click()
    assert words(panel) == "step 2" and drawn[-1] is panel.player.last
    buttons(panel)[0].click()
    until(lambda: panel.player.made > 20)
    buttons(panel)[0].click()
    assert words(panel) == f"step {panel.player.made}"
    buttons(panel)[2].click()
    assert words(panel) == "step 1" and panel.player.made == 1


def test_a_reset_forgets_the_last_record(shown):
    """Where the new start fails, nothing of the old training is told, shown or counted."""
    drawn, view = recording()
    starts = iter([lambda: counting(100), lambda: 1 / 0, lambda: counting(100)])
    panel = show_playground(shown, lambda p: next(starts)(), view, before=40)
    play, step, reset = buttons(panel)
    drawn.clear()
    reset.click()
    assert panel.player.last is None and panel.player.made == 0 and drawn == []
    assert one_readable_line(panel, "ZeroDivisionError") and "40" not in words(panel)
    step.click()
    assert [record.step for record in drawn] == [1] and words(panel).startswith("step 1 of")


# ---- the end ---------------------------------------------------------------------------------


def test_playing_ends_where_the_training_ends_with_its_last_picture(shown):
    panel = show_playground(shown, lambda p: counting(40, lambda i: time.sleep(0.001)))
    play, step, reset = buttons(panel)
    play.click()
    ended(panel)
    assert play.description == "play" and panel.player.last.step == 40
    assert words(panel).startswith("step 40 of 40")
    assert words(panel).endswith("; finished: press reset")
    assert pixels(panel) == drawn_alone(step_view, step=panel.player.last)
    for again in (step, play):
        again.click()
        ended(panel)
        assert panel.player.last.step == 40 and words(panel).endswith("finished: press reset")
        assert "alert" not in panel.message.value
    reset.click()
    assert panel.player.last.step == 1 and "finished" not in words(panel)
    step.click()
    assert panel.player.last.step == 2 and words(panel).startswith("step 2 of 40")


def test_a_step_at_the_end_says_that_it_is_finished(shown):
    panel = show_playground(shown, lambda p: counting(2))
    _, step, _ = buttons(panel)
    step.click()
    assert "finished" not in words(panel)
    step.click()
    assert words(panel).startswith("step 2 of 2") and "finished: press reset" in words(panel)


# ---- speed -----------------------------------------------------------------------------------


def test_a_slider_of_speeds_starts_where_the_author_says(shown):
    panel = show_playground(shown, lambda p: endless(), speed=3)
    assert isinstance(panel.speed, w.SelectionSlider)
    assert panel.speed in panel.children[0].children
    assert panel.speed.value == panel.player.speed == 3
    assert show_playground(shown, lambda p: endless()).player.speed == math.inf


@pytest.mark.parametrize("speed", [5, 0, None, "fast", (1, 3)])
def test_a_speed_that_the_slider_does_not_have_is_refused(shown, speed):
    with pytest.raises(ValueError, match="^speed: .*wanted one of .*30, inf"):
        playground(lambda p: endless(), step_view, speed=speed)
    assert shown == []


def test_the_speed_acts_while_it_plays_and_a_reset_leaves_it(shown):
    panel = show_playground(shown, lambda p: endless())
    play, _, reset = buttons(panel)
    panel.speed.value = 3
    play.click()
    time.sleep(0.8)
    assert 3 <= panel.player.last.step <= 5 and play.description == "pause"
    begun = time.perf_counter()
    reset.click()
    assert time.perf_counter() - begun < 0.3
    assert panel.player.last.step == 1 and panel.speed.value == panel.player.speed == 3
    play.click()
    time.sleep(0.8)
    stands = panel.player.last.step
    assert 3 <= stands <= 5
    panel.speed.value = math.inf
    until(lambda: panel.player.last.step > stands + 20, 2)
    assert panel.player.playing


def test_a_faster_pace_makes_more_steps(shown):
    panel = show_playground(shown, lambda p: endless(), speed=10)
    buttons(panel)[0].click()
    made = []
    for speed in (10, 30):
        panel.speed.value = speed
        time.sleep(0.05)
        before, begun = panel.player.made, time.perf_counter()
        time.sleep(1)
        made.append((panel.player.made - before) / (time.perf_counter() - begun))
    assert 7 <= made[0] <= 11 and 18 <= made[1] <= 32  # what a busy machine costs, below
    assert panel.player.playing


# ---- interrupts and errors -------------------------------------------------------------------


@pytest.mark.parametrize("at", [7, 150])
def test_an_interrupt_of_the_steps_before_shows_the_panel_as_far_as_it_got(shown, capsys, at):
    model = nn.Linear(1, 1)

    def act(i):
        if i == at:
            raise KeyboardInterrupt
        with torch.no_grad():
            model.weight.fill_(i)

    panel = show_playground(shown, lambda p: counting(1000, act, model), before=400)
    assert f"Interrupted after {at - 1} of 400 steps" in capsys.readouterr().out
    assert model.weight.item() == at - 1 == panel.player.last.step
    assert pixels(panel) == drawn_alone(step_view, step=panel.player.last)
    assert words(panel).startswith(f"step {at - 1} of 1000")
    at = 0
    buttons(panel)[2].click()
    assert panel.player.last.step == panel.player.made == 1


def failing(at):
    def act(i):
        if i >= at:
            raise FloatingPointError("the loss is nan\nlower <the> rate")

    return act


def test_an_error_in_start_is_one_line_and_the_buttons_stay_usable(shown):
    def start(p):
        raise KeyError("no <model>")

    panel = show_playground(shown, start, before=40)
    assert one_readable_line(panel, "KeyError", "no &lt;model&gt;")
    buttons(panel)[0].click()
    ended(panel)
    assert buttons(panel)[0].description == "play"
    assert one_readable_line(panel, "KeyError")


@pytest.mark.parametrize("how", ["play", "step"])
def test_an_error_in_training_is_one_line_that_stays_and_stops_playing(shown, how):
    panel = show_playground(shown, lambda p: counting(100, failing(4)))
    play, step, _ = buttons(panel)
    for _ in range(5 if how == "step" else 1):
        (play if how == "play" else step).click()
    if how == "play":
        ended(panel)
    assert not panel.player.playing and play.description == "play"
    assert panel.player.last.step == 3
    assert one_readable_line(
        panel, "FloatingPointError", "training", "the loss is nan lower &lt;the&gt; rate"
    )


def test_after_an_error_in_training_a_reset_works_again(shown):
    limit = [3]
    panel = show_playground(shown, lambda p: counting(100, failing(limit[0])))
    buttons(panel)[1].click()
    buttons(panel)[1].click()
    assert one_readable_line(panel, "FloatingPointError")
    limit[0] = 50
    buttons(panel)[2].click()
    assert panel.player.last.step == 1 and "step 1 of" in words(panel)
    buttons(panel)[1].click()
    assert panel.player.last.step == 2 and "alert" not in panel.message.value


def test_an_error_in_drawing_is_one_line_and_stops_playing(shown):
    def broken(ax):
        def update(step):
            if step.step > 2:
                raise IndexError("no such\naxis")

        return update

    panel = show_playground(shown, lambda p: endless(), broken)
    play, step, _ = buttons(panel)
    step.click()
    play.click()
    ended(panel)
    assert play.description == "play"
    assert one_readable_line(panel, "IndexError", "drawing", "no such axis")


# ---- many hands ------------------------------------------------------------------------------


def test_one_playground_at_a_time_plays_and_watch_pauses_it_too(shown):
    first, second = (show_playground(shown, lambda p: endless()) for _ in range(2))
    buttons(first)[0].click()
    buttons(second)[0].click()
    assert second.player.playing and not first.player.playing
    assert buttons(first)[0].description == "play"
    watch(counting(2), step_view)
    assert not second.player.playing and buttons(second)[0].description == "play"


def test_two_playgrounds_clicked_at_once_from_two_threads_do_not_lock_each_other(shown):
    panels = [show_playground(shown, lambda p: endless()) for _ in range(2)]
    barrier = threading.Barrier(2)

    def click(play):
        barrier.wait()
        for _ in range(40):
            play.click()

    hands = [
        threading.Thread(target=click, args=(buttons(panel)[0],), daemon=True)
        for panel in panels
    ]
    stuck = not join(hands)
    if stuck:
        players._players = set()  # pausing them when the test ends would wait for ever
    assert not stuck, "each holds its own lock and waits for the other's"


def test_clicks_from_many_threads_leave_one_training_thread_and_no_error(shown):
    inside, worst = [], []

    def start(p):
        def act(i):
            inside.append(1)
            worst.append(len(inside))
            time.sleep(0.0005)
            inside.pop()

        return counting(10**9, act)

    panel = show_playground(shown, start, k=(0.0, 1.0))
    before, barrier = set(threading.enumerate()), threading.Barrier(6)

    def click(button):
        barrier.wait()
        for i in range(8):
            button.click()
            panel.controls["k"].value = i / 10

    hands = [
        threading.Thread(target=click, args=(b,), daemon=True)
        for b in buttons(panel)
        for _ in range(2)
    ]
    assert join(hands, 60), "a deadlock"
    new = [t for t in set(threading.enumerate()) - before if not t.name.endswith("brush")]
    assert len(new) <= 1 and max(worst) == 1
    assert "alert" not in panel.message.value
    panel.player.pause()
    assert buttons(panel)[0].description == "play"


def test_a_view_that_pauses_its_player_does_not_hang_under_many_hands(shown):
    def pausing(ax):
        draw = step_view(ax)

        def update(step):
            draw(step)
            if step.step % 3 == 0 and shown:
                shown[-1].player.pause()

        return update

    panel = show_playground(shown, lambda p: endless(), pausing, speed=30)
    barrier = threading.Barrier(4)

    def click(button):
        barrier.wait()
        for _ in range(10):
            button.click()
            time.sleep(0.01)

    play, step, reset = buttons(panel)
    hands = [
        threading.Thread(target=click, args=(b,), daemon=True)
        for b in (play, play, step, reset)
    ]
    stuck = not join(hands, 30)
    if stuck:
        players._players = set()  # pausing it when the test ends would wait for ever
    assert not stuck and "alert" not in panel.message.value
    panel.player.pause()
    assert play.description == "play"


def test_a_view_that_pauses_its_player_turns_the_button_back(shown):
    def pausing(ax):
        draw = step_view(ax)

        def update(step):
            draw(step)
            if step.step == 5 and shown:
                shown[-1].player.pause()

        return update

    panel = show_playground(shown, lambda p: counting(50), pausing)
    play = buttons(panel)[0]
    play.click()
    ended(panel)
    assert panel.player.last.step == 5 and play.description == "play"
    play.click()
    ended(panel)
    assert panel.player.last.step == 50


def test_a_playground_that_is_shown_again_pauses_the_one_before(shown):
    first = show_playground(shown, lambda p: endless())
    buttons(first)[0].click()
    show_playground(shown, lambda p: endless())
    assert not first.player.playing


# ---- verbs -----------------------------------------------------------------------------------

VERBS = {"step D": ("D",), "step G": ("G",), "step both": ("D", "G")}


def turns(log):
    """A training that writes down whose turn each step is; a closure that reads `p.verb`, as an
    author passes it."""
    return lambda p: counting(10**9, lambda i: log.append((i, p.verb)) or time.sleep(0.001))


def test_every_verb_has_a_button_that_makes_one_step_of_its_own(shown):
    log = []
    panel = show_playground(shown, turns(log), verbs=VERBS, before=2)
    assert [b.description for b in buttons(panel)] == ["play", *VERBS, "reset"]
    _, d, g, both, reset = buttons(panel)
    for button in (g, d, d, both, g, reset, d):
        button.click()
    both_turn = ("D", "G")
    assert log == [
        (1, both_turn),
        (2, both_turn),
        (3, ("G",)),
        (4, ("D",)),
        (5, ("D",)),
        (6, both_turn),
        (7, ("G",)),
        (1, both_turn),
        (2, ("D",)),
    ]
    assert panel.player.last.step == 2 and "step 2 of" in words(panel)


def test_while_it_plays_every_step_is_the_last_verbs_whatever_was_pressed(shown):
    log = []
    panel = show_playground(shown, turns(log), verbs=VERBS)
    play, d, g, _, _ = buttons(panel)
    d.click()
    play.click()
    until(lambda: len(log) > 20)
    g.click()  # pauses, and makes one step
    assert not panel.player.playing and play.description == "play"
    assert log[1] == (2, ("D",)) and log[-1] == (len(log), ("G",))
    assert {verb for _, verb in log[2:-1]} == {("D", "G")}


def test_verbs_that_are_pressed_from_many_threads_are_each_made_once(shown):
    log = []
    panel = show_playground(shown, turns(log), verbs=VERBS)
    _, d, g, _, _ = buttons(panel)
    hands = [
        threading.Thread(target=lambda b=b: [b.click() for _ in range(10)], daemon=True)
        for b in (d, g, d)
    ]
    assert join(hands, 60)
    verbs = [verb for _, verb in log[1:]]
    assert verbs.count(("D",)) == 20 and verbs.count(("G",)) == 10 and len(verbs) == 30


def test_without_verbs_there_is_one_step_and_no_verb(shown):
    seen = []
    panel = show_playground(
        shown, lambda p: counting(10, lambda i: seen.append(vars(p).copy())), verb=(0.0, 1.0)
    )
    assert [b.description for b in buttons(panel)] == ["play", "step", "reset"]
    buttons(panel)[1].click()
    assert seen == [{"verb": 0.5}] * 2  # a knob may have that name


@pytest.mark.parametrize(
    "options",
    [
        {"verbs": {}},
        {"verbs": ["step D"]},
        {"verbs": VERBS, "verb": (0.0, 1.0)},
        {"verbs": VERBS | {"play": ()}},
        {"verbs": {"pause": (), **VERBS}},
        {"verbs": VERBS | {"reset": ()}},
    ],
    ids=["none", "a list", "a knob of that name", "play", "pause", "reset"],
)
def test_verbs_that_mean_nothing_or_are_other_buttons_are_refused(shown, options):
    with pytest.raises(ValueError, match="^verbs: "):
        playground(lambda p: endless(), step_view, **options)
    assert shown == []


# ---- knobs that are pictures -----------------------------------------------------------------


def sprayed(points):
    return [
        {"x": 150 + 50 * x, "y": 150 + 50 * y, "color": "#1f77b4", "label": "a", "batch": 0}
        for x, y in points
    ]


def test_points_are_a_knob_that_a_reset_reads_anew(shown):
    trained = []

    def start(p):
        trained.append(p.points)
        return endless()

    points = Points(torch.zeros(5, 2))
    panel = show_playground(shown, start, points=points)
    points.page.data = sprayed([(1, 2), (-1, 0), (0, -3)])
    assert words(panel) == "points changed: press reset to train on what is drawn now."
    buttons(panel)[1].click()
    assert len(trained) == 1 and panel.player.last.step == 2
    assert "alert" not in panel.message.value
    buttons(panel)[2].click()
    assert torch.equal(trained[0], torch.zeros(5, 2)), (
        "the data of a training that ran changed under its hands"
    )
    torch.testing.assert_close(trained[1], torch.tensor([[1.0, 2], [-1, 0], [0, -3]]))
    assert points in panel.children[1].children  # beside the picture


def test_points_may_be_drawn_while_it_plays(shown):
    points = Points(torch.zeros(5, 2))
    panel = show_playground(shown, lambda p: endless(), points=points)
    buttons(panel)[0].click()
    for n in range(20):
        points.page.data = sprayed(torch.rand(n, 2).tolist())
        time.sleep(0.01)
    until(lambda: panel.player.last.step > 5)
    assert panel.player.playing and "alert" not in panel.message.value


def test_too_few_points_are_told_and_stay_told_until_a_reset_trains(shown):
    def start(p):
        if len(p.points) < 10:
            raise ValueError(f"points: got {len(p.points)}, wanted 10 or more")
        return endless()

    points = Points(torch.zeros(12, 2))
    panel = show_playground(shown, start, points=points)
    points.page.data = []
    buttons(panel)[2].click()
    assert one_readable_line(panel, "ValueError", "points: got 0, wanted 10 or more")
    points.page.data = sprayed(torch.rand(30, 2).tolist())
    assert one_readable_line(panel, "points: got 0")
    buttons(panel)[2].click()
    assert panel.player.last.step == 1 and "alert" not in panel.message.value


def test_every_control_that_is_a_picture_is_a_knob(shown):
    point = Point(lambda ax: ax.set(xlim=(-1, 1), ylim=(-1, 1)), at=(0.0, 0.0))
    drawing, seen = Drawing(torch.zeros(1, 8, 8)), []
    panel = show_playground(
        shown,
        lambda p: counting(9, lambda i: seen.append((p.at, p.digit))),
        at=point,
        digit=drawing,
    )
    point.move(0.5, -0.25)
    assert words(panel).startswith("at is now (0.5, -0.25): ")
    drawing.value = torch.ones(1, 1, 8, 8)
    assert words(panel).startswith("digit changed: ") and "tensor" not in words(panel)
    buttons(panel)[1].click()
    assert seen[-1][0] == (0.5, -0.25) and torch.equal(seen[-1][1], torch.ones(1, 1, 8, 8))
