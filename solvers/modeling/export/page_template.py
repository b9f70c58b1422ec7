"""The report's page as a Jinja template, and its style."""

from __future__ import annotations

STYLE = """\
:root { color-scheme: light dark; --ink: #1c2025; --paper: #ffffff; --faint: #5b6470; --rule: #d5dae0;
  --shade: #f4f6f8; --good: #17693a; --warn: #8a5a00; --bad: #a5202b; --link: #1756a9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7eb; --paper: #14171b; --faint: #9aa4b0; --rule: #343b44; --shade: #1d2228;
    --good: #6fcf97; --warn: #e3b341; --bad: #ff8f8f; --link: #8ab8ff; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0 0 .75rem; font-size: 1.7rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid var(--rule); font-size: 1.25rem; }
h3 { margin: 1.25rem 0 .25rem; font-size: 1rem; }
a { color: var(--link); }
nav { margin: 1rem 0; font-size: .9rem; }
nav a { margin-right: 1rem; white-space: nowrap; }
p { margin: .5rem 0; white-space: pre-line; }
ul { margin: .25rem 0 1rem; padding-left: 1.25rem; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .faint { color: var(--faint); }
.answer p { font-size: 1.15rem; }
.wide { margin: .75rem 0 1.25rem; overflow-x: auto; }
table { border-collapse: collapse; min-width: 50%; font-size: .9rem; }
caption { padding: .25rem 0; text-align: left; font-weight: 600; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--rule); text-align: left;
  vertical-align: top; overflow-wrap: normal; }
td { max-width: 26rem; overflow-wrap: break-word; }
thead th { color: var(--faint); font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.remark { margin: .25rem 0; color: var(--faint); font-size: .85rem; }
pre { padding: .75rem; overflow-x: auto; background: var(--shade); font: .85rem/1.4 ui-monospace, monospace; }
figure { margin: 1rem 0 1.5rem; }
figure svg { display: block; width: 100%; max-width: 46rem; height: auto; background: #ffffff; border-radius: 4px; }
figcaption { color: var(--faint); font-size: .85rem; }
@media print {
  :root { --ink: #000000; --paper: #ffffff; --faint: #444444; --rule: #bbbbbb; --shade: #f4f4f4;
    --good: #17693a; --warn: #8a5a00; --bad: #a5202b; }
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  nav { display: none; }
  .wide, pre { overflow: visible; }
  pre { white-space: pre-wrap; }
  h2, h3, caption { break-after: avoid; }
  tr, figure { break-inside: avoid; }
}
"""

TEMPLATE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="agentopt">
<title>{{ title|short }}</title>
<style>
{{ style|safe }}</style>
</head>
<body>
<header>
<h1>{{ title|short }}</h1>
</header>
{% macro remark(text) %}
{% if text %}
<p class="remark">{{ text }}</p>
{% endif %}
{% endmacro %}
{% macro cell(tag, scope, text, right) %}
<{{ tag }}{% if scope %} scope="{{ scope }}"{% endif %}{% if right %} class="number"{% endif %}>
{{- text|short }}</{{ tag }}>
{%- endmacro %}
{% macro table(grid) %}
<div class="wide">
<table>
{% if grid.caption %}
<caption>{{ grid.caption|short }}</caption>
{% endif %}
{% if grid.headers %}
<thead>
<tr>
{% for header in grid.headers %}
{{ cell("th", "col", header, loop.index0 in grid.numeric) }}
{% endfor %}
</tr>
</thead>
{% endif %}
<tbody>
{% for row in grid.rows[:max_rows] %}
<tr>
{% for text in row %}
{{ cell("th" if loop.first else "td", "row" if loop.first else "", text, loop.index0 in grid.numeric) }}
{% endfor %}
</tr>
{% endfor %}
</tbody>
</table>
{{ remark(grid.remark) }}
</div>
{% endmacro %}
{% macro bullets(part) %}
{% if part.title %}
<h3>{{ part.title|short }}</h3>
{% endif %}
<ul class="{{ part.tone }}">
{% for item in part.items[:max_rows] %}
<li>{{ item|short }}</li>
{% endfor %}
</ul>
{% if part.items|length > max_rows %}
{{ remark("The first %d of %d."|format(max_rows, part.items|length)) }}
{% endif %}
{% endmacro %}
{% for section in sections %}
<section id="{{ section.anchor }}"{% if loop.first %} class="answer"{% endif %}>
<h2>{{ section.title }}</h2>
{% for part in section.parts %}
{% if part is part("Prose") %}
<p class="{{ part.tone }}">{{ part.text|long }}</p>
{% elif part is part("Grid") %}
{{ table(part) }}
{% elif part is part("Bullets") %}
{{ bullets(part) }}
{% elif part is part("Verbatim") %}
<pre>{{ part.text|long }}</pre>
{% else %}
<figure>
{{ part.svg|safe }}
<figcaption>{{ part.caption|short }}</figcaption>
</figure>
{% endif %}
{% endfor %}
</section>
{% if loop.first %}
<nav aria-label="Contents">
{% for other in sections[1:] %}
<a href="#{{ other.anchor }}">{{ other.title }}</a>
{% endfor %}
</nav>
{% endif %}
{% endfor %}
</body>
</html>"""
