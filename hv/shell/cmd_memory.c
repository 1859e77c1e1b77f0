/* Memory: of guests by physical and linear address, of the hypervisor; page walks. */
#include <string.h>

#include "hv/page_alloc.h"
#include "hv/paging.h"
#include "hv/shell/guest_view.h"
#include "hv/shell/vm_args.h"

#define AREA "memory"

#define DUMP_BYTES     128u
#define DUMP_BYTES_MAX 4096u
#define ROW	       16u

/* ---- dumps ---- */

/* Reads up to `length` bytes, returns how many there are. */
typedef size_t (*reader)(void *context, uint64_t address, void *to, size_t length);

static void print_row(uint64_t address, const uint8_t *bytes, size_t count)
{
	char text[ROW + 1];

	shell_printf("%016lx ", address);
	for (size_t i = 0; i < ROW; i++) {
		if (i < count)
			shell_printf(" %02x", bytes[i]);
		else
			shell_puts("   ");
		if (i < count)
			text[i] = bytes[i] >= ' ' && bytes[i] < 0x7f ? (char)bytes[i] : '.';
	}
	text[count] = '\0';
	shell_printf("  %s\n", text);
}

static enum error dump(reader read, void *context, uint64_t address, uint64_t length)
{
	uint8_t bytes[ROW];

	for (uint64_t done = 0; done < length;) {
		size_t part = length - done < ROW ? length - done : ROW;
		size_t there = read(context, address + done, bytes, part);

		if (!there)
			return shell_error("nothing at 0x%lx", address + done);
		print_row(address + done, bytes, there);
		done += there;
	}
	return OK;
}

static enum error parse_range(int argc, char **argv, int first, uint64_t *address, uint64_t *length)
{
	*length = DUMP_BYTES;
	if (shell_number("address", argv[first], 0, UINT64_MAX, address))
		return ERR_INVALID;
	if (argc > first + 1 && shell_number("length", argv[first + 1], 1, DUMP_BYTES_MAX, length))
		return ERR_INVALID;
	return OK;
}

static size_t read_physical(void *context, uint64_t address, void *to, size_t length)
{
	const struct guest_ram *ram = context;

	return guest_ram_read(ram, address, to, length) == OK ? length : 0;
}

static enum error cmd_mem(int argc, char **argv)
{
	uint64_t address, length;
	struct guest_ram ram;
	struct vm *vm;

	if (argc != 3 && argc != 4)
		return shell_usage();
	if (shell_vm(argv[1], &vm) || parse_range(argc, argv, 2, &address, &length))
		return ERR_INVALID;
	ram = view_ram(vm);
	return dump(read_physical, &ram, address, length);
}

SHELL_COMMAND(mem, .area = AREA, .name = "mem", .params = "VM ADDRESS [LENGTH]",
	      .summary = "dump guest-physical memory",
	      .help = "RAM that the guest has not touched yet is reported as nothing: it is not\n"
		      "there. LENGTH is 128 bytes if not given.",
	      .run = cmd_mem, .complete = shell_complete_vm);

struct linear_view {
	struct guest_ram ram;
	struct guest_paging paging;
};

static size_t read_linear(void *context, uint64_t address, void *to, size_t length)
{
	const struct linear_view *view = context;

	return guest_read_linear(&view->ram, &view->paging, address, to, length);
}

static enum error cmd_vmem(int argc, char **argv)
{
	struct view_registers registers;
	struct linear_view view;
	uint64_t address, length;
	struct vcpu *vcpu;

	if (argc != 4 && argc != 5)
		return shell_usage();
	if (shell_vcpu(argv[1], argv[2], &vcpu) || parse_range(argc, argv, 3, &address, &length) ||
	    view_registers(vcpu, &registers))
		return ERR_INVALID;
	view.ram = view_ram(vcpu->vm);
	view.paging = view_paging(&registers);
	return dump(read_linear, &view, address, length);
}

SHELL_COMMAND(vmem, .area = AREA, .name = "vmem", .params = "VM VCPU ADDRESS [LENGTH]",
	      .summary = "dump memory by linear address, as the vCPU sees it", .run = cmd_vmem,
	      .complete = shell_complete_vcpu);

/* Byte by byte: each may lie on another page. */
static size_t read_host(void *context, uint64_t address, void *to, size_t length)
{
	uint8_t *bytes = to;
	size_t count = 0;

	(void)context;
	for (; count < length && paging_is_mapped((const void *)(address + count)); count++)
		bytes[count] = *(const volatile uint8_t *)(address + count);
	return count;
}

static bool is_device_memory(uint64_t address)
{
	return address >= MMIO_WINDOW_BASE && address < OWN_WINDOW_BASE;
}

static enum error cmd_hmem(int argc, char **argv)
{
	uint64_t address, length;

	if (argc != 2 && argc != 3)
		return shell_usage();
	if (parse_range(argc, argv, 1, &address, &length))
		return ERR_INVALID;
	if (is_device_memory(address) || is_device_memory(address + length))
		return shell_error("device memory: reading it may have effects");
	return dump(read_host, NULL, address, length);
}

SHELL_COMMAND(hmem, .area = AREA, .name = "hmem", .params = "ADDRESS [LENGTH]",
	      .summary = "dump the hypervisor's memory by virtual address",
	      .help = "Physical address P is at 0xffff800000000000 + P.", .run = cmd_hmem);

/* ---- walks ---- */

static void print_guest_walk(const struct guest_walk *walk)
{
	for (unsigned i = 0; i < walk->steps; i++)
		shell_printf("  table %012lx [%3u] = %016lx\n", walk->step[i].table,
			     (unsigned)walk->step[i].index, walk->step[i].entry);
}

static enum error cmd_walk(int argc, char **argv)
{
	struct view_registers registers;
	struct guest_paging paging;
	struct guest_walk walk;
	struct guest_ram ram;
	struct vcpu *vcpu;
	uint64_t address;
	enum error error;

	if (argc != 4)
		return shell_usage();
	if (shell_vcpu(argv[1], argv[2], &vcpu) ||
	    shell_number("address", argv[3], 0, UINT64_MAX, &address) ||
	    view_registers(vcpu, &registers))
		return ERR_INVALID;
	ram = view_ram(vcpu->vm);
	paging = view_paging(&registers);
	error = guest_walk(&ram, &paging, address, &walk);
	print_guest_walk(&walk);
	if (error)
		return shell_error("0x%lx is not mapped", address);
	shell_printf("linear %lx -> guest-physical %lx (%s, %s, %s; page of %lu KiB)\n", address,
		     walk.gpa, walk.writable ? "writable" : "read-only",
		     walk.user ? "user" : "supervisor",
		     walk.no_execute ? "not executable" : "executable", walk.page_size >> 10);
	return OK;
}

SHELL_COMMAND(walk, .area = AREA, .name = "walk", .params = "VM VCPU ADDRESS",
	      .summary = "walk a guest's page tables for a linear address",
	      .help = "Follow with `ept VM ADDRESS` for the rest of the way.", .run = cmd_walk,
	      .complete = shell_complete_vcpu);

static bool walk_ept(struct vm *vm, uint64_t gpa, struct ept_walk *walk)
{
	bool there;

	spin_lock(&vm->lock);
	there = vm->ept.root != 0;
	if (there)
		ept_walk(&vm->ept, gpa, walk);
	spin_unlock(&vm->lock);
	return there;
}

static void print_leaf(uint64_t gpa, const struct ept_walk *walk)
{
	uint64_t entry = walk->entry[walk->level];

	shell_printf("guest-physical %lx -> physical %lx (%c%c%c, memory type %u%s%s; "
		     "page of %lu KiB)\n",
		     gpa, walk->hpa, entry & EPT_READ ? 'r' : '-', entry & EPT_WRITE ? 'w' : '-',
		     entry & EPT_EXECUTE ? 'x' : '-',
		     (unsigned)((entry & EPT_TYPE_MASK) >> EPT_TYPE_SHIFT),
		     entry & EPT_ACCESSED ? ", accessed" : "", entry & EPT_DIRTY ? ", dirty" : "",
		     walk->size >> 10);
}

static enum error cmd_ept(int argc, char **argv)
{
	struct ept_walk walk;
	struct vm *vm;
	uint64_t gpa;

	if (argc != 3)
		return shell_usage();
	if (shell_vm(argv[1], &vm) || shell_number("address", argv[2], 0, EPT_GPA_LIMIT - 1, &gpa))
		return ERR_INVALID;
	if (!walk_ept(vm, gpa, &walk))
		return shell_error("%s has no memory: it was not started", vm->name);
	for (unsigned level = EPT_LEVELS; level >= walk.level && level > 0; level--)
		shell_printf("  level %u [%3lu] = %016lx\n", level,
			     gpa >> EPT_LEVEL_SHIFT(level) & 511, walk.entry[level]);
	if (!walk.present)
		return shell_error("0x%lx is not mapped%s", gpa,
				   gpa_is_ram(vm->ram.size, gpa) ? " yet: RAM not touched" : "");
	print_leaf(gpa, &walk);
	return OK;
}

SHELL_COMMAND(ept, .area = AREA, .name = "ept", .params = "VM ADDRESS",
	      .summary = "walk a VM's EPT for a guest-physical address", .run = cmd_ept,
	      .complete = shell_complete_vm);

/* ---- memory ---- */

static enum error cmd_memory(int argc, char **argv)
{
	struct page_counts counts;

	(void)argv;
	if (argc != 1)
		return shell_usage();
	for (uint32_t node = 0; node < page_node_count(); node++) {
		page_counts(node, &counts);
		shell_printf("node %u: %lu of %lu MiB free, %lu whole blocks of 2 MiB\n", node,
			     (uint64_t)counts.free >> 8, (uint64_t)counts.total >> 8,
			     (uint64_t)counts.whole_blocks);
	}
	shell_printf("%u page colours\n", page_colour_count());
	return OK;
}

SHELL_COMMAND(memory, .area = AREA, .name = "memory", .params = "",
	      .summary = "show what is free of the machine's memory", .run = cmd_memory);
