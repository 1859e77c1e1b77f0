"""scripts/augur/goals.py: what counts as met."""
import unittest

from augur import goals
from augur.config import ConfigError


class GoalsTest(unittest.TestCase):
    def test_at_most_at_least_and_between(self):
        for value, goal, met in ((150, "150", True), (151, "150", False), (98, ">= 98", True),
                                 (97.9, ">= 98", False), (4, "4..6", True), (6.1, "4..6", False)):
            self.assertEqual(goals.is_met(value, goal), met, (value, goal))

    def test_line_says_whether_the_goal_is_met(self):
        table = {"a": ("5", "-"), "b": (">= 5", "7")}
        self.assertEqual(goals.with_goal("a\t6\tticks", table), "a\t6\tticks\tgoal 5\tKVM -\tMISSED")
        self.assertEqual(goals.with_goal("b\t6\tticks", table),
                         "b\t6\tticks\tgoal >= 5\tKVM 7\tmet")
        self.assertEqual(goals.with_goal("b\t-\tticks", table)[-6:], "MISSED")
        self.assertEqual(goals.with_goal("c\t6\tticks", table), "c\t6\tticks\tgoal -\tKVM -")

    def test_mistakes_are_told_with_their_line(self):
        table = {"a": ("5", "-")}
        for line, why in (("b\t5", "are wanted"), ("b\tfive\t-", "are wanted"),
                          ("a\t6\t-", "already")):
            with self.assertRaisesRegex(ConfigError, f"goals.tsv:7: .*{why}"):
                goals.add_goal(table, line, "goals.tsv:7")
        self.assertEqual(table, {"a": ("5", "-")})

    def test_all_goals_of_the_project_can_be_read(self):
        self.assertIn("s1.best.late_p99", goals.read_goals())


if __name__ == "__main__":
    unittest.main()
