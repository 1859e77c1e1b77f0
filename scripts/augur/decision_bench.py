"""What a scheduling decision costs in instructions, by policy and number of vCPUs on the core, as
tests/sim/decision.sh counts them: decision.POLICY.vcpus_N, and decision.vcpus_N for the policy that
the project recommends. decision.growth is its dearest one divided by its cheapest.
"""
import subprocess

from augur.bench_run import policies
from augur.config import ROOT, ConfigError, build_folder
from augur.sched_bench import RECOMMENDED


def count(names):
    """{policy: {vCPUs: instructions}}"""
    command = [str(ROOT / "tests" / "sim" / "decision.sh"), str(build_folder() / "sim" / "decision")]
    result = subprocess.run([*command, *names], capture_output=True, text=True, check=False)
    if result.returncode:
        raise ConfigError(f"decision.sh: {result.stderr.strip() or result.returncode}")
    counts = {}
    for line in result.stdout.splitlines():
        name, value, _ = line.split("\t")
        _, policy, vcpus = name.split(".")
        counts.setdefault(policy, {})[int(vcpus.removeprefix("vcpus_"))] = int(value)
    return counts


def table(counts):
    yield "instructions a decision, by vCPUs on the core"
    sizes = sorted(next(iter(counts.values())))
    yield f"{'policy':16}" + "".join(f"{n:>8}" for n in sizes) + "  growth"
    for policy, by_size in counts.items():
        growth = max(by_size.values()) / min(by_size.values())
        yield f"{policy:16}" + "".join(f"{by_size[n]:>8}" for n in sizes) + f"{growth:8.2f}"


def figures(counts):
    best = counts.get(RECOMMENDED, {})
    for vcpus, value in best.items():
        yield f"decision.vcpus_{vcpus}\t{value}\tinstructions"
    if best:
        yield f"decision.growth\t{max(best.values()) / min(best.values()):.2f}\tratio"
    for policy, by_size in counts.items():
        for vcpus, value in by_size.items():
            yield f"decision.{policy}.vcpus_{vcpus}\t{value}\tinstructions"


def bench():
    counts = count(policies())
    print("\n".join(table(counts)))
    return list(figures(counts))
