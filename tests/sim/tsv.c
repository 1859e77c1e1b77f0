#include "tests/sim/tsv.h"

bool tsv_open(FILE **tsv, const char *path)
{
	*tsv = path ? fopen(path, "w") : NULL;
	if (path && !*tsv)
		perror(path);
	return !path || *tsv;
}

bool tsv_close(FILE *tsv, const char *path)
{
	if (!tsv || fclose(tsv) == 0)
		return true;
	perror(path);
	return false;
}
