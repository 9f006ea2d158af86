"""A chain recorded once, and run back and forth."""

import gc
import itertools

import ipywidgets as w
import pytest
import torch
from stage import counting, drawn_alone, pixels

from lecture_utils import explore
from lecture_utils.live import Film


def chain(n, act=lambda i: None):
    """Bare tensors 1, 2, ..., n."""
    for i in range(1, n + 1):
        act(i)
        yield torch.tensor([float(i), 0.0])


def times(records):
    return [int(record[0]) for record in records]


def test_a_film_records_once_and_starts_with_its_end():
    made = []
    film = Film(chain(12, made.append))
    assert made == list(range(1, 13)) and times(film.records) == made
    assert film.value is film.records[-1] and film.time.value == 11
    film.time.value = 3
    film.time.value = 11
    assert len(made) == 12


def test_its_value_and_its_words_follow_the_time():
    film, heard = Film(chain(12)), []
    film.observe(lambda change: heard.append(change["new"]), "value")
    for i in (0, 5, 11):
        film.time.value = i
        assert film.value is film.records[i] and film.words.value == f"step {i + 1}"
    assert times(heard) == [1, 6, 12]


def test_a_record_of_a_training_says_its_own_words():
    film = Film(counting(5))
    assert film.words.value == str(film.records[-1]) and "loss" in film.words.value
    film.time.value = 1
    assert film.words.value == str(film.records[1])


def test_play_and_time_are_linked_in_the_browser_and_have_one_range():
    """The link is the browser's own: it plays on while the kernel is busy."""
    film = Film(chain(31), speed=8)
    gc.collect()  # nobody here holds the link
    links = [thing for thing in gc.get_objects() if type(thing) is w.widgets.widget_link.Link]
    (link,) = [link for link in links if film.play in (link.source or ())]
    assert {link.source, link.target} == {(film.play, "value"), (film.time, "value")}
    for control in (film.play, film.time):
        assert (control.min, control.max, control.value) == (0, 30, 30)
    assert film.play.interval == 125
    assert film.play in film.children[0].children and film.time in film.children[0].children


@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 10, 15, 16, 17, 100, 1000])
def test_a_long_chain_is_thinned_evenly_and_keeps_its_ends(n):
    film = Film(chain(n), most=8)
    kept = times(film.records)
    assert kept[0] == 1 and kept[-1] == n and len(kept) <= 9
    assert n > 8 or kept == list(range(1, n + 1))
    gaps = [b - a for a, b in itertools.pairwise(kept)]
    assert len(set(gaps[:-1])) <= 1 and (len(gaps) < 2 or gaps[-1] <= gaps[0])
    assert len(kept) >= min(n, 4)
    for i, made in enumerate(kept):
        film.time.value = i
        assert film.words.value == f"step {made}" and times([film.value]) == [made]


def test_an_interrupt_keeps_what_was_recorded(capsys):
    def act(i):
        if i == 8:
            raise KeyboardInterrupt

    film = Film(chain(20, act))
    assert times(film.records) == list(range(1, 8)) and film.time.max == 6
    assert "Interrupted: the film has 7 records" in capsys.readouterr().out


def test_an_error_while_it_is_recorded_is_the_readers_to_see():
    def act(i):
        if i == 3:
            raise FloatingPointError("nan")

    with pytest.raises(FloatingPointError):
        Film(chain(9, act))


@pytest.mark.parametrize("nothing", [iter([]), chain(0)])
def test_a_film_of_nothing_is_refused(nothing):
    with pytest.raises(ValueError, match="^records: .*at least one"):
        Film(nothing)


def test_some_are_spread_from_the_first_to_the_last():
    assert times(Film(chain(31)).some()) == [1, 11, 21, 31]
    assert times(Film(chain(31)).some(2)) == [1, 31]
    assert times(Film(chain(3)).some()) == [1, 2, 3]
    assert times(Film(chain(1)).some()) == [1]


def cloud(ax):
    """One point of a chain."""
    (dot,) = ax.plot([], [], "o")
    ax.set(xlim=(0, 32), ylim=(-1, 1))

    def update(t, size=5):
        dot.set_data([t[0]], [t[1]])
        dot.set_markersize(size)

    return update


def test_explore_draws_the_record_of_the_moment_and_keeps_the_other_controls(shown):
    made = []
    film = Film(chain(31, made.append))
    explore(cloud, t=film, size=(1, 9))
    (panel,) = shown
    assert pixels(panel) == drawn_alone(cloud, t=film.records[-1], size=5)
    panel.controls["size"].value = 9
    for i in (3, 17, 18, 0):
        film.time.value = i
    assert pixels(panel) == drawn_alone(cloud, t=film.records[0], size=9)
    assert len(made) == 31 and panel.message.value == ""
    assert film in panel.children[0].children


@pytest.mark.parametrize("bad", [{"most": 0}, {"most": 1}, {"speed": 0}, {"speed": -1}])
def test_a_film_of_less_than_two_records_or_without_a_speed_is_refused(bad):
    with pytest.raises(ValueError, match=f"^most, speed: got .*{next(iter(bad.values()))}"):
        Film(chain(5), **bad)
