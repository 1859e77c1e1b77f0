/* Any text as the list of models that a person types or a configuration has. */
#include <string.h>

#include "hv/model_list.h"
#include "ple/models.h"
#include "tests/fuzz/fuzz_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t members = 0x5a5a5a5a;
	char text[256];

	size = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
	memcpy(text, data, size);
	text[size] = '\0';
	if (model_list_parse(text, &members))
		require((members & ~PLE_ALL_MEMBERS) == 0);
	else
		require(members == 0x5a5a5a5a);
	require(model_find(text, strlen(text)) < PLE_MEMBERS);
	return 0;
}
