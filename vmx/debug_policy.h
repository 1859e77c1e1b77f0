/*
 * Giving a debug exception that exited back to its guest.
 *
 * #DB and #AC should exit (vmcs_settings.exception_bitmap) although they are the guest's own: a
 * guest can arrange that delivering either raises it again, for ever, inside one instruction. No
 * interrupt, NMI or preemption timer is seen in that loop, so the core would be lost; with the
 * exit the loop is broken each time round and the slice still ends. The processor leaves DR6 and
 * DR7 alone at such an exit (SDM 27.1): what it would have done is computed here.
 * #AC goes back as a hardware exception with error code 0, #DB as one without error code.
 */
#ifndef VMX_DEBUG_POLICY_H
#define VMX_DEBUG_POLICY_H

#include <stdint.h>

struct debug_registers {
	uint64_t dr6;
	uint64_t dr7;
};

/*
 * The registers that the guest's #DB handler must see. qualification is that of the exit, which
 * has DR6's layout (SDM table 27-1) with RTM not inverted; current are the guest's DR6 and
 * VMCS_GUEST_DR7.
 */
struct debug_registers debug_reflect(uint64_t qualification, struct debug_registers current);

#endif
