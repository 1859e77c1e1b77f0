# Host unit tests: every tests/unit/test_X.c is one cmocka program, linked against all of the pure
# sources (those that touch no hardware) with the address and undefined-behaviour sanitizers.

# All of these folders are pure; of hv/, vmx/ and drivers/ only the files named.
PURE_SRCS := $(wildcard ple/*.c sched/*.c drivers/virt/*.c hv/images/*.c)
PURE_SRCS += hv/error.c
PURE_SRCS += tests/sim/trace_csv.c tests/sim/max_min.c tests/sim/options.c
PURE_SRCS += tests/sim/scenarios.c tests/sim/workload.c
PURE_SRCS += guests/lib/args.c guests/lib/arrivals.c
PURE_SRCS += boot/acpi.c boot/elf.c boot/memory_map.c
PURE_SRCS += vmx/caps.c vmx/counters.c
PURE_SRCS += vmx/names.c
PURE_SRCS += vmx/vmcs_build.c
PURE_SRCS += vmx/vmcs_start.c
PURE_SRCS += vmx/ept.c vmx/ept_range.c vmx/dirty_log.c
PURE_SRCS += vmx/memory_type.c
PURE_SRCS += vmx/cpuid_policy.c
PURE_SRCS += vmx/msr_policy.c
PURE_SRCS += vmx/cr_policy.c
PURE_SRCS += vmx/debug_policy.c
PURE_SRCS += vmx/audit.c
PURE_SRCS += vmx/audit_controls.c
PURE_SRCS += vmx/audit_host.c
PURE_SRCS += vmx/audit_guest.c
PURE_SRCS += vmx/audit_segments.c
PURE_SRCS += hv/config.c hv/config_cores.c hv/config_keys.c hv/config_numa.c hv/config_parse.c hv/config_value.c hv/text.c hv/numa.c
PURE_SRCS += hv/guest_ram.c
PURE_SRCS += hv/timer_queue.c
PURE_SRCS += hv/wake_lead.c hv/handover.c hv/model_list.c
PURE_SRCS += vmx/insn_class.c
PURE_SRCS += vmx/decoder.c
PURE_SRCS += hv/guest_walk.c
PURE_SRCS += hv/log.c
PURE_SRCS += hv/export.c
PURE_SRCS += hv/trace_ring.c hv/trace_text.c
PURE_SRCS += hv/scrollback.c
PURE_SRCS += hv/text_filter.c
PURE_SRCS += hv/console.c
PURE_SRCS += hv/vm_console.c
PURE_SRCS += $(addprefix hv/shell/,shell.c line_edit.c history.c tokens.c completion.c)
PURE_SRCS += hv/version.c
PURE_SRCS += drivers/text_screen.c drivers/framebuffer.c drivers/ps2_decode.c drivers/uart.c
PURE_SRCS += hv/page_pool.c hv/page_table.c hv/time_factor.c hv/symbols.c
PURE_SRCS += drivers/acpi.c drivers/acpi_numa.c
PURE_SRCS += vmx/alu.c vmx/mmio_decode.c vmx/mmio_complete.c vmx/disasm.c
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
UNIT_CFLAGS := $(STD) $(WARN) $(ZYDIS_DEFINES) $(ZYDIS_INCLUDES) -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_OBJS := $(PURE_SRCS:%.c=$(BUILD)/unit/%.o)

$(BUILD)/unit/%.o: %.c | $(ZYDIS_READY)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(UNIT_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/unit/libpure.a: $(UNIT_OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/unit/test_%: $(BUILD)/unit/tests/unit/test_%.o $(BUILD)/unit/libpure.a $(BUILD)/unit/libzydis.a
	@echo "  LD      $@"
	$(Q)$(CC) $(UNIT_CFLAGS) $^ -lcmocka -lm -o $@

# make unit            all tests
# make unit T=test_x   one
.PHONY: unit
unit: $(if $(T),$(BUILD)/unit/$(T),$(UNIT_TESTS:%=$(BUILD)/unit/%))
	@set -e; for t in $^; do $$t; done

-include $(shell find $(BUILD)/unit -name '*.d' 2>/dev/null)
