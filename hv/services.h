/*
 * What the boot core does beside running guests: host console, shell, batch runs. One timer event
 * on that core; the period is short for a person at the shell and long in a batch run, where it
 * would only disturb what is measured.
 */
#ifndef HV_SERVICES_H
#define HV_SERVICES_H

#include <stdint.h>

/* Starts them; boot core, once its timers are there and the VMs have been started. */
void services_start(uint64_t now);

/* Ends all VMs and then the machine, as a batch run does when it is over. */
void services_shut_down(void);

#endif
