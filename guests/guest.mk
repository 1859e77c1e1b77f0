# Guests: bare-metal programs on the library in guests/lib and newlib, small kernels of other kinds,
# and the Linux initramfs. Everything lands in build/guests:
#   guests/examples/X.c -> X.elf      guests/bench/X.c -> bench_X.elf      guests/tests/X.c -> test_X.elf
#   guests/hostile/X.c -> hostile_X.elf  guests/bad_images.sh -> bad_*

GUEST_OUT    := $(BUILD)/guests
GUEST_CFLAGS := -std=gnu11 $(WARN) -O2 -g -I. -Iguests/include $(NEWLIB_INCLUDES) \
	-ffreestanding -fno-pic -fno-pie -mno-red-zone -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
	--param=min-pagesize=0
GUEST_LDFLAGS := -nostdlib -static -no-pie -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack \
	-Wl,-z,max-page-size=4096 -Wl,-T,guests/lib/guest.ld

GUEST_LIB_OBJS := $(patsubst guests/%,$(GUEST_OUT)/obj/%.o,$(wildcard guests/lib/*.c guests/lib/*.S))
GUEST_PROGRAMS := $(patsubst guests/examples/%.c,$(GUEST_OUT)/%.elf,$(wildcard guests/examples/*.c)) \
	$(patsubst guests/bench/%.c,$(GUEST_OUT)/bench_%.elf,$(wildcard guests/bench/*.c)) \
	$(patsubst guests/tests/%.c,$(GUEST_OUT)/test_%.elf,$(wildcard guests/tests/*.c)) \
	$(patsubst guests/hostile/%.c,$(GUEST_OUT)/hostile_%.elf,$(wildcard guests/hostile/*.c))

.PHONY: guests
.SECONDARY: $(GUEST_LIB_OBJS) $(patsubst guests/%,$(GUEST_OUT)/obj/%.o,$(wildcard guests/*/*.c))
guests: $(GUEST_PROGRAMS)

$(GUEST_OUT)/obj/%.c.o: guests/%.c | $(NEWLIB_READY)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(GUEST_OUT)/obj/%.S.o: guests/%.S
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(GUEST_OUT)/libguest.a: $(GUEST_LIB_OBJS)
	@rm -f $@ && ar rcs $@ $^

GUEST_LINK = @echo "  LD      $@"; $(CC) $(GUEST_LDFLAGS) $(GUEST_OUT)/obj/lib/crt0.S.o $(filter %.o,$^) \
	-L$(NEWLIB)/lib -Wl,--start-group $(GUEST_OUT)/libguest.a -lc -lgcc -Wl,--end-group -o $@
GUEST_LINK_DEPS := $(GUEST_OUT)/libguest.a guests/lib/guest.ld

$(GUEST_OUT)/bench_%.elf: $(GUEST_OUT)/obj/bench/%.c.o $(GUEST_LINK_DEPS)
	$(GUEST_LINK)
$(GUEST_OUT)/test_%.elf: $(GUEST_OUT)/obj/tests/%.c.o $(GUEST_LINK_DEPS)
	$(GUEST_LINK)
$(GUEST_OUT)/hostile_%.elf: $(GUEST_OUT)/obj/hostile/%.c.o $(GUEST_LINK_DEPS)
	$(GUEST_LINK)
$(GUEST_OUT)/hostile_modes.elf: $(GUEST_OUT)/obj/hostile/modes_asm.S.o
$(GUEST_OUT)/%.elf: $(GUEST_OUT)/obj/examples/%.c.o $(GUEST_LINK_DEPS)
	$(GUEST_LINK)

# --- kernels of other kinds ----------------------------------------------------------------------

KERNEL32_CFLAGS := -std=gnu11 $(WARN) -O2 -g -m32 -march=i686 -ffreestanding -nostdinc \
	-isystem $(shell $(CC) -print-file-name=include) -fno-pic -fno-pie -fno-stack-protector \
	-fcf-protection=none -fno-asynchronous-unwind-tables -mgeneral-regs-only
KERNEL32_LD := ld -m elf_i386 -static -nostdlib --build-id=none -z noexecstack --no-warn-rwx-segments \
	-T guests/multiboot/kernel.ld
KERNEL32_OBJ := $(GUEST_OUT)/obj/multiboot

OTHER_GUESTS := $(addprefix $(GUEST_OUT)/,multiboot.elf multiboot_addresses.bin bootsector.bin initramfs.img bad_empty.bin)
guests: $(OTHER_GUESTS)

$(KERNEL32_OBJ)/kernel.o: guests/multiboot/kernel.c | $(NEWLIB_READY)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(KERNEL32_CFLAGS) -MMD -MP -c $< -o $@

$(KERNEL32_OBJ)/entry.o: guests/multiboot/entry.S
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(KERNEL32_CFLAGS) -c $< -o $@

$(KERNEL32_OBJ)/entry_addresses.o: guests/multiboot/entry.S
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(KERNEL32_CFLAGS) -DADDRESSES -c $< -o $@

$(GUEST_OUT)/multiboot.elf: $(KERNEL32_OBJ)/entry.o $(KERNEL32_OBJ)/kernel.o guests/multiboot/kernel.ld
	@echo "  LD      $@"
	$(Q)$(KERNEL32_LD) $(filter %.o,$^) -o $@

# Neither ELF nor anything else: only the addresses in the header say where it goes.
$(GUEST_OUT)/multiboot_addresses.bin: $(KERNEL32_OBJ)/entry_addresses.o $(KERNEL32_OBJ)/kernel.o guests/multiboot/kernel.ld
	@echo "  LD      $@"
	$(Q)$(KERNEL32_LD) $(filter %.o,$^) -o $(KERNEL32_OBJ)/addresses.elf
	$(Q)objcopy -O binary $(KERNEL32_OBJ)/addresses.elf $@

$(GUEST_OUT)/bootsector.bin: guests/bootsector/bootsector.S
	@mkdir -p $(GUEST_OUT)/obj/bootsector
	@echo "  LD      $@"
	$(Q)$(CC) -m32 -c $< -o $(GUEST_OUT)/obj/bootsector/bootsector.o
	$(Q)ld -m elf_i386 -Ttext 0x7c00 --oformat binary $(GUEST_OUT)/obj/bootsector/bootsector.o -o $@

$(GUEST_OUT)/initramfs.img: guests/linux/initramfs.sh guests/linux/init guests/linux/interrupts
	@mkdir -p $(@D)
	@echo "  CPIO    $@"
	$(Q)guests/linux/initramfs.sh $@

# The last file that the script makes stands for all of them.
$(GUEST_OUT)/bad_empty.bin: guests/bad_images.sh $(addprefix $(GUEST_OUT)/,hello.elf multiboot.elf bootsector.bin)
	@echo "  BAD     $(GUEST_OUT)/bad_*"
	$(Q)guests/bad_images.sh $(GUEST_OUT)

-include $(shell find $(GUEST_OUT)/obj -name '*.d' 2>/dev/null)
