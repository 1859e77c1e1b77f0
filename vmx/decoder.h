/* Zydis's decoder for the code of a guest. */
#ifndef VMX_DECODER_H
#define VMX_DECODER_H

#include <Zydis/Zydis.h>

#include "vmx/mmio_decode.h"

/* Prepares a decoder for code of that size. */
void decoder_init(ZydisDecoder *decoder, enum mmio_code code);

#endif
