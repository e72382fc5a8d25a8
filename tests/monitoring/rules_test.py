"""The rules of deploy/monitoring: what promtool says of them, and that nothing is left untested."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml
except ImportError:
    print("SKIPPED: python3-yaml is not installed")
    sys.exit(77)

import expressions

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TESTS = sorted((HERE / "rules").glob("*.yml"))


def promtool(*arguments, cwd=None):
    return subprocess.run(["promtool", *map(str, arguments)], cwd=cwd, text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def alerts():
    return {rule["alert"]: rule for _, rule in expressions.rules() if "alert" in rule}


class RulesTest(unittest.TestCase):
    maxDiff = None

    def test_promtool_takes_the_rules_and_the_configurations(self):
        done = promtool("check", "rules", *sorted(expressions.RULES.glob("*.yml")))
        self.assertEqual(0, done.returncode, done.stdout)
        for config in sorted(expressions.MONITORING.glob("prometheus*.yml")):
            done = promtool("check", "config", config)
            self.assertEqual(0, done.returncode, done.stdout)

    def test_alerts_fire_and_stay_quiet_as_their_tests_say(self):
        done = promtool("test", "rules", *TESTS)
        self.assertEqual(0, done.returncode, done.stdout)
        self.assertEqual(len(TESTS), done.stdout.count("SUCCESS"))

    def test_each_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not(self):
        fires, quiet = set(), set()
        for path in TESTS:
            for test in yaml.safe_load(path.read_text())["tests"]:
                asked = {case["alertname"]: False for case in test["alert_rule_test"]}
                for case in test["alert_rule_test"]:
                    asked[case["alertname"]] |= bool(case["exp_alerts"])
                for alert, fired in asked.items():
                    (fires if fired else quiet).add(alert)
        self.assertEqual(set(alerts()), fires)
        self.assertEqual(set(alerts()), quiet)

    def test_a_rule_that_says_something_else_fails_its_test(self):
        """Control: with the alerts turned off, and without their `for`, each one's test fails."""
        with tempfile.TemporaryDirectory() as directory:
            tree = pathlib.Path(directory)
            shutil.copytree(HERE / "rules", tree / "tests/monitoring/rules")
            shutil.copytree(expressions.RULES, tree / "deploy/monitoring/rules")
            file = tree / "deploy/monitoring/rules/alerts.yml"
            original = file.read_text()
            for key, value in (("expr", "vector(0) > 1"), ("for", "0s")):
                changed = yaml.safe_load(original)
                for group in changed["groups"]:
                    for rule in group["rules"]:
                        rule[key] = value
                file.write_text(yaml.safe_dump(changed))
                done = promtool("test", "rules", *sorted((tree / "tests").rglob("*.yml")))
                for name in alerts():
                    with self.subTest(name, key=key):
                        self.assertRegex(done.stdout, rf"alertname: {name}\b")

    def test_each_alert_waits_has_a_severity_and_says_what_to_do(self):
        text = (ROOT / "docs/monitoring.md").read_text()
        headings = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
                    for heading in re.findall(r"^#+ (.+)$", text, re.M)}
        for name, rule in alerts().items():
            self.assertRegex(rule["for"], r"^[1-9]\d*[mh]$", name)
            self.assertIn(rule["labels"]["severity"], ("critical", "warning"), name)
            self.assertTrue(rule["annotations"]["summary"], name)
            file, _, anchor = rule["annotations"]["runbook"].partition("#")
            self.assertEqual("docs/monitoring.md", file, name)
            self.assertIn(anchor, headings, name)
        described = {heading for heading in headings if heading.startswith("trellis")}
        self.assertEqual({name.lower() for name in alerts()}, described)

    def test_only_those_who_ask_for_it_get_prometheus_installed(self):
        groups = dict(re.findall(r"^\[(\w+)\]\n((?:(?!\[).*\n)*)",
                                 (ROOT / "deploy/packages.txt").read_text(), re.M))
        self.assertEqual(["monitoring"], [name for name, text in groups.items()
                                          if "prometheus " in text])
        self.assertIn("redis-server", groups["run"])

    def test_recorded_names_are_level_metric_operations(self):
        for _, rule in expressions.rules():
            if "record" in rule:
                self.assertRegex(rule["record"], r"^[a-z]+:trellis_[a-z_]+:[a-z0-9_]+$")


if __name__ == "__main__":
    if not shutil.which("promtool"):
        print("SKIPPED: promtool (Debian's package prometheus) is not installed")
        sys.exit(77)
    unittest.main(verbosity=2)
