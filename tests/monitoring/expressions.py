"""What a PromQL expression asks for: metrics, label values and labels; and where the tree has such
expressions. It reads what deploy/monitoring writes, not all of PromQL, and refuses what it does not
know rather than pass over it."""

import json
import pathlib
import re

import yaml

MONITORING = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "monitoring"
RULES = MONITORING / "rules"
DASHBOARDS = MONITORING / "grafana" / "dashboards"

GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
WORDS = GROUPING | {"and", "or", "unless", "offset", "bool", "inf", "nan"}
FUNCTIONS = {"sum", "max", "min", "avg", "count", "group", "topk", "rate", "increase", "deriv",
             "histogram_quantile", "max_over_time", "min_over_time", "clamp_min"}
TOKEN = re.compile(r"""
    (?P<space>\s+)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<range>\[[^\]]*\])
  | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
  | (?P<number>[0-9][0-9.]*(?:e-?[0-9]+)?[smhdw]?)
  | (?P<operator>=~|!~|!=|==|>=|<=|[-+*/%^(){},=<>])
""", re.X)


class Selector:
    """`name{label="value"}`; `matchers` is [(label, operator, value)]."""

    def __init__(self, name, matchers):
        self.name, self.matchers = name, matchers

    def __str__(self):
        inner = ",".join(f"{label}{operator}{json.dumps(value)}"
                         for label, operator, value in self.matchers)
        return self.name + (f"{{{inner}}}" if inner else "")


def tokens(text):
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise ValueError(f"what is {text[at:at + 20]!r} in {text!r}?")
        if found.lastgroup != "space":
            yield found.lastgroup, found.group()
        at = found.end()


def parse(text):
    """(selectors, labels that are grouped by or matched on)."""
    stream, at = list(tokens(text)), 0
    selectors, labels = [], set()

    def is_operator(index, operator):
        return index < len(stream) and stream[index] == ("operator", operator)

    while at < len(stream):
        kind, word = stream[at]
        at += 1
        if kind != "name":
            continue
        if word in GROUPING:
            if not is_operator(at, "("):
                if word in ("group_left", "group_right"):
                    continue
                raise ValueError(f"{word} without labels in {text!r}")
            end = stream.index(("operator", ")"), at)
            if word != "without":
                labels |= {name for kind, name in stream[at:end] if kind == "name"}
            at = end + 1
        elif word in WORDS:
            continue
        elif is_operator(at, "(") or word in FUNCTIONS:
            if word not in FUNCTIONS:
                raise ValueError(f"unknown function {word} in {text!r}")
        else:
            matchers = []
            if is_operator(at, "{"):
                end = stream.index(("operator", "}"), at)
                inside = [token for token in stream[at + 1:end] if token != ("operator", ",")]
                for label, operator, value in zip(*[iter(inside)] * 3):
                    matchers.append((label[1], operator[1], json.loads(value[1])))
                at = end + 1
            selectors.append(Selector(word, matchers))
    return selectors, labels


def rules():
    """[(group, rule)] of all files."""
    return [(group["name"], rule) for path in sorted(RULES.glob("*.yml"))
            for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def panels():
    """[(dashboard, panel)] that show something."""
    found = []
    for path in sorted(DASHBOARDS.glob("*.json")):
        dashboard = json.loads(path.read_text())
        found += [(dashboard["title"], panel) for panel in dashboard["panels"]
                  if panel["type"] != "row"]
    return found


def interpolated(text):
    """As Grafana asks for it."""
    return text.replace("$__rate_interval", "1m")


def everything():
    """[(where, expression)] of rules and dashboards."""
    found = [(rule.get("alert") or rule["record"], rule["expr"]) for _, rule in rules()]
    found += [(f"{title} / {panel['title']}", interpolated(target["expr"]))
              for title, panel in panels() for target in panel["targets"]]
    return found


# --- Comparing with what there is -----------------------------------------------------------------

def alternatives(value):
    """The values of a=~"b|c", or None where it is more than a list."""
    return value.split("|") if re.fullmatch(r"[\w|-]+", value) else None


def problems(text, series):
    """What the expression asks for and is not there. `series` is [labels], with `__name__`."""
    selectors, labels = parse(text)
    known = set()
    for selector in selectors:
        there = [one for one in series if one["__name__"] == selector.name]
        if not there:
            yield f"there is no metric {selector.name}"
            continue
        for label, operator, value in selector.matchers:
            values = {one[label] for one in there if label in one}
            if not values:
                yield f"{selector.name} has no label {label}"
            elif operator in ("=", "!="):
                if value not in values:
                    yield f"{selector.name} has no {label}={value!r}; it has {sorted(values)}"
            elif alternatives(value):
                for one in alternatives(value):
                    if one not in values:
                        yield f"{selector.name} has no {label}={one!r}; it has {sorted(values)}"
            elif not any(re.fullmatch(value, one) for one in values):
                yield f"no {label} of {selector.name} matches {value!r}; it has {sorted(values)}"
        known |= {label for one in there for label in one}
    for label in sorted(labels - known):
        yield f"no metric in it has the label {label}"
