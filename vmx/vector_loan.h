/*
 * The vector registers of this core, for code of the hypervisor in SIMD sections (.text.simd).
 * Guests' values stay in the core while the hypervisor runs (vmx/vector_state.h), so whoever wants
 * the registers borrows them: only if a vCPU is loaded is anything saved and put back.
 *
 *	vector_borrow();
 *	... vector code; no switch of vCPUs, no rendezvous, no second loan ...
 *	vector_return();
 *
 * XCR0 is the host's in between, whatever the guest set: AVX code runs although the guest may have
 * switched AVX off. What the code leaves in the registers reaches no guest: they are all restored
 * here, or by the next vmx_load().
 */
#ifndef VMX_VECTOR_LOAN_H
#define VMX_VECTOR_LOAN_H

void vector_borrow(void);
void vector_return(void);

#endif
