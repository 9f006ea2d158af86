"""Questions belong to their answers, and a source that is shown is the one that runs."""

import inspect
import json
import re
import textwrap
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import HTML, Javascript, Markdown

from lecture_utils import lesson
from lecture_utils.models.vae import VAE
from lecture_utils.nets import mlp

SUN = (
    "Where does the sun rise?",
    {"in the east": "The earth turns that way."},
    {"in the west": "There it sets.", "at sea": "Only <b>sailors</b> “see” that."},
)
MOON = (
    "Which of these belong to the moon?",
    {"craters": "Stones fell.", "phases": "The sun moves on."},
    {"moss": "No water."},
)


@pytest.fixture
def displayed(monkeypatch, tmp_path):
    """The list of what is displayed, in an IPython as a kernel has it."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("LECTURE_STATIC", raising=False)
    InteractiveShell.instance()
    things = []
    monkeypatch.setattr(lesson, "display", things.append)
    yield things
    InteractiveShell.clear_instance()


def asked(script: str) -> list:
    """Return the questions that the page's script is given."""
    start = re.search(r"var questions\w+=", script).end()
    return json.JSONDecoder().raw_decode(script[start:])[0]


def test_every_answer_is_marked_as_what_it_is_and_has_its_own_feedback(displayed):
    lesson.quiz(SUN, MOON)
    _, script = displayed
    questions = asked(script.data)
    assert [q["question"] for q in questions] == [SUN[0], MOON[0]]
    for question, (_, right, wrong) in zip(questions, (SUN, MOON)):
        answers = {a["answer"]: (a["correct"], a["feedback"]) for a in question["answers"]}
        assert answers == {
            **{answer: (True, why) for answer, why in right.items()},
            **{answer: (False, why) for answer, why in wrong.items()},
        }


def test_a_quiz_is_a_page_and_a_script_that_find_each_other_and_no_mathjax(displayed):
    lesson.quiz(SUN)
    page, script = displayed
    assert isinstance(page, HTML) and isinstance(script, Javascript)
    name = re.search(r'<div id="(\w+)"', page.data)[1]
    assert f'getElementById("{name}")' in script.data
    head, *_, tail = script.data.split("\n")
    assert (head, tail) == ("(function (MathJax) {", "})();")  # called without one: undefined


def test_a_built_notebook_lists_all_answers_and_betrays_none(displayed, monkeypatch):
    monkeypatch.setenv("LECTURE_STATIC", "1")
    lesson.quiz(SUN, MOON)
    (text,) = displayed
    assert isinstance(text, Markdown)
    lines = [line for line in text.data.split("\n") if line]
    assert lines == [
        f"**{SUN[0]}**",
        *("- at sea", "- in the east", "- in the west"),  # by the alphabet: not the right first
        f"**{MOON[0]}**",
        *("- craters", "- moss", "- phases"),
        "*Run the cell to answer.*",
    ]


def test_the_source_of_a_method_is_shown_as_it_stands_in_its_file(displayed):
    lesson.show_source(VAE.kl, mlp)
    for thing, f, file in zip(displayed, (VAE.kl, mlp), ("models/vae.py", "nets.py")):
        head, code = thing.data.split("\n```python\n")
        path, line = re.fullmatch(r"`(.*)`, line (\d+)", head).groups()
        assert path == f"lecture_utils/{file}"
        whole = Path(inspect.getsourcefile(f)).read_text(encoding="utf-8").split("\n")
        shown = code.removesuffix("\n```").split("\n")
        there = whole[int(line) - 1 :][: len(shown)]
        indent = len(there[0]) - len(there[0].lstrip())
        assert shown == [row[indent:] for row in there]
        assert shown[0].startswith(f"def {f.__name__}(") and "return" in "".join(shown)
    assert len(displayed) == 2


def test_a_decorator_does_not_hide_where_a_function_stands(displayed):
    lesson.show_source(VAE.draw)  # under torch.no_grad, whose own file is torch's
    assert displayed[0].data.startswith("`lecture_utils/models/vae.py`, line ")


def test_the_source_of_what_is_not_in_the_course_has_its_files_name_alone(displayed):
    lesson.show_source(textwrap.dedent)
    assert displayed[0].data.startswith("`textwrap.py`, line ")
