# make bench BENCH=predict TRACES=dir    prediction against its rivals, in the simulator

HOST_BENCHES += predict
.PHONY: bench-predict
bench-predict: $(BUILD)/sim/sim-predict
	@$< --faults --tsv $(BUILD)/bench-predict.tsv
	@for trace in $(wildcard $(TRACES)/*.csv); do \
		$< --trace $$trace --tsv $(BUILD)/bench-predict-$$(basename $$trace .csv).tsv; done
