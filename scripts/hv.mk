# The hypervisor, $(BUILD)/hv.elf: everything in hv/, vmx/, sched/, ple/ and drivers/, newlib and
# Zydis. A new file is picked up by its place alone.

HV_SRCS := $(filter-out vmx/offsets.c,$(wildcard hv/*.c hv/*/*.c hv/*.S vmx/*.c vmx/*.S sched/*.c ple/*.c \
	drivers/*.c drivers/*.S drivers/*/*.c))

# Files that may use vector registers: their callers save and restore the vector state. Their code
# goes to the section .text.simd; SIMD_FLAGS_path/file.c adds what else a file needs (-mavx2).
SIMD_SRCS := ple/lstm_sse2.c ple/lstm_avx2.c ple/kernels_sse2.c ple/kernels_avx2.c

HV_OBJS	  := $(patsubst %,$(BUILD)/hv/%.o,$(basename $(HV_SRCS)))
HV_LIBS	  := $(BUILD)/libc-hv.a $(BUILD)/libzydis.a
HV_CFLAGS := $(STD) $(WARN) -O2 -g $(NEWLIB_INCLUDES) $(ZYDIS_INCLUDES) $(ZYDIS_DEFINES)
LIBGCC	  := $(shell $(CC) -print-libgcc-file-name)

# The exit path and the scheduler's decision are counted in instructions: no frame pointers there.
# Their frames are missing in backtraces, those of their callers are not.
HOT_SRCS := $(wildcard vmx/exit*.c sched/*.c ple/*.c drivers/virt/lapic*.c) vmx/inject.c vmx/vcpu_state.c vmx/cpuid_policy.c \
	vmx/ept.c vmx/ept_range.c hv/core_loop.c hv/hypercall.c hv/core_timers.c hv/timer_queue.c hv/vcpu.c hv/wake_lead.c hv/vm_devices.c hv/vm_memory.c \
	hv/page_alloc.c hv/page_pool.c drivers/virt/bus.c drivers/virt/pc_ports.c

simd_target = $(filter-out -mgeneral-regs-only,$(HV_TARGET)) -msse2 $(SIMD_FLAGS_$1)
hv_target   = $(if $(filter $1,$(SIMD_SRCS)),$(call simd_target,$1),$(HV_TARGET)) \
	$(if $(filter $1,$(HOT_SRCS)),-fomit-frame-pointer)

$(BUILD)/hv/%.o: %.c | $(NEWLIB_READY) $(ZYDIS_READY)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(call hv_target,$<) $(HV_CFLAGS) -MMD -MP -c $< -o $@
	$(if $(filter $<,$(SIMD_SRCS)),$(Q)objcopy --rename-section .text=.text.simd $@)

# Offsets of C structures for assembly.
$(BUILD)/hv/gen/offsets.h: vmx/offsets.c | $(NEWLIB_READY)
	@mkdir -p $(@D)
	@echo "  GEN     $@"
	$(Q)$(CC) $(HV_TARGET) $(HV_CFLAGS) -MMD -MP -MT $@ -MF $@.d -S $< -o $(@:.h=.s)
	$(Q)sed -n 's/.*"->\([A-Z0-9_]*\) \([0-9]*\)".*/#define \1 \2/p' $(@:.h=.s) >$@

$(BUILD)/hv/%.o: %.S | $(NEWLIB_READY) $(BUILD)/hv/gen/offsets.h
	@mkdir -p $(@D)
	@echo "  AS      $@"
	$(Q)$(CC) $(HV_TARGET) $(HV_CFLAGS) -I$(BUILD)/hv/gen -MMD -MP -c $< -o $@

$(BUILD)/hv.elf: $(HV_OBJS) $(HV_LIBS) hv/link.ld
	@echo "  LD      $@"
	$(Q)ld -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none --no-warn-rwx-segments \
		-T hv/link.ld $(HV_OBJS) --start-group $(HV_LIBS) $(LIBGCC) --end-group -o $@

-include $(HV_OBJS:.o=.d) $(BUILD)/hv/gen/offsets.h.d
