"""The check of expressions finds what is wrong with one."""

import sys
import unittest

try:
    import yaml  # noqa: F401
except ImportError:
    print("SKIPPED: python3-yaml is not installed")
    sys.exit(77)

import expressions

SERIES = [{"__name__": "calls_total", "code": "OK", "process": "order"},
          {"__name__": "calls_total", "code": "INTERNAL", "process": "order"},
          {"__name__": "seconds_bucket", "le": "1", "method": "a/WatchB"},
          {"__name__": "level:calls:rate5m", "process": "order"}]


def problems(text):
    return list(expressions.problems(text, SERIES))


class ExpressionsTest(unittest.TestCase):
    def test_what_is_there_is_fine(self):
        for text in ('sum by (process) (rate(calls_total{code=~"OK|INTERNAL"}[5m]))',
                     'histogram_quantile(0.99, sum by (le) (rate(seconds_bucket[5m]))) > 1.5e-3',
                     'rate(seconds_bucket{method!~".*/Watch.*"}[1m])',
                     '(level:calls:rate5m > 0) < 3 or calls_total offset 5m unless on (process) '
                     'group by (process) (max_over_time(calls_total[1h]) == 1)'):
            with self.subTest(text):
                self.assertEqual([], problems(text))

    def test_a_missing_metric_is_named_wherever_it_stands(self):
        for text in ("cals_total", "sum(rate(cals_total[5m]))", "calls_total / cals_total",
                     "calls_total and max(cals_total) > 1", "histogram_quantile(0.9, cals_total)",
                     "level:cals:rate5m"):
            with self.subTest(text):
                self.assertIn("there is no metric", "".join(problems(text)))

    def test_a_missing_label_or_value_is_named(self):
        for text in ('calls_total{cod="OK"}', 'calls_total{code="KO"}', 'calls_total{code!="KO"}',
                     'calls_total{code=~"OK|KO"}', 'seconds_bucket{method!~".*/Look.*"}',
                     "sum by (queue) (calls_total)", "calls_total / on (queue) calls_total"):
            with self.subTest(text):
                self.assertEqual(1, len(problems(text)), problems(text))

    def test_what_it_cannot_read_is_refused(self):
        for text in ("sum(label_replace(calls_total))", "sum by calls_total", "calls_total @ 5",
                     "calls_total[5m:1m] $ 1"):
            with self.subTest(text):
                self.assertRaises(ValueError, expressions.parse, text)

    def test_a_selector_is_written_as_it_was_read(self):
        selectors, labels = expressions.parse('sum by (a, b) (x{c="d", e=~"f"})')
        self.assertEqual(['x{c="d",e=~"f"}'], [str(selector) for selector in selectors])
        self.assertEqual({"a", "b"}, labels)


if __name__ == "__main__":
    unittest.main(verbosity=2)
