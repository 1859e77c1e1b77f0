#include "guests/lib/fault.h"

#include "guests/lib/cpu.h"

struct access {
	uint64_t where;
	uint64_t value;
};

static void do_rdmsr(void *arg)
{
	struct access *a = arg;

	a->value = rdmsr((uint32_t)a->where);
}

static void do_wrmsr(void *arg)
{
	struct access *a = arg;

	wrmsr((uint32_t)a->where, a->value);
}

static void do_read(void *arg)
{
	struct access *a = arg;

	a->value = *(volatile uint64_t *)a->where;
}

static void do_write(void *arg)
{
	struct access *a = arg;

	*(volatile uint64_t *)a->where = a->value;
}

static void do_cr0(void *arg)
{
	write_cr0(((struct access *)arg)->value);
}

static void do_cr3(void *arg)
{
	write_cr3(((struct access *)arg)->value);
}

static void do_cr4(void *arg)
{
	write_cr4(((struct access *)arg)->value);
}

static void do_xsetbv(void *arg)
{
	struct access *a = arg;

	xsetbv((uint32_t)a->where, a->value);
}

static int try_get(void (*fn)(void *), uint64_t where, uint64_t *value)
{
	struct access a = { where, 0 };
	int vector = catch_fault(fn, &a);

	if (vector == NO_FAULT)
		*value = a.value;
	return vector;
}

static int try_set(void (*fn)(void *), uint64_t where, uint64_t value)
{
	struct access a = { where, value };

	return catch_fault(fn, &a);
}

int try_rdmsr(uint32_t msr, uint64_t *value)
{
	return try_get(do_rdmsr, msr, value);
}

int try_wrmsr(uint32_t msr, uint64_t value)
{
	return try_set(do_wrmsr, msr, value);
}

int try_read(uintptr_t address, uint64_t *value)
{
	return try_get(do_read, address, value);
}

int try_write(uintptr_t address, uint64_t value)
{
	return try_set(do_write, address, value);
}

int try_write_cr0(uint64_t value)
{
	return try_set(do_cr0, 0, value);
}

int try_write_cr3(uint64_t value)
{
	return try_set(do_cr3, 0, value);
}

int try_write_cr4(uint64_t value)
{
	return try_set(do_cr4, 0, value);
}

int try_xsetbv(uint32_t index, uint64_t value)
{
	return try_set(do_xsetbv, index, value);
}
