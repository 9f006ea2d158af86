"""What a page shows besides figures: the source of what runs, and questions."""

import inspect
import textwrap
from pathlib import Path

from IPython.display import HTML, Javascript, Markdown, display
from IPython.utils.capture import capture_output
from jupyterquiz import display_quiz

from .live.panel import static


def show_source(*functions) -> None:
    """Display the source of functions or classes, as it runs, with its file and line."""
    for f in functions:
        lines, first = inspect.getsourcelines(f)
        path = Path(inspect.getsourcefile(inspect.unwrap(f))).resolve()  # not a decorator's
        package = Path(__file__).resolve().parent.parent
        where = path.relative_to(package) if path.is_relative_to(package) else path.name
        code = textwrap.dedent("".join(lines)).rstrip()
        display(Markdown(f"`{where}`, line {first}\n```python\n{code}\n```"))


def quiz(*questions: tuple) -> None:
    """Ask multiple-choice questions, each (question, {right answer: why}, {wrong answer: why}).

    Write mathematics in letters (p(x), μ, KL): jupyterquiz typesets with a MathJax that
    JupyterLab 4 does not have, and would ask the network for one.
    """
    if static():
        lines = []
        for question, right, wrong in questions:
            lines += [f"**{question}**", "", *(f"- {a}" for a in sorted([*right, *wrong])), ""]
        return display(Markdown("\n".join([*lines, "*Run the cell to answer.*"])))
    asked = [
        {
            "question": question,
            "type": "multiple_choice",
            "answers": [
                {"answer": a, "correct": ok, "feedback": why}
                for ok, answers in ((True, right), (False, wrong))
                for a, why in answers.items()
            ],
        }
        for question, right, wrong in questions
    ]
    with capture_output() as captured:
        display_quiz(asked, colors={"--jq-multiple-choice-bg": "#0072B2"}, max_width=820)
    page, script = (output.data for output in captured.outputs)
    display(HTML(page["text/html"]))
    code = script["application/javascript"]
    display(Javascript(f"(function (MathJax) {{\n{code}\n}})();"))  # it sees no MathJax
