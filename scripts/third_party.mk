# Libraries that are built from the distribution's sources (fetched by scripts/deps):
#   newlib for guests        $(NEWLIB)/include, $(NEWLIB)/lib/{libc,libm}.a
#   newlib for ourselves     $(BUILD)/libc-hv.a (hypervisor), $(BUILD)/libc-efi.a (loader)
#   Zydis                    $(BUILD)/libzydis.a (hypervisor), $(BUILD)/unit/libzydis.a (host tests)

NEWLIB_TARBALL := $(firstword $(wildcard /usr/src/newlib/newlib-*.tar.*) /usr/src/newlib/missing)
NEWLIB_SRC     := $(BUILD)/third_party/newlib
NEWLIB	       := $(abspath $(BUILD))/newlib/x86_64-elf
NEWLIB_READY   := $(BUILD)/newlib/ready
ZYDIS_SRC      := $(BUILD)/third_party/zydis
GCC_INCLUDE    := $(shell $(CC) -print-file-name=include)

# What freestanding code of ours sees: the compiler's headers, then newlib's; never the host's.
NEWLIB_INCLUDES := -nostdinc -isystem $(GCC_INCLUDE) -isystem $(NEWLIB)/include

$(NEWLIB_SRC)/unpacked: $(NEWLIB_TARBALL)
	@rm -rf $(@D) && mkdir -p $(@D)
	tar -xf $< -C $(@D) --strip-components=1 --no-same-owner
	@touch $@

# --- newlib for guests -------------------------------------------------------------------------

NEWLIB_GUEST_CFLAGS := -O2 -g -ffreestanding -mno-red-zone -fno-pic -fno-stack-protector
NEWLIB_CONFIGURE := --target=x86_64-elf --prefix=$(abspath $(BUILD))/newlib \
	--disable-libgloss --disable-multilib --disable-newlib-supplied-syscalls \
	--enable-newlib-nano-formatted-io \
	CC_FOR_TARGET=gcc AR_FOR_TARGET=ar AS_FOR_TARGET=as LD_FOR_TARGET=ld \
	RANLIB_FOR_TARGET=ranlib NM_FOR_TARGET=nm OBJDUMP_FOR_TARGET=objdump \
	"CFLAGS_FOR_TARGET=$(NEWLIB_GUEST_CFLAGS)"

$(NEWLIB_READY): $(NEWLIB_SRC)/unpacked
	@rm -rf $(BUILD)/newlib $(BUILD)/newlib-build && mkdir -p $(BUILD)/newlib-build
	@echo "building newlib for guests (a minute; log: $(BUILD)/newlib-build/log)"
	@cd $(BUILD)/newlib-build && unset MAKEFLAGS MFLAGS MAKELEVEL && \
		{ $(abspath $(NEWLIB_SRC))/configure $(NEWLIB_CONFIGURE) && \
		make -j$$(nproc) all MAKEINFO=true && make install MAKEINFO=true; } >log 2>&1 || \
		{ tail -n 20 log; false; }
	@touch $@

# --- newlib for the hypervisor and the loader --------------------------------------------------
# The same sources, only those that make sense here, with our flags: no floating point, no SSE.
# printf's are the full integer-only ones (%zu and %llu work, floating point does not). malloc is
# the small one; its user supplies _sbrk_r, __malloc_lock, __malloc_unlock and __assert_func.

LIBC_SRCS := $(addprefix string/,memchr memcmp memmem memmove mempcpy memrchr strcasecmp strcat \
	strchr strchrnul strcmp strcpy strcspn strlcat strlcpy strlen strncasecmp strncat strncmp \
	strncpy strnlen strpbrk strrchr strsep strspn strstr strtok strtok_r stpcpy)
LIBC_SRCS += $(addprefix ctype/,ctype_ isalnum isalpha isblank iscntrl isdigit islower \
	isprint ispunct isspace isupper isxdigit tolower toupper)
LIBC_SRCS += $(addprefix stdlib/,abs atoi atol itoa labs llabs ldiv lldiv malign malloc calloc \
	realloc mbtowc_r rand_r strtol strtoll strtoul strtoull utoa wctomb_r)
LIBC_SRCS += $(addprefix stdio/,snprintf vsnprintf sprintf)
LIBC_SRCS += search/bsearch search/qsort errno/errno reent/impure reent/getreent locale/locale locale/localeconv
LIBC_ASM  := machine/x86_64/memcpy machine/x86_64/memset
LIBC_MALLOC := malloc free realloc calloc memalign malloc_usable_size

LIBC_DEFINES := -D_COMPILING_NEWLIB -D_LIBC -D_WANT_IO_LONG_LONG -D_WANT_IO_C99_FORMATS \
	-I$(NEWLIB_SRC)/newlib/libc/include -I$(NEWLIB_SRC)/newlib/libc/stdio
LIBC_FLAGS := -w -std=gnu99 -O2 -g $(LIBC_DEFINES)

# $(call libc_objects,FOLDER): what a library with objects in FOLDER consists of
libc_objects = $(LIBC_SRCS:%=$1/%.o) $(LIBC_ASM:%=$1/%.o) $1/stdio/svfprintf.o \
	$(LIBC_MALLOC:%=$1/stdlib/nano-%.o)

# $(call libc_rules,FOLDER,FLAGS)
define libc_rules
$1/%.o: | $(NEWLIB_READY)
	@mkdir -p $$(@D)
	@echo "  CC      $$@"
	$$(Q)$$(CC) $2 $(LIBC_FLAGS) -c $$(wildcard $(NEWLIB_SRC)/newlib/libc/$$*.[cS]) -Wa,--noexecstack -o $$@

$1/stdio/svfprintf.o: | $(NEWLIB_READY)
	@mkdir -p $$(@D)
	@echo "  CC      $$@"
	$$(Q)$$(CC) $2 $(LIBC_FLAGS) -DINTEGER_ONLY -DSTRING_ONLY -D_svfiprintf_r=_svfprintf_r \
		-c $(NEWLIB_SRC)/newlib/libc/stdio/vfprintf.c -o $$@

$1/stdlib/nano-%.o: | $(NEWLIB_READY)
	@mkdir -p $$(@D)
	@echo "  CC      $$@"
	$$(Q)$$(CC) $2 $(LIBC_FLAGS) -DINTERNAL_NEWLIB -DDEFINE_$$(shell echo $$* | tr a-z A-Z) \
		-c $(NEWLIB_SRC)/newlib/libc/stdlib/nano-mallocr.c -o $$@
endef

$(eval $(call libc_rules,$(BUILD)/libc-hv,$$(HV_TARGET) $$(NEWLIB_INCLUDES)))
$(eval $(call libc_rules,$(BUILD)/libc-efi,$$(EFI_TARGET) $$(NEWLIB_INCLUDES)))

$(BUILD)/libc-hv.a: $(call libc_objects,$(BUILD)/libc-hv)
$(BUILD)/libc-efi.a: $(call libc_objects,$(BUILD)/libc-efi)
$(BUILD)/libc-hv.a $(BUILD)/libc-efi.a:
	@rm -f $@
	@echo "  AR      $@"
	$(Q)ar rcs $@ $^
	$(Q)scripts/check-nosimd $@

# --- Zydis -------------------------------------------------------------------------------------
# Decoder and formatter; the encoder is not used. With the C library's memset, because the loops that
# ZYAN_NO_LIBC puts in its place cost 2,000 instructions a decode.

ZYDIS_SRCS := Decoder DecoderData Formatter FormatterATT FormatterBase FormatterBuffer \
	FormatterIntel MetaInfo Mnemonic Register Segment SharedData String Utils Zydis
ZYCORE_INCLUDE := $(BUILD)/third_party/zycore
ZYDIS_INCLUDES := -isystem $(ZYDIS_SRC)/include -isystem $(ZYCORE_INCLUDE)
ZYDIS_DEFINES  := -DZYDIS_STATIC_BUILD -DZYCORE_STATIC_BUILD -DZYDIS_DISABLE_ENCODER
ZYDIS_FLAGS    := -w -std=gnu11 -O2 -g -DNDEBUG $(ZYDIS_DEFINES) $(ZYDIS_INCLUDES) -I$(ZYDIS_SRC)/src

# Its headers need those of Zycore, which are installed among the host's.
ZYDIS_READY := $(ZYCORE_INCLUDE)/Zycore
$(ZYDIS_READY): $(ZYDIS_SRC)/include/Zydis/Zydis.h
	@mkdir -p $(@D)
	@ln -sfnT $(firstword $(wildcard /usr/include/Zycore /usr/include/*/Zycore)) $@

$(BUILD)/zydis/%.o: | $(ZYDIS_READY) $(NEWLIB_READY)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(HV_TARGET) $(NEWLIB_INCLUDES) $(ZYDIS_FLAGS) -c $(ZYDIS_SRC)/src/$*.c -o $@

$(BUILD)/unit/zydis/%.o: | $(ZYDIS_READY)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(ZYDIS_FLAGS) -c $(ZYDIS_SRC)/src/$*.c -o $@

$(BUILD)/libzydis.a: $(ZYDIS_SRCS:%=$(BUILD)/zydis/%.o)
	@rm -f $@
	@echo "  AR      $@"
	$(Q)ar rcs $@ $^
	$(Q)scripts/check-nosimd $@

$(BUILD)/unit/libzydis.a: $(ZYDIS_SRCS:%=$(BUILD)/unit/zydis/%.o)
	@rm -f $@
	@echo "  AR      $@"
	$(Q)ar rcs $@ $^
