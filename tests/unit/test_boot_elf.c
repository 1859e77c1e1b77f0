/* The loader's reading of hv.elf: a small file built here, then damaged in every way it may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "boot/elf.h"

#define BASE 0xffffffff80000000ull

static struct {
	Elf64_Ehdr header;
	Elf64_Phdr segments[3];
	Elf64_Shdr sections[3];
	uint8_t code[16];
	uint8_t data[8];
	uint8_t symbols[48];
	char names[16];
} file;

static struct elf_plan plan;

static Elf64_Phdr load(uint64_t address, const void *bytes, uint64_t size, uint64_t memory)
{
	return (Elf64_Phdr) { .p_type = PT_LOAD,
			      .p_offset = (uint64_t)((const char *)bytes - (const char *)&file),
			      .p_vaddr = address,
			      .p_filesz = size,
			      .p_memsz = memory };
}

static Elf64_Shdr section(uint32_t type, const void *bytes, uint64_t size, uint32_t link)
{
	return (Elf64_Shdr) { .sh_type = type,
			      .sh_offset = (uint64_t)((const char *)bytes - (const char *)&file),
			      .sh_size = size,
			      .sh_link = link };
}

static int make_file(void **state)
{
	(void)state;
	memset(&file, 0, sizeof(file));
	memcpy(file.header.e_ident, ELFMAG, SELFMAG);
	file.header.e_ident[EI_CLASS] = ELFCLASS64;
	file.header.e_ident[EI_DATA] = ELFDATA2LSB;
	file.header.e_type = ET_EXEC;
	file.header.e_machine = EM_X86_64;
	file.header.e_entry = BASE + 0x1004;
	file.header.e_phoff = offsetof(typeof(file), segments);
	file.header.e_phentsize = sizeof(Elf64_Phdr);
	file.header.e_phnum = 3;
	file.header.e_shoff = offsetof(typeof(file), sections);
	file.header.e_shentsize = sizeof(Elf64_Shdr);
	file.header.e_shnum = 3;
	memset(file.code, 0xc3, sizeof(file.code));
	memset(file.data, 0xda, sizeof(file.data));
	file.segments[0] = load(BASE + 0x3010, file.data, sizeof(file.data), 0x2000);
	file.segments[1] = load(BASE + 0x1000, file.code, sizeof(file.code), sizeof(file.code));
	file.segments[2] = (Elf64_Phdr) { .p_type = PT_NOTE, .p_offset = ~0ull };
	file.sections[1] = section(SHT_SYMTAB, file.symbols, sizeof(file.symbols), 2);
	file.sections[2] = section(SHT_STRTAB, file.names, sizeof(file.names), 0);
	return 0;
}

static enum error plan_file(void)
{
	return elf_plan((const uint8_t *)&file, sizeof(file), &plan);
}

static void test_plan(void **state)
{
	(void)state;
	assert_int_equal(plan_file(), OK);
	assert_int_equal(plan.virtual_base, BASE + 0x1000);
	assert_int_equal(plan.size, 0x5000);
	assert_int_equal(plan.entry, BASE + 0x1004);
	assert_int_equal(plan.symtab.offset, offsetof(typeof(file), symbols));
	assert_int_equal(plan.symtab.size, sizeof(file.symbols));
	assert_int_equal(plan.strtab.offset, offsetof(typeof(file), names));
}

static void test_copy(void **state)
{
	static uint8_t image[0x5000];

	(void)state;
	memset(image, 0, sizeof(image));
	assert_int_equal(plan_file(), OK);
	elf_copy((const uint8_t *)&file, &plan, image);
	assert_memory_equal(image, file.code, sizeof(file.code));
	assert_memory_equal(image + 0x2010, file.data, sizeof(file.data));
	assert_int_equal(image[16], 0);
	assert_int_equal(image[0x2018], 0);
}

/* A segment without memory is not part of the image, whatever its file size says. */
static void test_empty_segment(void **state)
{
	static uint8_t image[0x1000];

	(void)state;
	file.segments[0].p_memsz = 0;
	assert_int_equal(plan_file(), OK);
	assert_int_equal(plan.size, sizeof(image));
	elf_copy((const uint8_t *)&file, &plan, image);
	assert_memory_equal(image, file.code, sizeof(file.code));
}

static void test_truncated_everywhere(void **state)
{
	uint8_t copy[sizeof(file)];

	(void)state;
	memcpy(copy, &file, sizeof(file));
	for (size_t size = 0; size < offsetof(typeof(file), symbols); size++)
		assert_int_equal(elf_plan(copy, size, &plan), ERR_TRUNCATED);
	assert_int_equal(elf_plan(copy, sizeof(file) - 1, &plan), OK);
	assert_int_equal(plan.symtab.size, 0); /* symbols are a help, not a need */
}

static void test_no_symbols(void **state)
{
	(void)state;
	file.sections[1].sh_link = 9;
	assert_int_equal(plan_file(), OK);
	assert_int_equal(plan.symtab.size, 0);
	file.header.e_shnum = 0;
	assert_int_equal(plan_file(), OK);
	assert_int_equal(plan.symtab.size, 0);
}

static void test_foreign_files(void **state)
{
	(void)state;
	file.header.e_machine = EM_386;
	assert_int_equal(plan_file(), ERR_FORMAT);
	make_file(state);
	file.header.e_type = ET_DYN;
	assert_int_equal(plan_file(), ERR_FORMAT);
	make_file(state);
	file.header.e_ident[EI_CLASS] = ELFCLASS32;
	assert_int_equal(plan_file(), ERR_FORMAT);
	make_file(state);
	file.header.e_phentsize = 32;
	assert_int_equal(plan_file(), ERR_FORMAT);
}

static void test_lying_segments(void **state)
{
	(void)state;
	file.segments[1].p_filesz = file.segments[1].p_memsz + 1;
	assert_int_equal(plan_file(), ERR_FORMAT);
	make_file(state);
	file.segments[0].p_memsz = ~0ull;
	assert_int_equal(plan_file(), ERR_FORMAT);
	make_file(state);
	file.segments[0].p_vaddr = 0x1000; /* the image would span all of the address space */
	assert_int_equal(plan_file(), ERR_FORMAT);
	make_file(state);
	file.segments[0].p_offset = ~0ull - 3;
	assert_int_equal(plan_file(), ERR_TRUNCATED);
	make_file(state);
	file.segments[0].p_type = file.segments[1].p_type = PT_NULL;
	assert_int_equal(plan_file(), ERR_FORMAT);
}

static void test_entry_outside(void **state)
{
	(void)state;
	file.header.e_entry = BASE + 0x6000;
	assert_int_equal(plan_file(), ERR_FORMAT);
	file.header.e_entry = BASE;
	assert_int_equal(plan_file(), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_plan, make_file),
		cmocka_unit_test_setup(test_copy, make_file),
		cmocka_unit_test_setup(test_empty_segment, make_file),
		cmocka_unit_test_setup(test_truncated_everywhere, make_file),
		cmocka_unit_test_setup(test_no_symbols, make_file),
		cmocka_unit_test_setup(test_foreign_files, make_file),
		cmocka_unit_test_setup(test_lying_segments, make_file),
		cmocka_unit_test_setup(test_entry_outside, make_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
