/* The devices of a VM, wired together: lines to controllers, controllers to local APICs. */
#include "hv/time.h"
#include "hv/timer_queue.h"
#include "hv/vm.h"

/* Wall-clock time is not known to the hypervisor; guests start in 2024. */
#define RTC_START_SECONDS 1704067200

#define PIT_FIRST_PORT 0x40u
#define PIT_PORTS      4u

static void com1_transmit(void *context, uint8_t byte)
{
	struct vm *vm = context;

	vm_console_output(&vm->console, &byte, 1);
}

static void raise_irq(struct vm *vm, unsigned irq, unsigned pin, bool level)
{
	pic_set_irq(&vm->devices.pic, irq, level);
	ioapic_set_pin(&vm->devices.ioapic, pin, level);
}

static void com1_interrupt(void *context, bool level)
{
	raise_irq(context, PC_COM1_IRQ, PC_COM1_IRQ, level);
}

/* ISA IRQ 0 is pin 2 of the I/O APIC, as the MADT says. */
static void pit_interrupt(void *context, bool level)
{
	raise_irq(context, 0, 2, level);
}

static void pic_interrupt(void *context, bool level)
{
	struct vm *vm = context;

	if (lapic_post_lint(vm->lapics[0], 0, level))
		vcpu_request(vm->vcpus[0], VCPU_REQUEST_EVENT);
}

static void ioapic_deliver(void *context, const struct apic_message *message)
{
	struct vm *vm = context;

	lapic_route(&vm->route, NULL, message);
}

static void notify_vcpu(void *context, unsigned index)
{
	struct vm *vm = context;

	vcpu_request(vm->vcpus[index], VCPU_REQUEST_EVENT);
}

/* QEMU's isa-debug-exit ends with twice the value plus one; we report the value itself. */
static void test_exited(void *context, uint32_t value)
{
	struct vm *vm = context;

	vm_end(vm, VM_END_EXITED, value, "test exit port");
}

static void power_requested(void *context, enum acpi_power_request request)
{
	struct vm *vm = context;

	if (request == ACPI_POWER_OFF)
		vm_end(vm, VM_END_EXITED, 0, "power off");
	else
		vm_end(vm, VM_END_RESET, 0, "reset");
}

/* Called from the boot core's console with no lock held. */
static bool console_input(void *context, uint8_t byte)
{
	struct vm *vm = context;
	unsigned taken;

	spin_lock(&vm->lock);
	taken = uart16550_receive(&vm->devices.com1, &byte, 1);
	spin_unlock(&vm->lock);
	return taken == 1;
}

static const struct uart16550_ops com1_ops = { com1_transmit, com1_interrupt };
static const struct ioapic_ops ioapic_ops = { ioapic_deliver };
static const struct pic_ops pic_ops = { pic_interrupt };
static const struct pit_ops pit_ops = { pit_interrupt };

vm_console_input vm_devices_console_input(void)
{
	return console_input;
}

static void build_buses(struct vm *vm)
{
	struct vm_devices *d = &vm->devices;
	const struct pc_devices devices = {
		.com1 = &d->com1,
		.pic = &d->pic,
		.pit = &d->pit,
		.rtc = &d->rtc,
		.fwcfg = &d->fwcfg,
		.testexit = &d->testexit,
		.power = &d->power,
	};

	bus_init(&d->port_bus, d->ports, pc_ports_build(&devices, d->ports));
	d->mmio[0] = pc_ioapic_range(&d->ioapic);
	bus_init(&d->mmio_bus, d->mmio, 1);
}

void vm_devices_init(struct vm *vm, uint64_t now)
{
	struct vm_devices *d = &vm->devices;

	vm->route = (struct lapic_route) {
		.lapics = vm->lapics,
		.count = vm->vcpu_count,
		.notify = notify_vcpu,
		.context = vm,
	};
	uart16550_init(&d->com1, &com1_ops, vm);
	ioapic_init(&d->ioapic, vm->vcpu_count, &ioapic_ops, vm);
	pic_init(&d->pic, &pic_ops, vm);
	pit_init(&d->pit, tsc_hz, &pit_ops, vm);
	rtc_init(&d->rtc, tsc_hz, RTC_START_SECONDS, now);
	fwcfg_init(&d->fwcfg, vm->vcpu_count, vm->ram.size, NULL, 0);
	d->testexit = (struct testexit) { .exited = test_exited, .context = vm };
	d->power = (struct acpi_power) { .requested = power_requested, .context = vm };
	build_buses(vm);
	vm->devices_due = TIMER_NEVER;
}

uint64_t vm_port_read(struct vm *vm, uint16_t port, unsigned size)
{
	uint64_t value;

	spin_lock(&vm->lock);
	value = bus_read(&vm->devices.port_bus, port, size, tsc_now());
	spin_unlock(&vm->lock);
	return value;
}

static bool is_pit_port(uint16_t port)
{
	return port - PIT_FIRST_PORT < PIT_PORTS;
}

/* A write to the PIT may move its next interrupt, which is for vCPU 0 to look after. */
void vm_port_write(struct vm *vm, uint16_t port, unsigned size, uint64_t value)
{
	spin_lock(&vm->lock);
	bus_write(&vm->devices.port_bus, port, size, value, tsc_now());
	if (__builtin_expect(is_pit_port(port), 0)) {
		vm->devices_due = pit_next_event(&vm->devices.pit);
		vcpu_request(vm->vcpus[0], VCPU_REQUEST_TIMER);
	}
	spin_unlock(&vm->lock);
}

uint64_t vm_mmio_read(struct vm *vm, uint64_t gpa, unsigned size)
{
	uint64_t value;

	spin_lock(&vm->lock);
	value = bus_read(&vm->devices.mmio_bus, gpa, size, tsc_now());
	spin_unlock(&vm->lock);
	return value;
}

void vm_mmio_write(struct vm *vm, uint64_t gpa, unsigned size, uint64_t value)
{
	spin_lock(&vm->lock);
	bus_write(&vm->devices.mmio_bus, gpa, size, value, tsc_now());
	spin_unlock(&vm->lock);
}

uint8_t vm_pic_acknowledge(struct vm *vm)
{
	uint8_t vector;

	spin_lock(&vm->lock);
	vector = pic_acknowledge(&vm->devices.pic);
	spin_unlock(&vm->lock);
	return vector;
}

void vm_devices_advance(struct vm *vm, uint64_t now)
{
	spin_lock(&vm->lock);
	pit_advance(&vm->devices.pit, now);
	vm->devices_due = pit_next_event(&vm->devices.pit);
	spin_unlock(&vm->lock);
}
