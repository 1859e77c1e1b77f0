/* Nodes and distances: the configuration comes before the firmware. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hv/numa.h"

static struct config config;
static struct acpi_info acpi;

static int clear(void **state)
{
	(void)state;
	memset(&config.numa, 0, sizeof(config.numa));
	acpi_parse(0, NULL, NULL, &acpi);
	numa_init(&config, &acpi);
	return 0;
}

static void one_node_where_nothing_is_known(void **state)
{
	(void)state;
	assert_int_equal(numa_node_count(), 1);
	assert_int_equal(numa_node(3, 0), 0);
	assert_int_equal(numa_distance(0, 0), ACPI_LOCAL);
	assert_int_equal(numa_distance(0, 1), ACPI_REMOTE);
}

static void firmware_tells(void **state)
{
	(void)state;
	acpi.node_count = 2;
	acpi.distance[0][1] = 21;
	assert_int_equal(numa_node(3, 1), 1);
	assert_int_equal(numa_distance(0, 1), 21);
	assert_int_equal(numa_distance(1, 0), 20);
	assert_int_equal(numa_distance(5, 5), ACPI_LOCAL);
}

static void the_configuration_comes_first(void **state)
{
	(void)state;
	acpi.node_count = 2;
	acpi.distance[0][1] = 21;
	config.numa.node_count = 3;
	config.numa.node[3] = 2;
	assert_int_equal(numa_node(3, 1), 2);
	assert_int_equal(numa_node_count(), 3);
	assert_int_equal(numa_distance(0, 1), ACPI_REMOTE);
	config.numa.rows = 3;
	config.numa.distance[0][2] = 40;
	assert_int_equal(numa_distance(0, 2), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_node_where_nothing_is_known, clear),
		cmocka_unit_test_setup(firmware_tells, clear),
		cmocka_unit_test_setup(the_configuration_comes_first, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
