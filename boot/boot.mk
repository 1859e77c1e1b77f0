# The UEFI loader, $(BUILD)/BOOTX64.EFI: its own files, and the pure ones that it shares with the
# hypervisor.

LOADER_SRCS := $(wildcard boot/*.c) $(wildcard hv/config*.c hv/text*.c hv/images/kind*.c) hv/error.c \
	vmx/caps.c
LOADER_OBJS := $(LOADER_SRCS:%.c=$(BUILD)/efi/%.o)
EFI_INCLUDES := -isystem /usr/include/efi -isystem /usr/include/efi/x86_64
LOADER_CFLAGS := $(STD) $(WARN) $(EFI_TARGET) -O2 -g $(NEWLIB_INCLUDES) \
	$(EFI_INCLUDES) -DGNU_EFI_USE_MS_ABI

$(BUILD)/efi/%.o: %.c | $(NEWLIB_READY)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(LOADER_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/efi/loader.so: $(LOADER_OBJS) $(BUILD)/libc-efi.a
	@echo "  LD      $@"
	$(Q)ld -nostdlib -shared -Bsymbolic --no-undefined -znocombreloc -znoexecstack --build-id=none \
		-T /usr/lib/elf_x86_64_efi.lds /usr/lib/crt0-efi-x86_64.o $^ -L/usr/lib -lgnuefi -o $@

$(BUILD)/BOOTX64.EFI: $(BUILD)/efi/loader.so
	@echo "  EFI     $@"
	$(Q)objcopy -j .text -j .sdata -j .data -j .dynamic -j .dynsym -j .rel -j .rela -j '.rel.*' \
		-j '.rela.*' -j .reloc --target efi-app-x86_64 --subsystem=10 $< $@

-include $(LOADER_OBJS:.o=.d)

# The loader's pure parts, for the unit tests.
$(BUILD)/unit/boot/%.o $(BUILD)/unit/tests/unit/test_boot_%.o: UNIT_CFLAGS += $(EFI_INCLUDES)
$(BUILD)/fuzz/boot/%.o $(BUILD)/fuzz/tests/fuzz/fuzz_boot_%.o: FUZZ_CFLAGS += $(EFI_INCLUDES)
