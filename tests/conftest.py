"""What the tests share: one seed, one thread, models at random weights, and a stand-in for the
notebook's display."""

import os
from pathlib import Path

import lecture
import matplotlib
import pytest
import torch

import lecture_utils
from lecture_utils import plots
from lecture_utils.live import panel, player

# test_mutations.py runs tests on a changed copy: make sure of it
COPY = os.environ.get("LECTURE_COPY")
for tested in (lecture_utils.__file__, lecture.source("")):
    assert COPY is None or Path(tested).is_relative_to(COPY), f"{tested} is not in {COPY}"

SLOW = {"test_asserts", "test_browser", "test_page", "test_notebooks", "test_mutations"}


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in this hook, too
def pytest_collection_modifyitems(items):
    """Let two workers share the tests: a file is one group, a notebook of a slow file another.

    What belongs together runs in one worker, so that nothing costly is prepared twice.
    """
    for item in items:
        group, parameters = item.path.stem, getattr(item, "callspec", None)
        if group in SLOW:
            item.add_marker(pytest.mark.slow)
            named = getattr(parameters, "params", {})
            words = [named[key] for key in ("executed", "page", "name") if key in named]
            group += "-" + "".join(map(str, words))
        item.add_marker(pytest.mark.xdist_group(group + item.path.suffix))
    items.sort(key=lambda item: item.path.stem not in SLOW)  # the long ones first


@pytest.fixture(autouse=True)
def seeded():
    """The tests hold at any seed, up to what five standard errors leave: try TEST_SEED=1, 2,
    ..."""
    torch.set_num_threads(1)
    torch.manual_seed(int(os.environ.get("TEST_SEED", 0)))
    with matplotlib.rc_context():  # `setup` sets the style for good
        yield


@pytest.fixture
def as_in_the_lectures(monkeypatch):
    """The lectures' style; and one dot a pixel, which is four times as fast."""
    plots.style()
    monkeypatch.setattr("lecture_utils.live.picture._dots", 1)


@pytest.fixture
def shake():
    """Move every weight of a model, so that no test holds only at the initial ones."""

    @torch.no_grad()
    def shaken(model, by=0.2):
        for p in model.parameters():
            p.add_(by * torch.randn_like(p))
        return model.eval()

    return shaken


@pytest.fixture
def assert_repeats():
    """Assert that draw(generator) repeats with a generator of the same seed and leaves the
    global one alone, and that it takes the global one where it is given None."""

    def check(draw):
        def seeded_by(seed):
            return draw(torch.Generator().manual_seed(seed))

        first = seeded_by(7)
        torch.manual_seed(3)
        wanted = torch.rand(5)
        torch.manual_seed(3)
        again = seeded_by(7)
        assert torch.equal(torch.rand(5), wanted)
        assert torch.equal(first, again) and not torch.equal(first, seeded_by(8))
        torch.manual_seed(3)
        globally = draw(None)
        torch.manual_seed(3)
        assert torch.equal(draw(None), globally)

    return check


@pytest.fixture
def images():
    """Random levels: images(5) is (5, 1, 8, 8)."""
    return lambda n, side=8: torch.randint(0, 17, (n, 1, side, side)).float()


@pytest.fixture
def shown(monkeypatch):
    """The list of what `live` displays; playgrounds are paused at the end."""
    monkeypatch.delenv("LECTURE_STATIC", raising=False)
    things = []
    monkeypatch.setattr(panel, "display", lambda thing, **_: things.append(thing))
    yield things
    player.pause_all()
