# Augur: `make run` boots it, `make test` checks it, `make help` lists the rest.

BUILD ?= build
CC    ?= gcc
CLANG ?= clang
Q     := $(if $(V),,@)

WARN := -Wall -Wextra $(if $(CI),-Werror)
STD  := -std=gnu11 -I.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Code of the hypervisor: freestanding, at the top of the address space, general registers only.
HV_TARGET := -m64 -ffreestanding -mgeneral-regs-only -mno-red-zone -mcmodel=kernel -fno-pic -fno-pie \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-omit-frame-pointer
# Code of the loader: position-independent, the same otherwise.
EFI_TARGET := -m64 -ffreestanding -mgeneral-regs-only -mno-red-zone -fpic -fshort-wchar \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables

include scripts/third_party.mk
include boot/boot.mk
include scripts/hv.mk
include guests/guest.mk
include drivers/font.mk
include tests/unit/unit.mk
include $(wildcard tests/fuzz/*.mk tests/bench/*.mk tests/sim/*.mk tests/labs/*.mk tests/shell/*.mk)

# --- what people call ----------------------------------------------------------------------------
# Targets that need packages call scripts/deps first, then make again: what the makefiles find on
# the machine is looked up when they are read.

export BUILD ACCEL
JOBS  := $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
AGAIN := +@scripts/deps $(BUILD) && $(MAKE) --no-print-directory $(JOBS)
CONFIG ?= guests/demo.cfg
CPUS   ?= 2
MEMORY ?= 2048

.PHONY: help deps all run test boot-test bench usb image gdb clean

help:	## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { sub(/ *$$/, "", $$1); printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  Variables: CONFIG=my.cfg CPUS=$(CPUS) MEMORY=$(MEMORY) (MiB) ACCEL=bochs|kvm|tcg BUILD=$(BUILD) V=1"

deps:	## install what is missing, fetch the Linux kernel and Zydis
	@scripts/deps $(BUILD)

all:	## build everything: loader, hypervisor, guests
	$(AGAIN) _all
.PHONY: _all
_all: $(BUILD)/vmx-probe.bin $(BUILD)/BOOTX64.EFI $(BUILD)/hv.elf guests

run:	## boot CONFIG=guests/demo.cfg and connect this terminal to its serial line (leave: Ctrl-A x)
	$(AGAIN) _all
	@scripts/run --cpus $(CPUS) --memory $(MEMORY) $(if $(GDB),--gdb $(GDB)) $(CONFIG)

image:	## make $(BUILD)/augur.img, the disk image of CONFIG
	$(AGAIN) _all
	@scripts/image --out $(BUILD)/augur.img $(CONFIG)

usb:	## the same for a USB stick, and how to write it
	$(AGAIN) _all
	@scripts/image --out $(BUILD)/augur.img $(CONFIG)
	@echo "Write it to a stick (everything on it is lost; find its name with lsblk):"
	@echo "    sudo dd if=$(BUILD)/augur.img of=/dev/sdX bs=4M conv=fsync status=progress"
	@echo "then switch off Secure Boot, switch on VT-x and boot from the stick."

test:	## everything: unit tests, checks, short fuzzing, boot tests; ends with "N passed, N failed"
	$(AGAIN) _all
	@scripts/test $(TEST_SUITES)

boot-test:	## the boot tests alone; T=name runs one
	$(AGAIN) _all
	@scripts/boot-tests $(T)

# A measurement that is no configuration of tests/bench adds its name to HOST_BENCHES, in a .mk file
# there, and has a target bench-NAME.
BENCH ?= exits
bench:	## measure BENCH=exits, boot, sched...: prints name, value, unit and writes a TSV
	$(AGAIN) $(if $(filter $(BENCH),$(HOST_BENCHES)),bench-$(BENCH),_all)
	$(if $(filter $(BENCH),$(HOST_BENCHES)),,@scripts/bench $(BENCH))

gdb:	## debug the machine that runs in another terminal as `make run GDB=1234`
	@gdb -q $(BUILD)/hv.elf -ex 'target remote localhost:$(or $(GDB),1234)'

clean:	## remove what was built; keeps what was downloaded
	rm -rf $(filter-out $(BUILD)/linux $(BUILD)/third_party,$(wildcard $(BUILD)/*))

# --- the suites of `make test` -------------------------------------------------------------------
# Each is a target whose last line says `... N passed, N failed`.

TEST_SUITES += unit-suite check-scripts check-headers check-nosimd sim-properties fuzz-short boot-suite shell-suite lab-suite

.PHONY: unit-suite check-scripts check-headers check-nosimd boot-suite
unit-suite: $(UNIT_TESTS:%=$(BUILD)/unit/%)
	@scripts/unit-tests $^

check-scripts: $(BUILD)/bench/forecast	## tests of the scripts themselves
	@scripts/check-scripts

check-headers: export HV_FLAGS = $(HV_TARGET) $(HV_CFLAGS)
check-headers: export BOOT_FLAGS = $(LOADER_CFLAGS)
check-headers: export GUEST_FLAGS = $(GUEST_CFLAGS)
check-headers: export HOST_FLAGS = $(UNIT_CFLAGS)
check-headers: | $(NEWLIB_READY) $(ZYDIS_READY)	## each header compiles alone
	@scripts/check-headers HV_FLAGS=hv HV_FLAGS=vmx HV_FLAGS=sched HV_FLAGS=ple HV_FLAGS=drivers \
		BOOT_FLAGS=boot GUEST_FLAGS=guests HOST_FLAGS=tests

check-nosimd: $(BUILD)/hv.elf	## only marked sections of the hypervisor use vector registers
	@scripts/check-nosimd $<
	@echo "no vector or floating-point registers outside .text.simd: 1 passed, 0 failed"

boot-suite:
	@scripts/boot-tests

# --- small things --------------------------------------------------------------------------------

$(BUILD)/vmx-probe.bin: scripts/vmx_probe.S
	$(Q)$(CC) -m32 -nostdlib -ffreestanding -no-pie -Wl,--oformat=binary,-Ttext=0x7c00,--build-id=none $< -o $@
