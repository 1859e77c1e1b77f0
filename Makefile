# Augur: `make run` boots it, `make test` checks it, `make help` lists the rest.

BUILD := build
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
include tests/unit/unit.mk
