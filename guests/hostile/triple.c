/* A triple fault: an exception with an IDT that cannot deliver anything. Expected: this VM stops.
 */
#include <stdint.h>
#include <stdio.h>

int main(void)
{
	static const struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} nothing;

	printf("triple fault follows\n");
	fflush(stdout);
	__asm__ volatile("lidt %0; ud2" ::"m"(nothing));
	printf("FAIL: survived a triple fault\n");
	return 1;
}
