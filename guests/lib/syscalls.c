/* What newlib asks of its system: output to the console, a heap, and an end. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "guests/lib/boot.h"
#include "guests/lib/console.h"

#define STDOUT 1
#define STDERR 2

extern char image_end[];

/* The heap is all of low RAM behind the program. */
void *sbrk(ptrdiff_t increment)
{
	static uintptr_t heap_end;
	uintptr_t old;

	if (heap_end == 0)
		heap_end = (uintptr_t)image_end;
	old = heap_end;
	if (increment > 0 && (uint64_t)increment > guest_boot()->memory_low - old) {
		errno = ENOMEM;
		return (void *)-1;
	}
	heap_end = old + (uintptr_t)increment;
	return (void *)old;
}

_READ_WRITE_RETURN_TYPE write(int file, const void *bytes, size_t length)
{
	if (file != STDOUT && file != STDERR) {
		errno = EBADF;
		return -1;
	}
	console_write(bytes, length);
	return (int)length;
}

_READ_WRITE_RETURN_TYPE read(int file, void *bytes, size_t length)
{
	int byte;

	(void)file;
	if (length == 0)
		return 0;
	while ((byte = console_read_byte()) < 0)
		;
	*(char *)bytes = (char)byte;
	return 1;
}

/* A character device: stdio then writes line by line. */
int fstat(int file, struct stat *status)
{
	(void)file;
	status->st_mode = S_IFCHR;
	return 0;
}

int isatty(int file)
{
	return file <= STDERR;
}

off_t lseek(int file, off_t offset, int whence)
{
	(void)file;
	(void)offset;
	(void)whence;
	return 0;
}

int close(int file)
{
	(void)file;
	return 0;
}

int kill(pid_t process, int signal)
{
	(void)process;
	stop_vm(128 + signal);
}

pid_t getpid(void)
{
	return 1;
}

void _exit(int code)
{
	stop_vm(code);
}
