"""What preempted vCPUs were owed (sched/compensation.h), followed through a trace."""
from augur import trace as t


def most_owed(trace):
    """Ticks: the largest debt to any vCPU at any moment. A core has one creditor at a time, who is
    repaid by running; when it blocks it wants no more."""
    creditor, owed, running, most = {}, {}, {}, 0

    def repay(core, now):
        entity, since = running.pop(core, (None, now))
        if entity is not None and creditor.get(core) == entity:
            owed[core] = max(0, owed.get(core, 0) - (now - since))

    for r in trace.records:
        if r.kind in (t.PICK, t.BLOCK):
            repay(r.core, r.tsc)
        if r.kind == t.BLOCK and creditor.get(r.core) == r.entity:
            owed[r.core] = 0
        elif r.kind == t.PICK and r.entity != t.NO_ENTITY:
            running[r.core] = r.entity, r.tsc
        elif r.kind == t.DEBT:
            if creditor.get(r.core) != r.entity:
                creditor[r.core], owed[r.core] = r.entity, 0
            owed[r.core] = owed.get(r.core, 0) + r.a
            most = max(most, owed[r.core])
    return most
