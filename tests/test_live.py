"""The three ways to a live figure, moved by hand and by many hands at once."""

import base64
import io
import re
import threading
import time
from types import SimpleNamespace

import ipywidgets as w
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from lecture_utils.controls import Drawing, Point, Points
from lecture_utils.panel import Panel
from lecture_utils.picture import Picture
from lecture_utils.player import Player
from PIL import Image
from torch import nn

from lecture_utils import explore, playground, show, train, watch
from lecture_utils import player as players
from lecture_utils.train import Step


def view(ax):
    """A number in the middle."""
    text = ax.text(0.5, 0.5, "", fontsize=20)

    def update(a=0.25, b=True, c="x", n=3):
        if a > 0.9:
            raise ArithmeticError("<b>a</b> is\ntoo large")
        text.set_text(f"{a:.2f} {b} {c} {n}")

    return update


def step_view(ax):
    """The step's number."""
    text = ax.text(0.5, 0.5, "", fontsize=20)

    def update(step):
        text.set_text(str(step.step))

    return update


def words(panel):
    return re.sub("<[^>]*>", "", panel.message.value)


def one_readable_line(panel, *parts):
    """Does the message line hold an error as one line, with these parts in it and no markup of
    its own?"""
    value = panel.message.value
    inner = re.fullmatch(r"<span [^>]*role='alert'[^>]*>(.*)</span>", value)
    return (
        inner
        and "\n" not in value
        and "<" not in inner[1]
        and "Traceback" not in value
        and all(part in value for part in parts)
    )


def until(condition, seconds=10.0):
    end = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < end, "waited in vain"
        time.sleep(0.005)


def control(panel, name):
    return panel.controls[name]


# ---- explore ---------------------------------------------------------------------------------


def test_moving_any_control_changes_the_image(shown):
    explore(view, a=(0.0, 1.0), b=True, c=["x", "y"], n=(0, 5))
    (panel,) = shown
    seen = {bytes(panel.image.value)}
    for name, value in {"a": 0.5, "b": False, "c": "y", "n": 4}.items():
        control(panel, name).value = value
        assert bytes(panel.image.value) not in seen, f"{name} moved nothing"
        seen.add(bytes(panel.image.value))
    assert bytes(panel.image.value).startswith(b"\x89PNG")
    assert panel.message.value == ""


def test_controls_start_where_updates_defaults_say_and_the_picture_shows_them(shown):
    explore(view, a=(0.0, 1.0), n=(0, 5))
    (panel,) = shown
    assert {name: c.value for name, c in panel.controls.items()} == {"a": 0.25, "n": 3}
    expected = Picture(view).frame(a=0.25, n=3)
    assert (
        Image.open(io.BytesIO(panel.image.value)).tobytes()
        == Image.open(io.BytesIO(expected)).tobytes()
    )


def test_a_control_left_out_keeps_its_default(shown):
    explore(view, a=(0.0, 1.0))
    assert list(shown[0].controls) == ["a"]


def test_greek_names_are_written_in_greek_and_underscores_as_spaces(shown):
    explore(lambda ax: lambda mu, prior_mean: None, mu=(0, 1), prior_mean=(0, 1))
    assert [c.description for c in shown[0].controls.values()] == ["μ", "prior mean"]


def test_a_widget_of_the_readers_own_is_taken_as_it_is(shown):
    slider = w.FloatSlider(value=0.5, min=0, max=1, description="mine")
    explore(view, a=slider)
    assert shown[0].controls["a"] is slider and slider.description == "mine"


def test_an_unknown_control_is_refused_by_name(shown):
    with pytest.raises(ValueError, match="^z: unknown control.* a, b, c, n"):
        explore(view, z=(0, 1))
    assert shown == []


def test_a_control_that_update_needs_is_asked_for_by_name(shown):
    with pytest.raises(ValueError, match="^mu: "):
        explore(lambda ax: lambda mu, sigma=1: None, sigma=(0, 1))


@pytest.mark.parametrize(
    "bad",
    [object(), (1,), (0, "x"), (0, 1, 2, 3), w.HBox(), None, (3.0, -3.0), []],
    ids=lambda bad: str(bad)[:12],
)
def test_an_abbreviation_that_means_nothing_is_refused_by_name(shown, bad):
    with pytest.raises(ValueError, match="^a: "):
        explore(view, a=bad)


def test_an_error_in_update_is_one_line_and_the_next_good_value_clears_it(shown):
    explore(view, a=(0.0, 1.0))
    (panel,) = shown
    before = bytes(panel.image.value)
    control(panel, "a").value = 0.95
    assert one_readable_line(panel, "ArithmeticError", "&lt;b&gt;a&lt;/b&gt; is too large")
    assert bytes(panel.image.value) == before
    control(panel, "a").value = 0.5
    assert panel.message.value == "" and bytes(panel.image.value) != before


def test_a_view_that_fails_at_the_start_is_shown_with_its_error(shown):
    def broken(ax):
        def update(a=0.5):
            raise KeyError("sigma")

        return update

    explore(broken, a=(0.0, 1.0))
    assert one_readable_line(shown[0], "KeyError", "sigma")


def test_sliders_moved_from_several_threads_leave_the_last_ones_picture(shown):
    explore(view, a=(0.0, 0.9), n=(0, 50))
    (panel,) = shown
    threads = [
        threading.Thread(
            target=lambda name=name, values=values: [
                setattr(control(panel, name), "value", v) for v in values
            ]
        )
        for name, values in (("a", [0.1, 0.2, 0.3, 0.4]), ("n", [10, 20, 30, 40]))
    ]
    [t.start() for t in threads]
    [t.join(20) for t in threads]
    assert panel.message.value == ""
    control(panel, "a").value = 0.5
    expected = Picture(view).frame(a=0.5, n=40)
    assert (
        Image.open(io.BytesIO(panel.image.value)).tobytes()
        == Image.open(io.BytesIO(expected)).tobytes()
    )


def test_the_alternative_text_is_in_the_panel_and_escaped(shown):
    def spiky(ax):
        """Where p < q."""
        return lambda a=0.5: None

    explore(spiky, a=(0.0, 1.0))
    htmls = [c.value for c in shown[0].children if isinstance(c, w.HTML)]
    assert any("Where p &lt; q." in value for value in htmls)


# ---- where notebooks are built ---------------------------------------------------------------


@pytest.fixture
def shell(monkeypatch, tmp_path):
    """An IPython whose displays can be captured, building notebooks."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("LECTURE_STATIC", "1")
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def finished(n=3):
    model = nn.Linear(1, 1)
    return train(
        model,
        torch.ones(5, 1),
        steps=n,
        batch=5,
        loss=lambda rows, t: model(rows).square().mean(),
    )


@pytest.mark.parametrize(
    "display_it",
    [
        lambda: explore(view, a=(0.0, 1.0)),
        lambda: show(view, a=0.5),
        lambda: watch(finished(), step_view),
        lambda: playground(lambda p: finished(), step_view, k=(0.0, 1.0)),
    ],
    ids=["explore", "show", "watch", "playground"],
)
def test_a_built_notebook_gets_a_picture_and_its_words_and_no_widget(shell, display_it):
    with capture_output() as captured:
        display_it()
    (output,) = captured.outputs
    assert set(output.data) == {"image/png", "text/plain"}
    assert Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))).width > 100
    assert output.data["text/plain"] in ("A number in the middle.", "The step's number.")
    assert output.metadata["image/png"]["alt"] == output.data["text/plain"]


def test_a_notebook_with_an_error_in_a_picture_is_not_built(shell):
    with capture_output(), pytest.raises(Exception, match="ArithmeticError"):
        explore(view, a=w.FloatSlider(value=0.95, min=0, max=1))


# ---- watch -----------------------------------------------------------------------------------


def counting(n, act=lambda i: None, model=None):
    for i in range(1, n + 1):
        act(i)
        yield Step(i, n, {"loss": 1.0 / i}, 0.0, model)


def recording():
    drawn = []

    def view(ax):
        text = ax.text(0.5, 0.5, "")

        def update(step):
            drawn.append(step.step)
            text.set_text(str(step.step))

        return update

    return drawn, view


def test_watch_drains_the_generator_and_draws_the_first_and_the_last_step(shown):
    drawn, seen = recording(), []
    watch(counting(500, lambda i: seen.append(i) or time.sleep(0.001)), drawn[1], every=0.05)
    assert seen == list(range(1, 501)) and drawn[0][0] == 1 and drawn[0][-1] == 500
    assert drawn[0] == sorted(drawn[0]) and 2 < len(drawn[0]) < 100
    (panel,) = shown
    assert "step 500 of 500" in words(panel)
    assert [b.value for b in panel.children[0].children if isinstance(b, w.FloatProgress)] == [
        1.0
    ]


def test_watch_shows_the_panel_before_training_begins(shown):
    watch(counting(1, lambda i: shown.append("training")), step_view)
    assert isinstance(shown[0], Panel) and shown[1:] == ["training"]


def test_watch_of_nothing_is_no_error(shown):
    watch(iter([]), step_view)
    assert shown[0].message.value == ""


def test_an_interrupt_stops_watch_says_so_and_draws_where_it_stands(shown, capsys):
    def interrupt(i):
        if i == 4:
            raise KeyboardInterrupt

    drawn, v = recording()
    watch(counting(10, interrupt), v)
    assert "Interrupted at step 3 of 10" in capsys.readouterr().out and drawn[-1] == 3


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
    watch(counting(50, seen.append), broken)
    assert len(seen) == 50 and one_readable_line(
        shown[0], "KeyError", "drawing", "no such line"
    )


# ---- Player ----------------------------------------------------------------------------------


def endless(p=None, log=None, pause=0.001):
    i = 0
    while True:
        i += 1
        time.sleep(pause)
        if log is not None:
            log.append(p)
        yield Step(i, 10**9, {"loss": 1.0}, 0.0, None)


@pytest.fixture
def player():
    heard = SimpleNamespace(shown=[], failed=[])
    made = Player(
        lambda: endless(),
        heard.shown.append,
        lambda error, when: heard.failed.append((error, when)),
    )
    made.heard = heard
    yield made
    made.pause()


def test_a_player_plays_until_it_is_paused_and_then_stands_still(player):
    assert not player.playing
    player.play()
    until(lambda: player.last and player.last.step > 5)
    assert player.playing
    player.pause()
    assert not player.playing
    stands = player.last.step
    time.sleep(0.05)
    assert player.last.step == stands
    assert player.heard.shown[-1].step == stands, "the last picture is not where it stands"


def test_playing_twice_keeps_the_one_thread(player):
    player.play()
    thread, alive = player._thread, threading.active_count()
    player.play()
    assert player._thread is thread and threading.active_count() == alive
    player.pause()
    assert not thread.is_alive()


def test_playing_from_many_threads_at_once_starts_one(player):
    before, barrier = set(threading.enumerate()), threading.Barrier(8)

    def click():
        barrier.wait()
        player.play()

    clickers = [threading.Thread(target=click) for _ in range(8)]
    [t.start() for t in clickers]
    [t.join(10) for t in clickers]
    assert len(set(threading.enumerate()) - before) == 1
    until(lambda: player.last and player.last.step > 5)
    assert player.heard.failed == []


def test_a_pause_continues_and_a_reset_starts_over(player):
    player.step(7)
    player.play()
    until(lambda: player.last.step > 12)
    player.pause()
    stands = player.last.step
    player.step()
    assert player.last.step == stands + 1
    player.reset()
    assert player.last.step == 1 and player.heard.shown[-1].step == 1 and not player.playing


def test_every_command_at_once_from_many_threads_ends_well(player):
    barrier = threading.Barrier(6)

    def hammer(command):
        barrier.wait()
        for _ in range(15):
            command()

    threads = [
        threading.Thread(target=hammer, args=(c,), daemon=True)
        for c in (
            player.play,
            player.pause,
            player.step,
            player.reset,
            player.play,
            player.pause,
        )
    ]
    [t.start() for t in threads]
    [t.join(30) for t in threads]
    assert not any(t.is_alive() for t in threads), "a deadlock"
    assert (
        player.heard.failed == []
    )  # "generator already executing" would be two threads in one training
    player.pause()
    assert not player.playing


def test_a_step_tells_before_how_it_is_made_and_playing_tells_nothing():
    heard = []
    player = Player(
        endless,
        lambda step: None,
        lambda *_: None,
        before=lambda *how: heard.append((how, threading.current_thread())),
    )
    here = threading.current_thread()
    player.step(2)
    player.step(1, "D")
    assert heard == [((), here), ((), here), (("D",), here)]
    player.play()
    until(lambda: len(heard) > 5)
    player.pause()
    assert {how for how, _ in heard[3:]} == {()} and here not in {
        thread for _, thread in heard[3:]
    }


def test_a_slow_player_shows_every_step_one_in_four_tenths_of_a_second(player):
    player.slow, begun = True, time.perf_counter()
    player.play()
    until(lambda: player.last and player.last.step == 3)
    assert 0.75 < time.perf_counter() - begun < 2.5
    player.pause()
    assert [step.step for step in player.heard.shown] == [
        1,
        2,
        3,
        3,
    ]  # and the last again, where it stopped


def test_the_very_step_with_which_slow_motion_begins_is_shown():
    shown = []
    player = Player(endless, lambda step: shown.append(step.step), lambda *_: None)
    player.before = lambda: setattr(
        player, "slow", player.last is not None and player.last.step == 1
    )
    player.play()  # at full speed the second step, a millisecond after the first, would not be shown
    until(lambda: len(shown) > 1)
    player.pause()
    assert shown[:2] == [1, 2]


def test_slow_motion_counts_the_time_that_a_step_takes(player):
    player.start = lambda: endless(pause=0.25)
    player.slow, begun = True, time.perf_counter()
    player.play()
    until(lambda: player.last and player.last.step == 4)
    assert 1.2 < time.perf_counter() - begun < 1.9  # not 3 × 0.65 + 0.25


@pytest.mark.parametrize("command", [Player.pause, Player.step, Player.reset])
def test_a_command_does_not_wait_for_a_slow_player(player, command):
    player.slow = True
    for _ in range(3):
        player.play()
        made = len(player.heard.shown)
        until(lambda: len(player.heard.shown) > made)  # it waits for its next step
        begun = time.perf_counter()
        command(player)
        assert time.perf_counter() - begun < 0.2 and not player.playing
    assert player.slow and player.heard.failed == []


def test_slow_motion_begins_and_ends_while_it_plays(player):
    player.play()
    until(lambda: player.last and player.last.step > 20)
    player.slow = True
    time.sleep(0.05)
    stands, begun = player.last.step, time.perf_counter()
    time.sleep(0.5)
    assert stands < player.last.step <= stands + (time.perf_counter() - begun) / 0.4 + 1
    player.slow, begun = False, time.perf_counter()
    until(lambda: player.last.step > stands + 20)
    assert time.perf_counter() - begun < 0.35  # not even the wait that had begun


def test_a_slow_player_ends_with_its_training_without_waiting(player):
    player.start, player.slow = lambda: counting(1), True
    begun = time.perf_counter()
    player.play()
    until(lambda: not player.playing)
    assert player.last.step == 1 and time.perf_counter() - begun < 0.7


# ---- playground ------------------------------------------------------------------------------


def buttons(panel):
    return [b for b in panel.children[0].children if isinstance(b, w.Button)]


def slow_motion(panel):
    (toggle,) = (b for b in panel.children[0].children if isinstance(b, w.ToggleButton))
    return toggle


def show_playground(shown, start, view=step_view, **options):
    playground(start, view, **options)
    return shown[-1]


def test_a_playground_begins_with_its_first_picture_and_the_steps_made_before(shown):
    panel = show_playground(shown, lambda p: endless(pause=0), before=37)
    assert (
        panel.player.last.step == 37
        and bytes(panel.image.value).startswith(b"\x89PNG")
        and not panel.player.playing
    )
    assert "step 37" in words(panel)
    with pytest.raises(ValueError, match="^before: "):
        playground(lambda p: endless(), step_view, before=0)


def test_the_buttons_play_pause_step_and_reset(shown):
    starts = []
    panel = show_playground(shown, lambda p: starts.append(1) or endless())
    play, step, reset = buttons(panel)
    step.click()
    step.click()
    assert panel.player.last.step == 3 and play.description == "play"
    picture = bytes(panel.image.value)
    play.click()
    assert play.description == "pause"
    until(lambda: panel.player.last.step > 20)
    play.click()
    assert (
        play.description == "play"
        and not panel.player.playing
        and bytes(panel.image.value) != picture
    )
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
    assert (
        len(models) == 2
        and panel.player.last.model is models[1]
        and panel.player.last.step == 1
    )
    assert not panel.player.playing and play.description == "play"
    assert "same model" not in words(panel)


def test_reset_says_when_the_model_is_not_new(shown):
    model = nn.Linear(1, 1)
    panel = show_playground(shown, lambda p: counting(100, model=model))
    buttons(panel)[2].click()
    assert "same model" in words(panel)


def test_a_number_that_training_took_once_follows_its_slider_while_it_runs(shown):
    log = []

    def start(p):
        return endless(p.k, log)  # the tensor itself, taken once

    panel = show_playground(shown, start, k=w.FloatSlider(value=0.5, min=0, max=1))
    assert float(log[-1]) == 0.5
    buttons(panel)[0].click()
    control(panel, "k").value = 0.75
    until(lambda: len(log) > 5)
    assert float(log[-1]) == 0.75
    buttons(panel)[0].click()


def test_a_learning_rate_of_zero_freezes_a_model_that_plays(shown):
    model, x = nn.Linear(3, 1), torch.randn(20, 3)

    def start(p):
        return train(
            model, x, 10**6, 10, p.lr, lambda rows, t: (model(rows) - 1).square().mean()
        )

    panel = show_playground(shown, start, lr=w.FloatSlider(value=0.01, min=0, max=1))
    step = buttons(panel)[1]
    control(panel, "lr").value = 0
    frozen = model.weight.clone()
    step.click()
    assert torch.equal(model.weight, frozen)
    control(panel, "lr").value = 0.01
    step.click()
    assert not torch.equal(model.weight, frozen)


def test_knobs_of_every_kind_are_read_anew_at_every_step(shown):
    read = []

    def start(p):
        return counting(
            10**6, lambda i: read.append((p.kind, bool(p.on), float(p.rate), int(p.count)))
        )

    panel = show_playground(
        shown, start, kind=["sgd", "adam"], on=True, rate=(0.0, 1.0, 0.25), count=(0, 9)
    )
    step = buttons(panel)[1]
    first = read[-1]
    assert first[:2] == ("sgd", True)
    for name, value in {"kind": "adam", "on": False, "rate": 0.25, "count": 7}.items():
        control(panel, name).value = value
        step.click()
    assert read[-1] == ("adam", False, 0.25, 7)
    control(panel, "on").value = True
    step.click()
    assert read[-1][1] is True


def test_a_choice_of_numbers_keeps_its_fractions_whatever_comes_first(shown):
    read = []
    panel = show_playground(
        shown,
        lambda p: counting(100, lambda i: read.append(float(p.rate))),
        rate=[1, 0.5, 0.001],
    )
    for value in (0.5, 0.001, 1):
        control(panel, "rate").value = value
        buttons(panel)[1].click()
        assert read[-1] == pytest.approx(value)


def test_turning_a_knob_while_it_stands_says_when_it_acts(shown):
    panel = show_playground(shown, lambda p: endless(), beta=(0.0, 1.0))
    control(panel, "beta").value = 0.875
    assert "β is now 0.875" in words(panel) and "next step" in words(panel)


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
    until(lambda: not panel.player.playing)
    until(lambda: buttons(panel)[0].description == "play")
    assert one_readable_line(panel, "KeyError")


@pytest.mark.parametrize("how", ["play", "step"])
def test_an_error_in_training_is_one_line_that_stays_and_stops_playing(shown, how):
    panel = show_playground(shown, lambda p: counting(100, failing(4)))
    play, step, _ = buttons(panel)
    for _ in range(5 if how == "step" else 1):
        (play if how == "play" else step).click()
    if how == "play":
        panel.player._thread.join(10)
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
    panel.player._thread.join(10)
    assert not panel.player.playing and play.description == "play"
    assert one_readable_line(panel, "IndexError", "drawing", "no such axis")


def test_playing_ends_where_the_training_ends_with_its_last_picture(shown):
    panel = show_playground(shown, lambda p: counting(40, lambda i: time.sleep(0.001)))
    play, step, _ = buttons(panel)
    play.click()
    panel.player._thread.join(10)
    assert (
        not panel.player.playing and play.description == "play" and panel.player.last.step == 40
    )
    assert "step 40 of 40" in words(panel)
    step.click()
    play.click()
    panel.player._thread.join(10)
    assert (
        panel.player.last.step == 40
        and not panel.player.playing
        and "alert" not in panel.message.value
    )


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

    clickers = [
        threading.Thread(target=click, args=(buttons(panel)[0],), daemon=True)
        for panel in panels
    ]
    [t.start() for t in clickers]
    [t.join(20) for t in clickers]
    stuck = any(t.is_alive() for t in clickers)
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
            control(panel, "k").value = i / 10

    clickers = [
        threading.Thread(target=click, args=(b,), daemon=True)
        for b in buttons(panel)
        for _ in range(2)
    ]
    [t.start() for t in clickers]
    [t.join(60) for t in clickers]
    assert not any(t.is_alive() for t in clickers), "a deadlock"
    assert len(set(threading.enumerate()) - before) <= 1 and max(worst) == 1
    assert "alert" not in panel.message.value
    panel.player.pause()
    assert buttons(panel)[0].description == "play"


def test_a_playground_that_is_shown_again_pauses_the_one_before(shown):
    first = show_playground(shown, lambda p: endless())
    buttons(first)[0].click()
    show_playground(shown, lambda p: endless())
    assert not first.player.playing


def test_a_bad_knob_is_refused_by_name(shown):
    with pytest.raises(ValueError, match="^lr: "):
        playground(lambda p: endless(), step_view, lr=object())
    assert shown == []


VERBS = {"step D": ("D",), "step G": ("G",), "step both": ("D", "G")}


def turns(log):
    """A training that writes down whose turn each step is; a closure that reads `p.verb`, as an
    author passes it."""
    return lambda p: counting(10**9, lambda i: log.append((i, p.verb)) or time.sleep(0.001))


def test_every_verb_has_a_button_that_makes_one_step_of_its_own(shown):
    log = []
    panel = show_playground(shown, turns(log), verbs=VERBS, before=2)
    assert [b.description for b in buttons(panel)] == [
        "play",
        "step D",
        "step G",
        "step both",
        "reset",
    ]
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
    assert (
        log[1] == (2, ("D",))
        and log[-1] == (len(log), ("G",))
        and {verb for _, verb in log[2:-1]} == {("D", "G")}
    )


def test_verbs_that_are_pressed_from_many_threads_are_each_made_once(shown):
    log = []
    panel = show_playground(shown, turns(log), verbs=VERBS)
    _, d, g, _, _ = buttons(panel)
    clickers = [
        threading.Thread(target=lambda b=b: [b.click() for _ in range(10)], daemon=True)
        for b in (d, g, d)
    ]
    [t.start() for t in clickers]
    [t.join(60) for t in clickers]
    verbs = [verb for _, verb in log[1:]]
    assert verbs.count(("D",)) == 20 and verbs.count(("G",)) == 10 and len(verbs) == 30


def test_without_verbs_there_is_one_step_and_no_verb(shown):
    seen = []
    panel = show_playground(
        shown, lambda p: counting(10, lambda i: seen.append(vars(p).copy())), verb=(0.0, 1.0)
    )
    assert [b.description for b in buttons(panel)] == ["play", "step", "reset"]
    buttons(panel)[1].click()
    assert [list(p) for p in seen] == [["verb"]] * 2 and float(
        seen[0]["verb"]
    ) == 0.5  # a knob may have that name


@pytest.mark.parametrize(
    "options",
    [{"verbs": {}}, {"verbs": ["step D"]}, {"verbs": VERBS, "verb": (0.0, 1.0)}],
    ids=["none", "a list", "a knob of that name"],
)
def test_verbs_that_mean_nothing_are_refused(shown, options):
    with pytest.raises(ValueError, match="^verbs: "):
        playground(lambda p: endless(), step_view, **options)
    assert shown == []


def test_the_slow_motion_button_acts_while_it_plays_and_a_reset_leaves_it_on(shown):
    panel = show_playground(shown, lambda p: endless())
    play, _, reset = buttons(panel)
    slow_motion(panel).value = True
    play.click()
    time.sleep(0.6)
    assert 2 <= panel.player.last.step <= 4 and play.description == "pause"
    begun = time.perf_counter()
    reset.click()
    assert (
        time.perf_counter() - begun < 0.3
        and panel.player.last.step == 1
        and slow_motion(panel).value
    )
    play.click()
    time.sleep(0.6)
    stands = panel.player.last.step
    assert 2 <= stands <= 4
    slow_motion(panel).value = False
    until(lambda: panel.player.last.step > stands + 20, 2)
    assert panel.player.playing


def drawn(points):
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
    points.page.data = drawn([(1, 2), (-1, 0), (0, -3)])
    assert words(panel) == "points changed: press reset to train on what is drawn now."
    buttons(panel)[1].click()
    assert (
        len(trained) == 1 and panel.player.last.step == 2 and "alert" not in panel.message.value
    )
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
        points.page.data = drawn(torch.rand(n, 2).tolist())
        time.sleep(0.01)
    assert (
        panel.player.playing
        and panel.player.last.step > 5
        and "alert" not in panel.message.value
    )


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
    points.page.data = drawn(torch.rand(30, 2).tolist())
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
    assert words(panel) == "at is now (0.5, -0.25): it acts with the next step."
    drawing.value = torch.ones(1, 1, 8, 8)
    assert words(panel).startswith("digit changed: ") and "tensor" not in words(panel)
    buttons(panel)[1].click()
    assert seen[-1][0] == (0.5, -0.25) and torch.equal(seen[-1][1], torch.ones(1, 1, 8, 8))
