"""The goals of measurements: tests/bench/goals.tsv. A goal is a number (at most), `>= number` (at
least) or `number..number`."""
from augur.config import ROOT, ConfigError


def read_goals():
    """{figure: (goal, what Linux KVM needs in the same emulator)}, both as text."""
    path = ROOT / "tests" / "bench" / "goals.tsv"
    goals = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            add_goal(goals, line, f"{path}:{number}")
    return goals


def add_goal(goals, line, where):
    try:
        name, goal, kvm = line.split("\t")
        is_met(0.0, goal)
    except ValueError as error:
        raise ConfigError(f"{where}: figure, goal and KVM's figure are wanted: {line}") from error
    if name in goals:
        raise ConfigError(f"{where}: there is a goal for {name} already")
    goals[name] = goal, kvm


def is_met(value, goal):
    low, dots, high = goal.partition("..")
    if dots:
        return float(low) <= value <= float(high)
    if goal.startswith(">="):
        return value >= float(goal[2:])
    return value <= float(goal)


def with_goal(line, goals):
    """A line `name value unit` with goal, KVM's figure and whether the goal is met behind it."""
    name, value, *_ = line.split("\t")
    if name not in goals:
        return f"{line}\tgoal -\tKVM -"
    goal, kvm = goals[name]
    try:
        met = is_met(float(value), goal)
    except ValueError:                  # not a number: nothing was measured
        met = False
    return f"{line}\tgoal {goal}\tKVM {kvm}\t{'met' if met else 'MISSED'}"


def print_judged(lines, goals):
    """The lines, with goals where there are any; then how many goals are met."""
    judged = [with_goal(line, goals) if line.split("\t")[0] in goals else line for line in lines]
    for line in judged:
        print(line)
    met, missed = (sum(line.endswith(word) for line in judged) for word in ("\tmet", "\tMISSED"))
    print(f"{met} goals met, {missed} missed")
