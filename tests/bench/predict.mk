# make bench BENCH=predict TRACES=dir    prediction against its rivals, in the simulator and the emulator

export TRACES TICKS
_all: $(BUILD)/sim/sim-predict
