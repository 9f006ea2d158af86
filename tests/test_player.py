"""A generator played in a thread, by many hands at once."""

import math
import threading
import time
from types import SimpleNamespace

import pytest
import torch
from stage import counting, endless, join, until

from lecture_utils.live.player import FEW, PICTURES, Player, line, progress


def played(start=endless, **options):
    """A player that writes down what it shows, (record, made), and what fails."""
    heard = SimpleNamespace(shown=[], failed=[])
    made = Player(
        start,
        lambda record, made: heard.shown.append((record, made)),
        lambda error, when: heard.failed.append((error, when)),
        **options,
    )
    made.heard = heard
    return made


@pytest.fixture
def player():
    made = played()
    yield made
    made.pause()


def numbers(player):
    return [record.step for record, _ in player.heard.shown]


def ended(player):
    """Wait until it has stopped by itself, and its last words are said."""
    player._thread.join(20)
    assert not player._thread.is_alive()


# ---- play, pause, step, reset ----------------------------------------------------------------


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
    assert numbers(player)[-1] == stands, "the last picture is not where it stands"


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

    assert join([threading.Thread(target=click) for _ in range(8)])
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
    assert player.last.step == 1 and numbers(player)[-1] == 1 and not player.playing


def test_what_has_been_made_is_counted_and_a_reset_counts_from_one(player):
    player.start = lambda: iter(torch.arange(10.0))
    player.step(3)
    player.step()
    assert player.made == 4 and player.heard.shown[-1] == (torch.tensor(3.0), 4)
    player.reset()
    assert player.made == 1 and player.heard.shown[-1] == (torch.tensor(0.0), 1)
    player.step()
    assert player.heard.shown[-1] == (torch.tensor(1.0), 2)


def test_a_reset_whose_start_fails_has_forgotten_the_last_record(player):
    player.step(5)
    player.start = lambda: 1 / 0
    before = len(player.heard.shown)
    player.reset()
    assert player.last is None and player.made == 0
    assert isinstance(player.heard.failed[-1][0], ZeroDivisionError)
    player.play()
    ended(player)
    player.redraw()
    assert len(player.heard.shown) == before, "it shows what was reset"
    player.start = endless
    player.step()
    assert player.last.step == player.made == 1


def test_a_redraw_shows_the_last_record_once_more(player):
    player.redraw()
    assert player.heard.shown == []
    player.step(4)
    player.redraw()
    assert [made for _, made in player.heard.shown] == [4, 4]


def test_every_command_at_once_from_many_threads_ends_well(player):
    barrier = threading.Barrier(6)

    def hammer(command):
        barrier.wait()
        for _ in range(15):
            command()

    commands = (player.play, player.pause, player.step, player.reset, player.play, player.pause)
    hands = [threading.Thread(target=hammer, args=(c,), daemon=True) for c in commands]
    assert join(hands, 30), "a deadlock"
    # "generator already executing" would be two threads in one training
    assert player.heard.failed == []
    player.pause()
    assert not player.playing


def test_a_step_tells_before_how_it_is_made_and_playing_tells_nothing():
    heard = []
    player = played(before=lambda *how: heard.append((how, threading.current_thread())))
    here = threading.current_thread()
    player.step(2)
    player.step(1, "D")
    assert heard == [((), here), ((), here), (("D",), here)]
    player.play()
    until(lambda: len(heard) > 5)
    player.pause()
    assert {how for how, _ in heard[3:]} == {()}
    assert here not in {thread for _, thread in heard[3:]}


# ---- the end ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["play", "step"])
def test_only_the_end_of_the_generator_is_the_end(player, how):
    player.start = lambda: counting(3)

    def act():
        if how == "step":
            return player.step()
        player.play()
        return ended(player)

    player.step(3)
    assert not player.finished  # nobody knows yet
    for _ in range(2):
        act()
        assert player.finished and player.last.step == 3 and not player.playing
    player.reset()
    assert not player.finished and player.last.step == player.made == 1
    player.step()
    assert player.last.step == 2 and player.heard.failed == []


def test_a_training_that_failed_is_not_finished(player):
    def broken(i):
        if i == 3:
            raise FloatingPointError("nan")

    player.start = lambda: counting(9, broken)
    player.step(3)
    for _ in range(2):  # its generator is exhausted, too
        player.step()
        assert player.failed and not player.finished and player.last.step == 2


# ---- which steps are shown -------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 64, FEW])
def test_every_step_of_a_short_generator_is_shown_however_fast_it_is(steps):
    player = played(lambda: counting(steps))
    player.play()
    ended(player)
    assert [made for _, made in player.heard.shown] == [*range(1, steps + 1), steps]
    assert numbers(player) == [*range(1, steps + 1), steps]


@pytest.mark.parametrize(
    "start", [lambda: counting(10 * FEW), lambda: iter(torch.zeros(10 * FEW, 2))]
)
def test_of_a_long_generator_or_of_one_without_an_end_some_steps_are_shown(start):
    player, begun = played(start), time.perf_counter()
    player.play()
    ended(player)
    seconds = time.perf_counter() - begun
    shown = [made for _, made in player.heard.shown]
    assert shown[0] == 1 and shown[-1] == 10 * FEW and shown == sorted(shown)
    assert len(shown) <= 2 + PICTURES * seconds


# ---- speed -----------------------------------------------------------------------------------

SLOW = 2.5  # steps a second


def test_a_slow_player_shows_every_step_one_in_four_tenths_of_a_second(player):
    player.speed, begun = SLOW, time.perf_counter()
    player.play()
    until(lambda: player.last and player.last.step == 3)
    assert 0.75 < time.perf_counter() - begun < 2.5
    player.pause()
    assert numbers(player) == [1, 2, 3, 3]  # and the last again, where it stopped


def test_the_very_step_with_which_it_becomes_slow_is_shown():
    player = played()

    def before():
        slow = player.last is not None and player.last.step == 1
        player.speed = SLOW if slow else math.inf

    player.before = before
    player.play()  # at full speed the second step, a millisecond later, would not be shown
    until(lambda: len(player.heard.shown) > 1)
    player.pause()
    assert numbers(player)[:2] == [1, 2]


def test_a_speed_counts_the_time_that_a_step_takes(player):
    player.start = lambda: endless(pause=0.25)
    player.speed, begun = SLOW, time.perf_counter()
    player.play()
    until(lambda: player.last and player.last.step == 4)
    assert 1.2 < time.perf_counter() - begun < 1.9  # not 3 × 0.65 + 0.25


@pytest.mark.parametrize("speed", [10, 30])
def test_a_speed_is_in_steps_a_second(player, speed):
    player.speed, begun = speed, time.perf_counter()
    player.play()
    until(lambda: player.made > speed)
    seconds = time.perf_counter() - begun
    assert 0.98 < seconds < 1.5  # as many waits as steps, each a little too long


@pytest.mark.parametrize("command", [Player.pause, Player.step, Player.reset])
def test_a_command_does_not_wait_for_a_slow_player(player, command):
    player.speed = SLOW
    for _ in range(3):
        player.play()
        made = len(player.heard.shown)
        until(lambda: len(player.heard.shown) > made)  # it waits for its next step
        begun = time.perf_counter()
        command(player)
        assert time.perf_counter() - begun < 0.2 and not player.playing
    assert player.speed == SLOW and player.heard.failed == []


def test_a_speed_acts_while_it_plays(player):
    player.play()
    until(lambda: player.last and player.last.step > 20)
    player.speed = SLOW
    time.sleep(0.05)
    stands, begun = player.last.step, time.perf_counter()
    time.sleep(0.5)
    most = stands + (time.perf_counter() - begun) * SLOW + 1
    assert stands < player.last.step <= most
    made = player.made
    until(lambda: player.made > made)  # a wait of 0.4 s has begun
    player.speed, begun = math.inf, time.perf_counter()
    until(lambda: player.made > made + 20)
    assert time.perf_counter() - begun < 0.3  # it is cut short


def test_a_slow_player_ends_with_its_training_without_waiting(player):
    player.start, player.speed = lambda: counting(1), SLOW
    begun = time.perf_counter()
    player.play()
    until(lambda: not player.playing)
    assert player.last.step == 1 and time.perf_counter() - begun < 0.7


# ---- a view that pauses what it shows --------------------------------------------------------


def test_a_view_may_pause_its_own_player_and_it_plays_on_afterwards():
    player = played(lambda: counting(50))
    show = player.show

    def pausing(record, made):
        show(record, made)
        if record.step % 5 == 0 and player.playing:
            player.pause()

    player.show = pausing
    for stop in (5, 10, 15):
        player.play()
        ended(player)
        assert player.last.step == stop and not player.playing
    assert player.heard.failed == []


def test_a_view_that_pauses_does_not_hang_while_others_give_commands():
    player = played(lambda: counting(10**9, lambda i: time.sleep(0.0005)))
    player.speed = 1000  # every step is shown, and so pauses
    barrier = threading.Barrier(5)
    show = player.show

    def pausing(record, made):
        show(record, made)
        time.sleep(0.001)  # others come and wait for this thread meanwhile
        player.pause()

    player.show = pausing

    def hammer(command):
        barrier.wait()
        for _ in range(30):
            command()

    commands = (player.play, player.play, player.pause, player.step, player.reset)
    hands = [threading.Thread(target=hammer, args=(c,), daemon=True) for c in commands]
    assert join(hands, 30), "it waits for itself"
    player.pause()
    assert not player.playing and player.heard.failed == []


# ---- what a record says ----------------------------------------------------------------------


def test_a_record_without_a_step_is_numbered_by_how_many_were_made():
    assert progress(torch.zeros(3), 7) == (7, None)
    assert progress(SimpleNamespace(step=None, steps=9), 7) == (7, 9)
    assert progress(SimpleNamespace(step=0, steps=9), 7) == (0, 9)


class Said(SimpleNamespace):
    def __str__(self):
        return self.words


@pytest.mark.parametrize(
    "record, said",
    [
        (torch.zeros(3), "step 7"),
        (SimpleNamespace(steps=9), "step 7 of 9"),
        (Said(step=3, words="noise 0.5 left"), "noise 0.5 left"),
        (Said(step=3, words="x" * 160), "x" * 160),
        (Said(step=3, words="x" * 161), "step 3"),
        (Said(step=3, steps=9, words="two\nlines"), "step 3 of 9"),
        (Said(step=3, steps=9, words=""), "step 3 of 9"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_line_is_a_records_own_words_if_they_fit(record, said):
    assert line(record, 7) == said
