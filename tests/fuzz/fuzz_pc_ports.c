/*
 * Any port accesses of any size to a whole PC: nothing is read or written out of bounds, ports of
 * nobody read as ones, and a wide access equals its bytes where the device is a byte wide.
 */
#include "drivers/virt/pc_ports.h"
#include "tests/fuzz/fuzz_input.h"

static void on_byte(void *context, uint8_t byte)
{
	(void)context, (void)byte;
}

static void on_level(void *context, bool level)
{
	(void)context, (void)level;
}

static void on_value(void *context, uint32_t value)
{
	(void)context, (void)value;
}

static void on_request(void *context, enum acpi_power_request request)
{
	(void)context;
	require(request == ACPI_POWER_OFF || request == ACPI_POWER_RESET);
}

static const struct uart16550_ops uart_ops = { on_byte, on_level };
static const struct pic_ops pic_ops = { on_level };
static const struct pit_ops pit_ops = { on_level };

/* Most accesses hit something; the rest go anywhere. */
static uint16_t take_port(struct fuzz_input *in, const struct bus *bus)
{
	uint8_t choice = (uint8_t)take(in, 1);
	const struct bus_range *r = &bus->ranges[choice % bus->count];

	return choice & 0x80 ? (uint16_t)take(in, 2) : (uint16_t)(r->first - 1 + (choice >> 4));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned sizes[4] = { 1, 2, 4, 8 };
	struct fuzz_input in = { data, size };
	struct bus_range ranges[PC_PORT_RANGES];
	struct uart16550 com1;
	struct pic pic;
	struct pit pit;
	struct rtc rtc;
	struct fwcfg fwcfg;
	struct testexit testexit = { on_value, NULL };
	struct acpi_power power = { on_request, NULL };
	const struct pc_devices devices = { &com1, &pic, &pit, &rtc, &fwcfg, &testexit, &power };
	uint64_t now = 0;
	struct bus bus;

	uart16550_init(&com1, &uart_ops, NULL);
	pic_init(&pic, &pic_ops, NULL);
	pit_init(&pit, 100000000, &pit_ops, NULL);
	rtc_init(&rtc, 100000000, 0, 0);
	fwcfg_init(&fwcfg, 2, 1 << 28, NULL, 0);
	require(bus_init(&bus, ranges, pc_ports_build(&devices, ranges)) == OK);
	while (in.size) {
		uint8_t what = (uint8_t)take(&in, 1);
		uint16_t port = take_port(&in, &bus);
		unsigned width = sizes[what & 3];

		now += take_ticks(&in);
		if (what & 4)
			bus_write(&bus, port, width, take(&in, width), now);
		else if (!bus_find(&bus, port))
			require((bus_read(&bus, port, width, now) & 0xFF) == 0xFF);
		else
			require(width == 8 || !(bus_read(&bus, port, width, now) >> 8 * width));
	}
	return 0;
}
