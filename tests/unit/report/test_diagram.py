from __future__ import annotations

from lockenv.lockfile.graph import Graph, graph
from lockenv.report.diagram import dot, mermaid
from tests.unit.lockfile.builders import lock
from tests.unit.lockfile.test_graph import own, requiring


def tea() -> Graph:
    return graph(
        lock(
            requiring("cup", "1"),
            requiring("kettle", "2", "cup", "winch; sys_platform == 'win32'"),
            requiring("test", "3", "cup"),
            requiring("winch", "4"),
            **own(dependencies=["kettle"], groups={"dev": ["test"]}),
        )
    )


def test_mermaid_draws_each_package_once_with_when_its_requirements_apply() -> None:
    assert mermaid("tea", tea()).splitlines() == [
        "flowchart LR",
        '    project(["tea"])',
        '    p0["cup 1"]',
        '    p1["kettle 2"]',
        '    p2["test 3"]',
        '    p3["winch 4"]',
        "    project --> p1",
        '    project -->|"group dev"| p2',
        "    p1 --> p0",
        "    p1 -->|\"sys_platform == 'win32'\"| p3",
        "    p2 --> p0",
    ]


def test_graphviz_draws_the_same() -> None:
    assert dot("tea", tea()).splitlines() == [
        "digraph {",
        "    rankdir=LR;",
        "    node [shape=box];",
        '    project [label="tea", style=bold];',
        '    p0 [label="cup 1"];',
        '    p1 [label="kettle 2"];',
        '    p2 [label="test 3"];',
        '    p3 [label="winch 4"];',
        "    project -> p1;",
        '    project -> p2 [label="group dev"];',
        "    p1 -> p0;",
        "    p1 -> p3 [label=\"sys_platform == 'win32'\"];",
        "    p2 -> p0;",
        "}",
    ]


def test_no_text_of_a_project_ends_a_label() -> None:
    title = 'a"]; b\\" <img src=x onerror=y> #1;\n::error::'

    nothing = Graph(nodes=(), edges=(), universe=tea().universe)

    (line,) = mermaid(title, nothing).splitlines()[1:]
    drawn = dot(title, nothing).splitlines()[3]

    assert line == '    project(["a#34;]; b#92;#34; #60;img src=x onerror=y#62; #35;1;#92;n::error::"])'
    assert drawn == '    project [label="a\\"]; b\\\\\\" <img src=x onerror=y> #1;\\\\n::error::", style=bold];'
