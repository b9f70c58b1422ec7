"""The report: a page that a browser may open, whatever stands in it, and whose figures are the solution's."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentopt.errors import InputError
from agentopt.llm import Usage
from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.export.html_report import Front, ReportData, TableUsed, html_report
from agentopt.solvers.modeling.export.page import MAX_ROWS, Grid
from agentopt.solvers.modeling.formulation import Constraint, Formulation
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.language.analysis import analyze
from agentopt.solvers.modeling.solution import Alternative, Solution

Build = Callable[..., Instance]
EVIL = "</td></title><script>alert(1)</script><img src=x onerror=alert(2)>\" ' {{ 7 * 7 }} & $\\frac$"
VOID = {"meta", "link", "img", "br", "hr", "input"}
FRAME = {
    *("html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "section", "nav", "a", "p", "ul"),
    *("li", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "pre", "figure", "figcaption"),
    *("svg", "defs", "g", "path", "use", "text", "clippath", "rect"),
}


@dataclass
class Page(HTMLParser):
    """A page, read: its elements, attributes, tables and text."""

    source: str
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    """Rows of cells, headers first, by caption or, without one, by the heading above."""
    text: str = ""
    unbalanced: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self._rows: list[list[str]] = []
        self._name = self._heading = ""
        self.feed(self.source)
        self.close()
        self.unbalanced += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._rows, self._name = [], self._heading
            self.tables[self._name] = self._rows
        elif tag == "caption":
            self._name = ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
        elif tag == "h2":
            self._heading = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.unbalanced.append(tag)
        if tag == "caption":
            self.tables[self._name] = self._rows

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside in ("td", "th"):
            self._rows[-1][-1] += data
        elif inside == "caption":
            self._name += data
        elif inside == "h2":
            self._heading += data
        if inside != "style":
            self.text += data


def required(page: Page) -> None:
    """What every page must be: balanced, of known elements, with nothing that runs or is fetched."""
    assert page.unbalanced == []
    assert set(page.tags) <= FRAME
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in ("href", "src", "xlink:href"):
            assert value.startswith("#"), (tag, name, value)
        if "url(" in value:
            assert re.fullmatch(r"url\(#[\w-]+\)", value), (tag, name, value)
    identifiers = [value for _, name, value in page.attributes if name == "id"]
    assert len(identifiers) == len(set(identifiers))


def figures(page: Page, caption: str) -> list[list[str]]:
    """The rows of a table below its headers."""
    return next(rows[1:] for name, rows in page.tables.items() if name.startswith(caption))


PLAN: dict[str, Any] = {
    "title": "Loaves",
    "sets": [{"name": "LOAVES", "elements": ["rye", "spelt", "oat"], "meaning": "What is baked"}],
    "parameters": [
        {"name": "price", "index": ["LOAVES"], "unit": "USD", "value": [2, 3.25, 1], "source": "the price list"},
        {"name": "hours", "unit": "h", "value": 7, "meaning": "Hours of the oven"},
    ],
    "variables": [
        {"name": "bake", "index": ["LOAVES"], "upper": 5, "meaning": "Loaves baked"},
        {"name": "extra", "upper": 1, "unit": "h", "meaning": "Hours more"},
    ],
    "objective": {
        "sense": "maximize",
        "expression": "sum(price[l] * bake[l] for l in LOAVES) - extra",
        "meaning": "Income",
        "unit": "USD",
    },
    "constraints": [
        {"name": "oven", "expression": "sum(bake[l] for l in LOAVES) <= hours + extra / 3", "meaning": "The oven"},
        {"name": "some", "expression": "bake[l] >= 0.5 for l in LOAVES"},
    ],
    "assumptions": ["Every loaf is sold."],
}


@pytest.fixture(scope="module")
def plan() -> Instance:
    """A bakery: 5 spelt, 1.5 rye and 0.5 oat, so an income of 19.75 USD."""
    return bind(analyze(Formulation.model_validate(PLAN)))


@pytest.fixture(scope="module")
def solved(plan: Instance) -> Solution:
    """Its solution."""
    return solve_instance(plan)


@pytest.fixture(scope="module")
def full(plan: Instance, solved: Solution) -> ReportData:
    """A report in which nothing is left out."""
    other = Alternative("When?", "now", "later", plan.formulation, "optimal", 12.5, differs=True)
    solution = replace(
        solved,
        answer="Bake 5 spelt.",
        notes=("Every loaf is sold.", "Look at oats."),
        alternatives=(other,),
        usage=Usage(calls=2, input_tokens=30, output_tokens=4, cost_usd=None),
        program="print('hi')",
        seconds=1.25,
    )
    return ReportData(
        plan,
        solution,
        problem="I bake.\n\nWhat is best?",
        sensitivity=Grid(("limit", "worth"), (("oven", "2 USD"),)),
        front=Front(((1.0, 9.0), (2.5, 4.0)), ("cost [USD]", "CO2 [t]"), ("cheap", "clean")),
        tables=(TableUsed("prices.csv", 3, ("loaf", "price"), "ab" * 32),),
        changes=("- hours 6", "+ hours 7"),
        history=("Raised the hours.",),
        notes=("Made for a test.",),
        date="1 May",
    )


def test_the_page_is_sound(full: ReportData) -> None:
    """Elements are balanced and known, identifiers differ, nothing is fetched."""
    required(Page(html_report(full)))


def test_the_policy_forbids_scripts_and_the_network(full: ReportData) -> None:
    """The head tells browsers to load nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert ("meta", "content", policy) in Page(html_report(full)).attributes


def test_the_answer_stands_first(full: ReportData) -> None:
    """Below the title, before the problem."""
    text = Page(html_report(full)).text
    places = [text.index(part) for part in ("Bake 5 spelt.", "Income: 19.75 USD (maximized, proved", "What is best?")]
    assert places == sorted(places)


def test_decisions_are_those_of_the_solution(full: ReportData, solved: Solution) -> None:
    """Every value that is not zero stands in its table, to seven digits at least."""
    page = Page(html_report(full))
    shown = {(row[0],): float(row[-1]) for row in figures(page, "bake: Loaves baked")}
    single = {row[0]: float(row[1]) for row in figures(page, "Single decisions")}
    assert shown == pytest.approx(solved.variables["bake"], rel=1e-7)
    assert single == {"extra": pytest.approx(solved.variables["extra"][()], abs=1e-9)}


def test_the_room_is_that_of_the_statements(full: ReportData) -> None:
    """Both sides of each inequality, the tight ones first: the oven is full, and oat is at its least."""
    rows = [row[:5] for row in figures(Page(html_report(full)), "Inequalities")]
    assert sorted(rows[:2]) == [["oven", "7", "<=", "7", "0"], ["some[oat]", "0.5", ">=", "0.5", "0"]]
    assert rows[2:] == [["some[rye]", "1.5", ">=", "0.5", "1"], ["some[spelt]", "5", ">=", "0.5", "4.5"]]


def test_bounds_that_are_reached_are_listed(full: ReportData) -> None:
    """Spelt is at its most."""
    assert figures(Page(html_report(full)), "Bounds")[0][:4] == ["bake[spelt]", "5", "<=", "5"]


def test_the_five_elements_are_told(full: ReportData) -> None:
    """Each with its unit, its meaning and the words it comes from."""
    tables = Page(html_report(full)).tables
    assert tables["Sets"][1] == ["LOAVES", "rye, spelt, oat", "listed", "What is baked"]
    assert tables["Parameters"][1] == [
        *("price[LOAVES]", "USD", "rye: 2; spelt: 3.25; oat: 1", "listed", "", "the price list")
    ]
    assert tables["Variables"][2] == ["extra", "h", "continuous, 0 to 1", "Hours more"]
    assert tables["Objective"][1][0:2] == ["maximize", "USD"]
    assert tables["Constraints"][1] == ["oven", "sum(bake[l] for l in LOAVES) <= hours + extra / 3", "The oven"]


@pytest.mark.parametrize(
    "told",
    [
        *("limit", "2 USD", "cheap", "prices.csv", "ab" * 32, "- hours 6", "Raised the hours.", "Made for a test."),
        *("Look at oats.", "When?", "12.5 USD", "print('hi')", "HiGHS", "global: no better point exists", "1.25 s"),
        *("2 calls, 30 + 4 tokens, cost unknown", "Written by agentopt, 1 May.", "constraint oven"),
    ],
)
def test_everything_given_is_told(full: ReportData, told: str) -> None:
    """Sensitivity, trade-off, tables, changes, history, notes, other readings, program, solver and usage."""
    assert told in Page(html_report(full)).text


def test_an_assumption_is_told_once(full: ReportData) -> None:
    """A note that repeats an assumption is left out."""
    assert Page(html_report(full)).text.count("Every loaf is sold.") == 1


def test_plots_are_text_and_drawing(full: ReportData) -> None:
    """Decisions, room and trade-off are drawn, and their labels can be read and searched."""
    page = Page(html_report(full))
    assert page.tags.count("svg") == 3
    assert {name for tag, name, _ in page.attributes if tag == "svg"} >= {"role", "aria-label", "viewbox"}
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", html_report(full))
    assert {"spelt", "oven", "some[rye]", "CO2 [t]", "clean"} <= set(drawn)


def test_without_matplotlib_the_tables_are_there(full: ReportData, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says how to install it."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = Page(html_report(full))
    assert page.tags.count("svg") == 0
    assert "bake: Loaves baked" in page.tables
    assert page.text.count("pip install matplotlib") == 1


def test_hostile_words_are_inert(build: Build) -> None:
    """Markup in members, meanings, units, notes and labels is shown as text, everywhere."""
    raw = {
        "title": EVIL,
        "sets": [{"name": "S", "elements": [EVIL, "b"], "meaning": EVIL, "source": EVIL}],
        "parameters": [{"name": "p", "index": ["S"], "value": [3, 2], "unit": EVIL, "meaning": EVIL}],
        "variables": [{"name": "x", "index": ["S"], "upper": 2, "unit": EVIL, "meaning": EVIL}],
        "objective": {"sense": "maximize", "expression": "sum(p[s] * x[s] for s in S)", "meaning": EVIL, "unit": EVIL},
        "constraints": [{"name": "c", "expression": "x[s] <= p[s] / 2 for s in S", "meaning": EVIL, "source": EVIL}],
        "assumptions": [EVIL],
    }
    instance = bind(analyze(Formulation.model_validate(raw)))
    solution = replace(solve_instance(instance), notes=(EVIL * 2,), answer=EVIL, solver=EVIL, program=EVIL)
    grid = Grid((EVIL, "b"), ((EVIL, EVIL),), EVIL, note=EVIL)
    report = ReportData(
        instance,
        solution,
        problem=EVIL,
        sensitivity=grid,
        front=Front(((1.0, 2.0), (2.0, 1.0)), (EVIL, EVIL), (EVIL, EVIL)),
        tables=(TableUsed(EVIL, 1, (EVIL,), EVIL),),
        changes=(EVIL,),
        history=(EVIL,),
        notes=(EVIL,),
        date=EVIL,
    )
    source = html_report(report)
    page = Page(source)
    required(page)
    assert "<script" not in source
    assert "<img" not in source
    assert page.text.count(EVIL) > 20
    assert page.tags.count("svg") == 3


@settings(max_examples=15)
@given(words=st.text(max_size=40))
def test_any_text_makes_a_sound_page(plan: Instance, words: str) -> None:
    """Whatever signs a text holds, the page stays balanced and can be written as UTF-8."""
    front = Front(((1.0, 2.0), (2.0, 1.0)), (words, words), (words, "b"))
    report = ReportData(plan, problem=words, notes=(words,), changes=(words,), front=front)
    source = html_report(report)
    source.encode("utf-8")
    required(Page(source))


def test_a_dollar_begins_no_formula(build: Build) -> None:
    """Labels of plots are taken as they are, formulas that matplotlib would not read included."""
    variables = {"x": {"index": ["S"], "upper": "cost[s] for s in S"}}
    cost = {"index": ["S"], "value": [1, 2]}
    instance = build(variables, "sum(x[s] for s in S)", sets={"S": ["$\\frac$", "$x^2$"]}, parameters={"cost": cost})
    source = html_report(ReportData(instance, solve_instance(instance)))
    assert {"$\\frac$", "$x^2$"} <= set(re.findall(r"<text[^>]*>([^<]*)</text>", source))


def test_control_signs_are_replaced(plan: Instance) -> None:
    """No escape sequence, zero byte, half of a pair or turn of the direction reaches the page."""
    source = html_report(ReportData(plan, problem="a\x1b[31mb\0c\u202ed\ud800e"))
    assert "a�[31mb�c�d�e" in source


def test_the_same_input_gives_the_same_bytes(full: ReportData) -> None:
    """A report that is written twice is one."""
    assert html_report(full) == html_report(full)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a process with another order of hashes prints of the same plan."""
    program = (
        "import sys, json, hashlib\n"
        "from agentopt.solvers.modeling.data.bind import bind\n"
        "from agentopt.solvers.modeling.engines.route import solve_instance\n"
        "from agentopt.solvers.modeling.export.html_report import ReportData, html_report\n"
        "from agentopt.solvers.modeling.formulation import Formulation\n"
        "from agentopt.solvers.modeling.language.analysis import analyze\n"
        "from dataclasses import replace\n"
        "plan = bind(analyze(Formulation.model_validate(json.loads(sys.stdin.read()))))\n"
        "page = html_report(ReportData(plan, replace(solve_instance(plan), seconds=1.0)))\n"
        "loaded = [name in sys.modules for name in ('matplotlib', 'matplotlib.pyplot')]\n"
        "print(hashlib.sha256(page.encode()).hexdigest(), *loaded)\n"
    )
    env = {**os.environ, "PYTHONHASHSEED": "7"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(PLAN),
        capture_output=True,
        text=True,
        check=True,
        env=env,
        cwd=tmp_path_factory.mktemp("elsewhere"),
    )
    return done.stdout.split()


def test_another_process_writes_the_same_bytes(plan: Instance, solved: Solution, elsewhere: list[str]) -> None:
    """Neither the order of hashes nor the folder enters the page."""
    page = html_report(ReportData(plan, replace(solved, seconds=1.0)))
    assert hashlib.sha256(page.encode()).hexdigest() == elsewhere[0]


def test_plots_are_drawn_without_pyplot(elsewhere: list[str]) -> None:
    """No global state of figures is touched."""
    assert elsewhere[1:] == ["True", "False"]


def test_long_tables_are_cut_with_a_count(build: Build) -> None:
    """Of 100,000 keys, 200 rows are shown and all are counted, in a page below 1 MB."""
    instance = build(
        {"x": {"index": ["S"], "upper": 3}},
        "sum(k * x[k] for k in S)",
        "x[k] <= 1 + k / 100000 for k in S",
        sets={"S": "range(1, 100001)"},
    )
    source = html_report(ReportData(instance, solve_instance(instance)))
    page = Page(source)
    assert len(source) < 1_000_000
    assert [len(figures(page, name)) for name in ("x", "Inequalities")] == [MAX_ROWS, MAX_ROWS]
    assert page.text.count("The first 200 of 100000 rows.") == 2


def test_the_largest_values_are_drawn(build: Build) -> None:
    """The first bar of a variable is that of its largest value."""
    instance = build(
        {"x": {"index": ["S"], "upper": "k for k in S"}}, "sum(x[k] for k in S)", sets={"S": "range(1, 41)"}
    )
    source = html_report(ReportData(instance, solve_instance(instance)))
    labels = re.findall(r"<text[^>]*>(\d+)</text>", source[source.index("<svg") :])
    assert " ".join(map(str, range(40, 20, -1))) in " ".join(labels)


def test_an_infeasible_problem_tells_why(build: Build) -> None:
    """The conflict and its repair stand where the answer would."""
    instance = build({"x": {"upper": 1}}, "x", "x >= 3")
    page = Page(html_report(ReportData(instance, solve_instance(instance))))
    required(page)
    assert "No solution exists" in page.text
    assert "These cannot hold together" in page.text
    assert "Single decisions" not in page.tables


def test_a_problem_that_was_not_solved_is_told(plan: Instance) -> None:
    """Without a solution the page holds the formulation and says so."""
    page = Page(html_report(ReportData(plan)))
    required(page)
    assert "was not solved" in page.text
    assert "Constraints" in page.tables


def test_a_solution_of_another_formulation_is_refused(plan: Instance, build: Build) -> None:
    """Figures of one problem are not told as those of another."""
    with pytest.raises(InputError, match="solution of the instance's own formulation"):
        ReportData(plan, solve_instance(build({"x": {"upper": 1}}, "x")))


def test_labels_of_a_front_match_its_points() -> None:
    """A label too many is refused."""
    with pytest.raises(InputError, match="expected a label for each of 1 points, got 2"):
        Front(((1.0, 2.0),), ("a", "b"), ("x", "y"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_points_that_cannot_be_drawn_are_listed(plan: Instance, value: float) -> None:
    """A front with a number that has no place on an axis is a table only."""
    page = Page(html_report(ReportData(plan, front=Front(((1.0, value), (2.0, 3.0)), ("a", "b")))))
    assert page.tags.count("svg") == 0
    assert figures(page, "Trade-off")[1] == ["2", "3"]


def test_a_long_front_is_thinned(plan: Instance) -> None:
    """Of 10,000 points 500 are drawn, and the table counts them all."""
    points = tuple((float(k), -float(k)) for k in range(10_000))
    page = Page(html_report(ReportData(plan, front=Front(points, ("a", "b")))))
    assert "The first 200 of 10000 rows." in page.text
    # Points of a scatter are uses of one drawing, as are the marks of the axes.
    assert 500 <= page.tags.count("use") < 550


def test_the_encoding_is_declared_early(full: ReportData) -> None:
    """A browser that opens the file looks for the encoding in its first 1,024 bytes."""
    assert b'<meta charset="utf-8">' in html_report(full).encode()[:1024]


def test_a_constraint_in_words_is_told_as_one(build: Build) -> None:
    """What only a program could say stands in the page with the program, and the other rows with their room."""
    said = build({"x": {"upper": 3}}, "x", "x <= 2").formulation
    rule = Constraint(name="rule", expression="", meaning="No odd amounts")
    stated = said.model_copy(update={"constraints": [*said.constraints, rule]})
    instance = bind(analyze(stated))
    solution = replace(
        solve_instance(build({"x": {"upper": 3}}, "x", "x <= 2")),
        formulation=stated,
        problem_class="program",
        program="def solve(data): ...",
    )
    page = Page(html_report(ReportData(instance, solution)))
    assert ["rule", "(in words only)", "No odd amounts"] in page.tables["Constraints"]
    assert figures(page, "Inequalities")[0][:5] == ["c0", "2", "<=", "2", "0"]
    assert "def solve(data)" in page.text
