#!/usr/bin/python3
"""Trains the LSTM of the predictive engine and writes its weight file and a report.

Training data: synthetic demand (scripts/demand_generators.py) and the traces named. Features and
targets come from the engine itself (forecast --dump), the weights are quantised while training,
the loss is the pinball loss of the six targets, relative to that of the last value. Whole series
that are held out say how good it is.

With --folds K nothing is written: the traces are dealt into K folds, and the engine is scored on
each with weights that were trained on the synthetic demand and the other folds, beside the weights
of --out, so that no score is of a trace that was seen in training.

usage: scripts/train.py --forecast PROGRAM [--seed N] [--minutes M] [--out FILE] [--folds K]
                        [TRACE.csv|DIR...]
"""
import argparse
import random
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy
import torch

import demand_generators

INPUTS, HIDDEN, TARGETS = 16, 32, 6
UNIT = 4096.0           # of features and targets; the peak is below 1.0
SERIES, WINDOWS = 72, 3000
LENGTH, SETTLE, BATCH = 160, 32, 64
TAU = torch.tensor([0.5, 0.95] * 3)
ROOT = Path(__file__).resolve().parent.parent


def write_series(path, rows):
    with open(path, "w", encoding="ascii") as file:
        print("t_us,cpu_us,wait_us,minflt,rd_ops,rw_bytes,vcsw", file=file)
        for i, (cpu, faults, io, io_bytes, wakes) in enumerate(rows):
            print(f"{(i + 1) * 10000},{cpu},0,{faults},{io},{io_bytes},{wakes}", file=file)


def features(program, path):
    """Inputs and targets of one trace as float arrays."""
    dump = subprocess.run([program, "--no-lstm", "--dump", path], check=False,
                          capture_output=True, text=True)
    if dump.returncode:
        sys.exit(f"train: {dump.stderr.strip()}; the weights stay as they are")
    table = numpy.array([line.split() for line in dump.stdout.splitlines()], dtype=numpy.float32)
    if len(table) <= LENGTH + 5:
        sys.exit(f"train: {path}: {len(table)} windows are too few, {LENGTH + 6} are needed; "
                 "the weights stay as they are")
    table = table[:-5]  # the future of the last ones is not known
    return table[:, :INPUTS] / 32768, numpy.repeat(table[:, INPUTS:] / UNIT, 2, axis=1)


class Quantise(torch.autograd.Function):
    """To multiples of 1/64 within int8; the gradient passes."""

    @staticmethod
    def forward(_, weight):
        return torch.clamp(torch.round(weight * 64), -127, 127) / 64

    @staticmethod
    def backward(_, gradient):
        return gradient


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(INPUTS, HIDDEN, batch_first=True)
        self.readout = torch.nn.Linear(HIDDEN, TARGETS, bias=False)
        with torch.no_grad():  # remember by default
            self.lstm.bias_ih_l0[HIDDEN:2 * HIDDEN] = 1.0
            self.lstm.bias_hh_l0.zero_()

    def forward(self, x):
        zero = torch.zeros(1, x.shape[0], HIDDEN)
        weights = [Quantise.apply(self.lstm.weight_ih_l0), Quantise.apply(self.lstm.weight_hh_l0),
                   self.lstm.bias_ih_l0, self.lstm.bias_hh_l0]
        # pylint: disable-next=protected-access
        hidden, _, _ = torch._VF.lstm(x, (zero, zero), weights, True, 1, 0.0, False, False, True)
        return self.readout(hidden) + x[:, :, :1]  # above the last value


def pinball(said, actual):
    error = actual - said
    return torch.maximum(TAU * error, (TAU - 1) * error)


def difficulty(x, y):
    """The mean loss of the last value, for each target."""
    last = numpy.repeat(x[:, :1], TARGETS, axis=1)
    loss = pinball(torch.from_numpy(last), torch.from_numpy(y)).mean(0)
    return torch.clamp(loss, min=2e-3)


def sample(data, rng):
    picked = []
    for _ in range(BATCH):
        x, y, hard = data[rng.randrange(len(data))]
        at = rng.randrange(len(x) - LENGTH)
        picked.append((x[at:at + LENGTH], y[at:at + LENGTH], hard))
    return (torch.from_numpy(numpy.stack([p[0] for p in picked])),
            torch.from_numpy(numpy.stack([p[1] for p in picked])),
            torch.stack([p[2] for p in picked])[:, None, :])


def train(data, seed, minutes, steps):
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model = Model()
    optimiser = torch.optim.Adam(model.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=steps)
    end = time.time() + 60 * minutes
    for step in range(steps):
        x, y, hard = sample(data, rng)
        loss = (pinball(model(x), y) / hard)[:, SETTLE:].mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 200 == 0:
            print(f"step {step}: loss {loss.item():.4f} of last value's", flush=True)
        if time.time() > end:
            sys.exit("train: out of time; give fewer --steps")
    return model


def score(model, data):
    """Mean loss relative to the last value, over all targets, on whole series."""
    with torch.no_grad():
        scores = [(pinball(model(torch.from_numpy(x)[None]), torch.from_numpy(y)[None])
                   .mean((0, 1)) / hard).mean().item() for x, y, hard in data]
    return sum(scores) / len(scores)


def checksum(data):
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 & 0xffffffff
    return value


def export(model, path, seed, origin):
    weight = torch.cat([model.lstm.weight_ih_l0, model.lstm.weight_hh_l0], 1)
    weight = torch.clamp(torch.round(weight * 64), -127, 127).detach().numpy().astype("<i1")
    bias = (model.lstm.bias_ih_l0 + model.lstm.bias_hh_l0).detach().numpy()
    readout = numpy.clip(numpy.round(model.readout.weight.detach().numpy() * 4096), -16383, 16383)
    body = struct.pack("<4HI36s", INPUTS, HIDDEN, TARGETS, 0, seed, origin.encode()[:35])
    body += numpy.round(bias * (1 << 21)).astype("<i4").tobytes()
    body += readout.astype("<i2").tobytes() + weight.tobytes()
    header = struct.pack("<4I", 0x454c5055, 2, 16 + len(body), checksum(body))
    Path(path).write_bytes(header + body)


def csv_files(folder):
    files = sorted(Path(folder).glob("*.csv"))
    if not files:
        sys.exit(f"train: there is no *.csv in {folder}; the weights stay as they are")
    return files


def load_all(program, seed, paths):
    """(synthetic, recorded): lists of (inputs, targets, difficulty)."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{folder}/{i}.csv" for i in range(SERIES)]
        for name in names:
            write_series(name, demand_generators.series(rng, WINDOWS))
        pairs = [[features(program, name) for name in group] for group in (names, paths)]
    return [[(x, y, difficulty(x, y)) for x, y in group] for group in pairs]


FOLD_FIGURES = ("h10.pinball95_vs_max8", "h10.mae_vs_last",
                "h50.pinball95_vs_max8", "h50.mae_vs_last")


def engine_scores(program, weights, paths):
    """FOLD_FIGURES of the engine on these traces with these weights."""
    out = subprocess.run([program, "--weights", weights, *paths], check=True, capture_output=True,
                         text=True).stdout
    figures = dict(line.split("\t")[:2] for line in out.splitlines() if "\t" in line)
    return numpy.array([float(figures[f"forecast.{name}"]) for name in FOLD_FIGURES])


def cross_validate(args, paths, synthetic, recorded):
    """Prints the scores of each fold, and their geometric means over all traces."""
    logs = {}
    print("fold  traces; " + ", ".join(FOLD_FIGURES))
    for fold in range(args.folds):
        seen = [data for i, data in enumerate(recorded) if i % args.folds != fold]
        held = [path for i, path in enumerate(paths) if i % args.folds == fold]
        model = train(synthetic + 3 * seen, args.seed, args.minutes, args.steps)
        with tempfile.NamedTemporaryFile(suffix=".bin") as file:
            export(model, file.name, args.seed, f"fold {fold}")
            for name, weights in (("other folds", file.name), ("as they are", args.out)):
                scores = engine_scores(args.forecast, weights, held)
                logs.setdefault(name, []).append(len(held) * numpy.log(scores))
                print(f"{fold}  {' '.join(Path(p).stem for p in held)}; {name}: "
                      + " ".join(f"{s:.4f}" for s in scores), flush=True)
    for name, sums in logs.items():
        print(f"all  {name}: "
              + " ".join(f"{s:.4f}" for s in numpy.exp(sum(sums) / len(paths))))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--forecast", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--out", default=str(ROOT / "ple/weights/default.bin"))
    parser.add_argument("--report", default=str(ROOT / "ple/weights/training.txt"))
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("traces", nargs="*")
    args = parser.parse_args()
    torch.set_num_threads(1)
    paths = [str(p) for t in args.traces
             for p in (csv_files(t) if Path(t).is_dir() else [t])]
    synthetic, recorded = load_all(args.forecast, args.seed, paths)
    if args.folds:
        if not 2 <= args.folds <= len(paths):
            sys.exit(f"train: {args.folds} folds of {len(paths)} traces: give 2 to {len(paths)}")
        cross_validate(args, paths, synthetic, recorded)
        return
    held, synthetic = synthetic[::9], [s for i, s in enumerate(synthetic) if i % 9]
    model = train(synthetic + 3 * recorded, args.seed, args.minutes, args.steps)
    origin = f"synthetic + {len(recorded)} traces"
    export(model, args.out, args.seed, origin)
    lines = [f"trained on: {origin}", f"seed: {args.seed}", f"steps: {args.steps}",
             "mean pinball loss of the six targets relative to the last value, frozen last layer:",
             f"  series trained on: {score(model, synthetic):.4f}",
             f"  series held out:   {score(model, held):.4f}"]
    if recorded:
        lines.append(f"  traces trained on: {score(model, recorded):.4f}")
    Path(args.report).write_text("\n".join(lines) + "\n", encoding="ascii")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
