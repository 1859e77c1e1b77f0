/* A VM's RAM: pages on demand, 4 KiB or 2 MiB at a time. */
#include <string.h>

#include "hv/page_alloc.h"
#include "hv/paging.h"
#include "hv/vm.h"
#include "vmx/vmx.h"

static uint64_t leaf_attributes(uint64_t hpa, uint64_t size)
{
	return EPT_RWX | EPT_LEAF_TYPE(vmx_ram_type(hpa, size));
}

/* ERR_EXISTS or ERR_NO_MEMORY here only mean that it takes the small page. */
static enum error fault_2m(struct vm *vm, uint64_t gpa)
{
	uint64_t base = gpa & ~(BLOCK_SIZE - 1);
	enum error error;
	uint64_t block;

	if (!gpa_range_is_ram(vm->ram.size, base, BLOCK_SIZE))
		return ERR_RANGE;
	block = page_alloc_2m(PAGE_NODE_ANY);
	if (!block)
		return ERR_NO_MEMORY;
	error = ept_map_page(&vm->ept, base, block, 2, leaf_attributes(block, BLOCK_SIZE));
	if (error != OK) {
		page_free_2m(block);
		return error;
	}
	page_zero_2m(block);
	vm->pages += BLOCK_PAGES;
	return OK;
}

static enum error fault_4k(struct vm *vm, uint64_t gpa)
{
	uint64_t page = page_alloc_zeroed(PAGE_NODE_ANY, PAGE_COLOUR_ANY);
	enum error error;

	if (!page)
		return ERR_NO_MEMORY;
	error = ept_map_4k(&vm->ept, gpa & ~(PAGE_SIZE - 1), page,
			   leaf_attributes(page, PAGE_SIZE));
	if (error == OK) {
		vm->pages++;
		return OK;
	}
	page_free(page);
	return error == ERR_EXISTS ? OK : error; /* another vCPU was quicker */
}

enum error vm_memory_fault(struct vm *vm, uint64_t gpa)
{
	if (vm->config->large_pages && fault_2m(vm, gpa) == OK)
		return OK;
	return fault_4k(vm, gpa);
}

static void *translate(struct vm *vm, uint64_t gpa)
{
	uint64_t hpa;

	if (!ept_translate(&vm->ept, gpa & ~(PAGE_SIZE - 1), &hpa, NULL))
		return NULL;
	return phys_to_virt(hpa);
}

static void *ram_page(void *context, uint64_t gpa, bool write)
{
	struct vm *vm = context;
	void *page;

	(void)write;
	spin_lock(&vm->lock);
	page = translate(vm, gpa);
	if (!page && vm_memory_fault(vm, gpa) == OK)
		page = translate(vm, gpa);
	spin_unlock(&vm->lock);
	return page;
}

enum error vm_memory_init(struct vm *vm)
{
	vm->ram = (struct guest_ram) {
		.size = vm->config->memory,
		.ctx = vm,
		.page = ram_page,
	};
	vm->pages = 0;
	return ept_init(&vm->ept, &vmx_ept_ops, vm, &vmx_caps, true);
}

static void release_page(void *context, uint64_t page, uint64_t size)
{
	(void)context;
	if (size == PAGE_SIZE)
		page_free(page);
	else
		page_free_2m(page);
}

void vm_memory_free(struct vm *vm)
{
	if (!vm->ept.root)
		return;
	ept_destroy(&vm->ept, release_page);
	memset(&vm->ept, 0, sizeof(vm->ept));
	vm->pages = 0;
}
