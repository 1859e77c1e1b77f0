"""scripts/augur/fair.py: the fluid that schedules are compared with."""
import math
import unittest

from augur.fair import Fluid, rates, received
from augur.trace import Run


class RatesTest(unittest.TestCase):
    def test_by_weight(self):
        self.assertEqual(rates({"a": (1, 1.0), "b": (3, 1.0)}, 1), {"a": 0.25, "b": 0.75})

    def test_limits_leave_more_for_others(self):
        self.assertEqual(rates({"a": (3, 0.25), "b": (1, 1.0)}, 1), {"a": 0.25, "b": 0.75})

    def test_nobody_is_faster_than_a_core(self):
        self.assertEqual(rates({"a": (9, 1.0), "b": (1, 1.0)}, 2), {"a": 1.0, "b": 1.0})

    def test_rates_sum_to_the_capacity(self):
        claims = {i: (1 + i, 0.1 + 0.1 * i) for i in range(6)}
        self.assertAlmostEqual(sum(rates(claims, 1.5).values()), 1.5)

    def test_nothing(self):
        self.assertEqual(rates({}, 1), {})


class FluidTest(unittest.TestCase):
    def fluid(self, jobs, cores=1):
        return Fluid({"a": (1, 1.0), "b": (1, 1.0)}, cores, jobs)

    def test_who_is_alone_gets_everything(self):
        fluid = self.fluid([(0, "a", math.inf), (100, "b", 50)])
        fluid.advance(300)
        self.assertAlmostEqual(fluid.got["a"], 250)     # 100, 50 of the next 100, then 100
        self.assertAlmostEqual(fluid.got["b"], 50)

    def test_work_is_never_done_before_it_comes(self):
        fluid = self.fluid([(50, "a", 10)])
        fluid.advance(50)
        self.assertEqual(fluid.got["a"], 0)
        fluid.advance(55)
        self.assertAlmostEqual(fluid.got["a"], 5)

    def test_two_cores(self):
        fluid = self.fluid([(0, "a", math.inf), (0, "b", math.inf)], 2)
        fluid.advance(10)
        self.assertEqual(fluid.got, {"a": 10.0, "b": 10.0})


class ReceivedTest(unittest.TestCase):
    def test_only_what_lies_between(self):
        runs = [Run(0, 1, 0, 10, 0, 0, 0), Run(0, 2, 10, 20, 0, 0, 0), Run(1, 1, 15, 40, 0, 0, 0)]
        self.assertEqual(received(runs, 5, 30), {1: 20, 2: 10})


if __name__ == "__main__":
    unittest.main()
