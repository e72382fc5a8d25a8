"""The dashboards: generated, well-formed, one RED row for each process."""

import json
import pathlib
import re
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

PROCESSES = {"gateway", "enqueue", "enqueue-worker", "order", "order-processor", "order-notifier",
             "weather", "weather-worker", "post", "keytest", "keytest-consumer"}
GRAFANA = expressions.MONITORING / "grafana"


def dashboards():
    return {path.name: json.loads(path.read_text())
            for path in sorted(expressions.DASHBOARDS.glob("*.json"))}


class DashboardsTest(unittest.TestCase):
    def test_what_is_committed_is_what_is_generated(self):
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run([sys.executable, GRAFANA / "generate", directory], check=True)
            fresh = {path.name: path.read_text() for path in pathlib.Path(directory).iterdir()}
        committed = {path.name: path.read_text() for path in expressions.DASHBOARDS.iterdir()}
        self.assertEqual(fresh, committed, "run deploy/monitoring/grafana/generate")

    def test_each_process_has_a_row_of_rate_errors_and_duration(self):
        rows = {}
        for panel in dashboards()["trellis.json"]["panels"]:
            if panel["type"] == "row":
                row = rows.setdefault(panel["title"], [])
            else:
                row.append(panel["title"])
        self.assertLessEqual(PROCESSES, set(rows))
        for process in PROCESSES:
            self.assertEqual(["Rate", "Errors", "Duration"], rows[process])

    def test_panels_do_not_overlap_and_are_told_apart(self):
        for name, dashboard in dashboards().items():
            ids, cells = set(), {}
            for panel in dashboard["panels"]:
                self.assertNotIn(panel["id"], ids, name)
                ids.add(panel["id"])
                at = panel["gridPos"]
                self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
                for x in range(at["x"], at["x"] + at["w"]):
                    for y in range(at["y"], at["y"] + at["h"]):
                        self.assertNotIn((x, y), cells, f"{name}: {panel['title']}")
                        cells[x, y] = panel["title"]
        uids = [dashboard["uid"] for dashboard in dashboards().values()]
        self.assertEqual(len(uids), len(set(uids)))

    def test_targets_use_the_chosen_data_source_and_legends_their_labels(self):
        for title, panel in expressions.panels():
            self.assertTrue(panel["targets"], panel["title"])
            for target in panel["targets"]:
                where = f"{title} / {panel['title']}: {target['expr']}"
                self.assertEqual("${datasource}", target["datasource"]["uid"], where)
                selectors, labels = expressions.parse(expressions.interpolated(target["expr"]))
                for selector in selectors:  # recorded: level:metric:operations
                    labels |= set(selector.name.split(":")[0].split("_")) if (
                        ":" in selector.name) else set()
                used = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
                self.assertLessEqual(used, labels, where)

    def test_provisioning_names_the_folder_where_compose_mounts_the_dashboards(self):
        provider = yaml.safe_load(
            (GRAFANA / "provisioning/dashboards/trellis.yml").read_text())["providers"][0]
        compose = yaml.safe_load((GRAFANA.parents[1] / "compose.yaml").read_text())
        self.assertIn(f"./monitoring/grafana/dashboards:{provider['options']['path']}:ro",
                      compose["services"]["grafana"]["volumes"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
