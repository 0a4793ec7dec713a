# SPDX-License-Identifier: Apache-2.0
"""Writes the matrix as Markdown and as a page of HTML that needs nothing else."""

import html

from .results import CANNOT, FAILED, KAFKA_TOO, PASSED
from .scenarios import SCENARIOS

MARKS = {PASSED: "✓", FAILED: "✗", CANNOT: "–", KAFKA_TOO: "≈"}
KINDS = {PASSED: "passed", FAILED: "failed", CANNOT: "cannot", KAFKA_TOO: "both"}
MEANINGS = {
    PASSED: "all cases passed",
    FAILED: "a case failed",
    KAFKA_TOO: "what fails here fails with Apache Kafka, too",
    CANNOT: "the client has no such feature",
}


def said(results):
    """When, and what against what."""
    releases = {side: ", ".join(found) for side, found in results.releases.items()}
    first, last = results.dates[0], results.dates[-1]
    text = f"Milena {releases['Milena']}, {first if first == last else f'{first} to {last}'}."
    tried = [cell for cell in results.cells.values() if cell.outcome != CANNOT]
    asked = sum(bool(cell.kafka_counted) for cell in tried)
    if asked:
        text += f" {asked} of {len(tried)} cells ran against Apache Kafka {releases['Apache Kafka']}, too."
    return text + " An empty cell was not tried."


def summary(results):
    counts = {outcome: len(results.of_outcome(outcome)) for outcome in MARKS}
    return "; ".join(f"{MARKS[outcome]} {counts[outcome]} ({MEANINGS[outcome]})" for outcome in MARKS)


def columns(results):
    return [name for name in SCENARIOS if any(scenario == name for _, scenario in results.cells)]


def markdown(results):
    names = columns(results)
    lines = [
        "# Compatibility", "",
        "Written by `scripts/compat`: unmodified clients, each cell the cases that ran and passed. "
        "[compatibility.html](compatibility.html) shows the same with the cases' names.", "",
        said(results), "", summary(results), "",
        "| client | " + " | ".join(SCENARIOS[name][0] for name in names) + " |",
        "|---|" + ":-:|" * len(names),
    ]  # fmt: skip
    for client in results.clients():
        cells = [shown(results.cells.get((client, name))) for name in names]
        lines.append(f"| {client} | " + " | ".join(cells) + " |")
    lines += ["", "## Scenarios", "", "| scenario | what happens |", "|---|---|"]
    lines += [f"| {SCENARIOS[name][0]} | {SCENARIOS[name][1]} |" for name in names]
    for outcomes, title in (((FAILED, KAFKA_TOO), "What fails"), ((CANNOT,), "What clients lack")):
        found = results.of_outcome(*outcomes)
        if found:
            lines += ["", f"## {title}", "", "| client | scenario | why |", "|---|---|---|"]
            lines += [
                f"| {client} | {SCENARIOS[name][0]} | {one_line(cell.reason)} |" for client, name, cell in found
            ]
    return "\n".join(lines) + "\n"


def one_line(text):
    return " ".join(text.replace("|", "\\|").split())[:200]


def shown(cell):
    """The cell's mark, and how many of its cases passed; empty where nothing ran."""
    if cell is None:
        return ""
    return MARKS[cell.outcome] if cell.outcome == CANNOT else f"{MARKS[cell.outcome]} {cell.counted}"


STYLE = """
:root { color-scheme: light dark; --ink: #1c1f24; --paper: #fff; --line: #d9dde3; --quiet: #69707a;
  --passed: #d9f2e0; --failed: #fbd5d5; --both: #fdeccb; --cannot: transparent; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --paper: #15181c; --line: #333941;
  --quiet: #98a0ab; --passed: #17402a; --failed: #5c2023; --both: #54401a; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  margin: 2rem auto; padding: 0 1rem; max-width: 90rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .3rem 0; } .quiet { color: var(--quiet); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: .25rem .55rem; text-align: center; white-space: nowrap; }
th { font-weight: 600; } tbody th, .list td { text-align: left; } .list td { white-space: normal; }
thead th { position: sticky; top: 0; background: var(--paper); }
tbody th { position: sticky; left: 0; background: var(--paper); }
.first > * { border-top: 2px solid var(--quiet); }
.passed { background: var(--passed); } .failed { background: var(--failed); font-weight: 600; }
.both { background: var(--both); } .cannot { color: var(--quiet); }
.key span { padding: .1rem .5rem; margin-right: 1rem; }
"""


def page(results):
    names, text = columns(results), html.escape
    legend = "".join(
        f'<span class="{KINDS[outcome]}">{MARKS[outcome]} {text(MEANINGS[outcome])}</span>' for outcome in MARKS
    )
    heads = "".join(f'<th title="{text(SCENARIOS[name][1])}">{text(SCENARIOS[name][0])}</th>' for name in names)
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width"><title>Milena: compatibility</title>',
        f"<style>{STYLE}</style></head><body><h1>Compatibility</h1>",
        f"<p>{text(said(results))}</p><p class=\"quiet\">Unmodified clients; each cell tells how many of its "
        "cases passed, and names them under the pointer.</p>",
        f'<p class="key">{legend}</p><div class="wide"><table><thead><tr><th></th>{heads}</tr></thead><tbody>',
        *rows(results, names), "</tbody></table></div>",
        *reasons(results, (FAILED, KAFKA_TOO), "What fails"),
        *reasons(results, (CANNOT,), "What clients lack"),
        '<h2>Scenarios</h2><table class="list">',
        *(f"<tr><th>{text(SCENARIOS[name][0])}</th><td>{text(SCENARIOS[name][1])}</td></tr>" for name in names),
        "</table></body></html>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def rows(results, names):
    last = None
    for client in results.clients():
        name = client.rpartition(" ")[0]
        first, last = ' class="first"' if name != last else "", name
        cells = "".join(html_cell(results.cells.get((client, scenario))) for scenario in names)
        yield f"<tr{first}><th>{html.escape(client)}</th>{cells}</tr>"


def html_cell(cell):
    if cell is None:
        return "<td></td>"
    if cell.outcome == CANNOT:
        told = cell.reason
    else:
        told = "\n".join(f"{line['case']}: {line['outcome']}, {line['seconds']} s" for line in cell.lines)
        told += f"\nApache Kafka: {cell.kafka_counted}" if cell.kafka_counted else ""
    return f'<td class="{KINDS[cell.outcome]}" title="{html.escape(told)}">{shown(cell)}</td>'


def reasons(results, outcomes, title):
    found = results.of_outcome(*outcomes)
    if not found:
        return
    yield f'<h2>{title}</h2><table class="list">'
    for client, name, cell in found:
        told = html.escape(one_line(cell.reason))
        yield f"<tr><th>{html.escape(client)}</th><td>{SCENARIOS[name][0]}</td><td>{told}</td></tr>"
    yield "</table>"
