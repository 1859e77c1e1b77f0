"""scripts/augur/trace.py and plot_forecast.py: forecasts, weights, reservations and slices out of a
trace of which everything is known."""
import tempfile
import unittest
from pathlib import Path

from augur import trace as t

INFO = """version\t2
tsc_hz\t1000000
cores\t1
vcpus_per_vm\t64
policy\t0\tpredictive
running\t0
model\t0\tlast
model\t1\tlstm
vm\t0\tlat\t1\t256\t0\tlatency
vm\t1\thog\t1\t256\t0\tthroughput
lost\t0\t0
"""
LAT, HOG = 0, 64


def records():
    """A window each 10,000 ticks; demand is 4 ms in every fourth, and forecast a window too late."""
    for n in range(1, 41):
        now = 10000 * n
        actual, before = (4000 if (n - k) % 4 == 0 else 100 for k in (0, 1))
        yield now, t.FORECAST, LAT, actual | before << 32, (before + 500) | 17000 << 32
        if n % 7 == 0:
            yield now, t.WEIGHTS, LAT, 64 | 191 << 8, 0
        if n == 8:
            yield now, t.TRUST, LAT, 1, 90 << 8
        if n in (12, 32):
            yield now, t.RESERVE, LAT, 4000, 6000
            yield now, t.SLICE, HOG, 1000, 5000
        if n == 20:
            yield now, t.RELEASE, LAT, 80000, 1
            yield now, t.SLICE, HOG, 5000, 1000


class ForecastTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name)
        (path / "trace.info").write_text(INFO)
        (path / "trace.bin").write_bytes(b"".join(
            t.RECORD.pack(tsc, kind, 0, entity, 0, a, b) for tsc, kind, entity, a, b in records()))
        self.trace = t.Trace(path)

    def test_forecasts_but_for_the_first(self):
        points = self.trace.forecasts()[LAT]
        self.assertEqual(len(points), 39)
        self.assertEqual(points[2], t.Forecast(LAT, 40000, 4000, 100, 600, 17000))
        self.assertEqual(points[3], t.Forecast(LAT, 50000, 100, 4000, 4500, 17000))

    def test_weights_sum_to_one(self):
        history = self.trace.weights()[LAT]
        self.assertEqual(len(history), 5)
        self.assertEqual([round(w, 2) for w in history[0].weights], [0.25, 0.75])

    def test_reservations_and_slices(self):
        self.assertEqual(self.trace.reservations(),
                         [t.Reservation(LAT, 120000, 200000, 1),
                          t.Reservation(LAT, 320000, 400000, None)])
        self.assertEqual(self.trace.slices(), {HOG: [(10000, 5000), (120000, 1000), (200000, 5000),
                                                     (320000, 1000)]})

    def test_pictures(self):
        try:
            from augur import plot, plot_forecast
        except ImportError:
            self.skipTest("python3-matplotlib is not installed")
        self.assertEqual(plot_forecast.distrusted(self.trace, LAT), [(0.0, 0.07)])
        for draw, text in ((plot_forecast.demand, "quantile"), (plot_forecast.weights, "lstm"),
                           (plot_forecast.partition, "no spike came")):
            figure = draw(self.trace)
            legend = [label.get_text() for label in figure.legends[0].get_texts()]
            self.assertTrue(any(text in label for label in legend), legend)
            self.assertIn("<img", plot.png(figure))
        self.trace.records = []
        for draw in (plot_forecast.demand, plot_forecast.weights, plot_forecast.partition):
            self.assertIsNone(draw(self.trace))


if __name__ == "__main__":
    unittest.main()
