"""OWL's own reading of a DAG file, for messages and rescues."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owl.condor import dag
from owl.errors import CheckFailed

TEXT = r"""# a comment
JOB A a.job DIR sub NOOP DONE
job B b.job

  Node C c.job
FINAL F f.job
PARENT A CHILD B C
Parent B C child F
PRIORITY A 180
priority B -5
PRIORITY C nonsense
VARS A pathname="/data/in x" level="2"
VARS A level="3" quoted="say \"no\""
VARS ALL_NODES +OwlRunId="\"r1\""
RETRY A 3
SCRIPT POST A /bin/true $RETURN
CATEGORY A heavy
MAXJOBS heavy 2
CONFIG x.config
NODE_STATUS_FILE status 30 ALWAYS-UPDATE
DOT x.dot
ABORT-DAG-ON A 3
"""


def test_every_statement_that_counts_is_read_and_the_others_are_passed_over() -> None:
    nodes = dag.parse(TEXT, "x.dag").nodes
    assert list(nodes) == ["A", "B", "C", "F"]
    assert {name: node.job_file for name, node in nodes.items()} == {
        "A": "a.job",
        "B": "b.job",
        "C": "c.job",
        "F": "f.job",
    }
    assert {name: node.parents for name, node in nodes.items()} == {
        "A": (),
        "B": ("A",),
        "C": ("A",),
        "F": ("B", "C"),
    }
    assert [node.priority for node in nodes.values()] == [180, -5, 0, 0]
    assert nodes["A"].line == 2
    assert nodes["A"].macros == {
        "pathname": "/data/in x",
        "level": "3",
        "quoted": 'say "no"',
        "+OwlRunId": '"r1"',
    }
    assert nodes["B"].macros == {"+OwlRunId": '"r1"'}


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("JOB A\n", ":1", "JOB needs a node's name and a job file"),
        ("\n\nJOB\n", ":3", "JOB needs a node's name"),
        ("JOB A a.job\nJOB A b.job\n", ":2", "the node A is defined twice"),
        ("JOB A a.job\nPARENT A B\n", ":2", "it must be PARENT names… CHILD names…"),
        ("JOB A a.job\nPARENT CHILD A\n", ":2", "it must be PARENT names… CHILD names…"),
        ("JOB A a.job\nPARENT A CHILD\n", ":2", "it must be PARENT names… CHILD names…"),
        ("JOB A a.job\nPARENT A CHILD Z\n", "", "names the node Z, which no JOB line defines"),
        ("JOB A a.job\nPARENT Z CHILD A\n", "", "names the node Z, which no JOB line defines"),
    ],
)
def test_a_wrong_line_is_told_with_its_place(text: str, line: str, why: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        dag.parse(text, "w/x.dag")
    assert str(caught.value).startswith(f"w/x.dag{line}: ")
    assert why in str(caught.value)


def test_a_cycle_is_told_with_the_nodes_in_it() -> None:
    text = "JOB A a\nJOB B b\nJOB C c\nPARENT A CHILD B\nPARENT B CHILD C\nPARENT C CHILD A\n"
    with pytest.raises(CheckFailed, match=r"the nodes go in a circle: \w → \w → \w → \w;"):
        dag.check_cycles(dag.parse(text, "x.dag"), "x.dag")
    with pytest.raises(CheckFailed, match="A → A"):
        dag.check_cycles(dag.parse("JOB A a\nPARENT A CHILD A\n", "x.dag"), "x.dag")
    dag.check_cycles(dag.parse(TEXT, "x.dag"), "x.dag")


def test_a_missing_job_file_is_told_with_the_node_and_what_there_is() -> None:
    parsed = dag.parse("# first\nJOB A gone.job\n", "x.dag")
    with pytest.raises(
        CheckFailed, match=r"x.dag:2: node A names the job file gone.job, .* there are: a.job, b.job"
    ):
        dag.check_job_files(parsed, {"b.job", "a.job", "x.dag"}, "x.dag")
    dag.check_job_files(parsed, {"gone.job"}, "x.dag")


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0c", "\x1d", "\v"])
def test_only_a_newline_ends_a_line(separator: str) -> None:
    nodes = dag.parse(f'JOB A a.job\nVARS A note="x{separator}JOB EVIL evil.job"\n', "x.dag").nodes
    assert list(nodes) == ["A"]


@given(st.text())
def test_whatever_stands_there_is_read_or_refused(text: str) -> None:
    try:
        parsed = dag.parse(text, "x.dag")
        dag.check_cycles(parsed, "x.dag")
    except CheckFailed:
        return
    assert all(node.job_file for node in parsed.nodes.values())


@given(st.permutations(range(6)), st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=10))
def test_edges_that_go_one_way_are_no_cycle(order: list[int], pairs: list[tuple[int, int]]) -> None:
    lines = [f"JOB N{number} n.job" for number in range(6)]
    lines += [f"PARENT N{order[low]} CHILD N{order[high]}" for low, high in map(sorted, pairs) if low != high]
    dag.check_cycles(dag.parse("\n".join(lines), "x.dag"), "x.dag")


def test_rescue_files_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = ["x.dag.rescue002", "x.dag.rescue010", "x.dag.rescue1000", "x.dag.rescue001"]
    for name in [*names, "x.dag", "x.dag.rescue", "x.dag.rescue01", "x.dag.rescue001.old", "y.dag.rescue003"]:
        (tmp_path / name).touch()
    assert [path.name for path in dag.rescue_files(tmp_path / "x.dag")] == [
        "x.dag.rescue001",
        "x.dag.rescue002",
        "x.dag.rescue010",
        "x.dag.rescue1000",
    ]
    assert dag.rescue_files(tmp_path / "z.dag") == []


def test_the_nodes_that_a_rescue_file_marks_as_done(tmp_path: Path) -> None:
    path = tmp_path / "x.dag.rescue001"
    path.write_bytes(b"# Rescue DAG file\n# Total number of Nodes: 3\nDONE A\n\ndone B\nDONE\nDONE x y\n\xff\xfe\n")
    assert dag.done_nodes(path) == {"A", "B"}
