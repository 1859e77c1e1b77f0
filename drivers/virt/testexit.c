#include "drivers/virt/testexit.h"

void testexit_write(struct testexit *t, uint32_t value)
{
	t->exited(t->context, value);
}
