/* Names of VT-x numbers for people: exit reasons, VM-instruction errors, VMCS fields. */
#ifndef VMX_NAMES_H
#define VMX_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* All of these return constant text, never NULL; an unknown number gives "unknown". */

/* Takes VMCS_EXIT_REASON whole or its basic part: bits above 15 are ignored. */
const char *vmx_exit_reason_name(uint32_t reason);

/* VMCS_INSTRUCTION_ERROR, SDM 30.4. */
const char *vmx_instruction_error_name(uint32_t error);

/* Exception mnemonic such as "#GP". */
const char *vmx_exception_name(uint32_t vector);

/* Every field of vmx/vmcs.h, in the order of that header, for dumps. */
struct vmcs_field_name {
	uint32_t field;
	const char *name;
};
extern const struct vmcs_field_name vmcs_field_names[];
extern const size_t vmcs_field_name_count;

const char *vmcs_field_name(uint32_t field);

#endif
