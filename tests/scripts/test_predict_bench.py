"""scripts/augur/predict_bench.py: how prediction is judged."""
import unittest

from augur import predict_bench


def runs(**p99):
    return {name: {"p99": value, "hogs": 98.0} for name, value in p99.items()}


class VerdictTest(unittest.TestCase):
    def test_compares_with_both_rivals_and_the_better(self):
        verdict = predict_bench.verdict(runs(credit=100, reactive=50, predictive=60))
        self.assertEqual(verdict, {"p99_vs_credit": 0.6, "p99_vs_reactive": 1.2,
                                   "hogs_vs_reactive": 1.0, "p99_vs_better": 1.2})

    def test_share_of_the_oracles_gain(self):
        verdict = predict_bench.verdict(runs(reactive=100, predictive=40, oracle=20))
        self.assertEqual(verdict["oracle_share"], 0.75)
        self.assertNotIn("oracle_share",
                         predict_bench.verdict(runs(reactive=100, predictive=40, oracle=100)))

    def test_worst_of_the_broken_forecasts(self):
        verdict = predict_bench.verdict(runs(credit=100, stuck=50, random=120, inverted=90, late=80))
        self.assertEqual(verdict["fault_vs_credit"], 1.2)

    def test_broken_forecasts_are_configured(self):
        config = predict_bench.with_settings("# p1\n#! cpus: 1\n[augur]\npolicy = predictive\n",
                                             predict_bench.SETTINGS["late"])
        self.assertEqual(config, "# p1\n#! cpus: 1\n[augur]\npolicy.quiet_ms = 0\n"
                                 "policy.fault = late\npolicy = predictive\n")

    def test_broken_forecasts_only_where_they_are_asked_for(self):
        self.assertEqual(set(predict_bench.labels("p1", True)) - set(predict_bench.labels("p1", False)),
                         set(predict_bench.FAULTS))
        self.assertIn(predict_bench.RESTLESS, predict_bench.labels("p1", False))
        self.assertNotIn(predict_bench.RESTLESS, predict_bench.labels("s1", False))

    def test_of_p3_the_geometric_mean_of_all_the_worst(self):
        result = predict_bench.summary({
            "p3-a": predict_bench.verdict(runs(credit=100, reactive=100, predictive=50)),
            "p3-b": predict_bench.verdict(runs(credit=100, reactive=50, predictive=200))})
        self.assertAlmostEqual(result["p3.p99_vs_credit"], 1.0)
        self.assertAlmostEqual(result["worst.p99_vs_better"], 4.0)
        self.assertEqual(predict_bench.tsv({"x": 0.5}, "sim."), ["sim.x\t0.5000\tratio"])


if __name__ == "__main__":
    unittest.main()
