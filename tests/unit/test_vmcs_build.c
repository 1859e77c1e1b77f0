/* The VMCS as data, for every processor model that can run us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/caps_models.h"
#include "tests/unit/vmcs_host.h"
#include "vmx/registers.h"
#include "vmx/vmcs_build.h"

static struct vmcs_settings plain_settings(void)
{
	return (struct vmcs_settings) {
		.eptp = 0x20001e,
		.msr_bitmap = 0x30000,
		.vpid = 7,
		.tsc_offset = -5ull,
		.ple_gap = 128,
		.ple_window = 4096,
		.xss_exit_bitmap = UINT64_MAX,
		.guest_cr4_allowed = CR4_PAE | CR4_PGE | CR4_MCE | CR4_OSXSAVE | CR4_SMEP,
		.rdtscp = true,
		.invpcid = true,
		.xsaves = true,
		.preemption_timer = 1234,
	};
}

static uint64_t value(const struct vmcs_image *image, uint32_t field)
{
	bool ok;
	uint64_t result = vmcs_image_value(image, field, &ok);

	assert_true(ok);
	return result;
}

static bool has(const struct vmcs_image *image, uint32_t field)
{
	bool ok;

	vmcs_image_value(image, field, &ok);
	return ok;
}

static void assert_allowed(uint64_t control, struct caps_controls caps)
{
	assert_int_equal(control & caps.fixed1, caps.fixed1);
	assert_int_equal(control & ~caps.allowed, 0);
}

static void controls_are_allowed_on_every_model(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MODEL_COUNT; i++) {
		struct vmcs_settings settings = plain_settings();
		struct vmcs_controls controls;
		struct vmx_caps caps;

		if (!models[i].fit)
			continue;
		caps = model_caps(models[i].name);
		settings.virtual_apic_page = 0x40000;
		settings.apic_virtualization = true;
		settings.posted_interrupt_descriptor = 0x50000;
		settings.pml_page = 0x60000;
		settings.tsc_multiplier = 1ull << 48;
		settings.save_preemption_timer = true;
		controls = vmcs_controls(&caps, &settings);
		assert_allowed(controls.pin, caps.pin);
		assert_allowed(controls.primary, caps.primary);
		assert_allowed(controls.secondary, caps.secondary);
		assert_allowed(controls.exit, caps.exit);
		assert_allowed(controls.entry, caps.entry);
		assert_true(controls.secondary & SECONDARY_EPT);
		assert_true(controls.secondary & SECONDARY_UNRESTRICTED_GUEST);
		assert_false(controls.primary & PRIMARY_CR3_LOAD_EXITING);
	}
}

static void no_field_twice_and_widths_respected(void **state)
{
	static const uint64_t width_mask[] = { 0xffff, UINT64_MAX, 0xffffffff, UINT64_MAX };

	(void)state;
	for (unsigned m = 0; m < MODEL_COUNT; m++) {
		struct vmcs_settings settings = plain_settings();
		struct vmx_caps caps;
		struct vmcs_start start;
		struct vmcs_image image;

		if (!models[m].fit)
			continue;
		caps = model_caps(models[m].name);
		vmcs_start_reset(&start, 0x50654);
		vmcs_build(&image, &caps, &host, &settings, &start);
		for (uint32_t i = 0; i < image.count; i++) {
			uint32_t field = image.writes[i].field;

			assert_int_equal(
				image.writes[i].value & ~width_mask[vmcs_field_width(field)], 0);
			assert_int_not_equal(vmcs_field_type(field), VMCS_TYPE_EXIT);
			for (uint32_t k = 0; k < i; k++)
				assert_int_not_equal(image.writes[k].field, field);
		}
	}
}

static struct vmcs_image build(const char *model, const struct vmcs_settings *settings,
			       const struct vmcs_start *start)
{
	struct vmx_caps caps = model_caps(model);
	struct vmcs_image image;

	vmcs_build(&image, &caps, &host, settings, start);
	return image;
}

static void old_models_have_no_new_fields(void **state)
{
	struct vmcs_settings settings = plain_settings();
	struct vmcs_start start;
	struct vmcs_image old, new;

	(void)state;
	settings.pml_page = 0x60000;
	settings.tsc_multiplier = 1ull << 48;
	vmcs_start_reset(&start, 0);
	old = build("corei7_sandy_bridge_2600k", &settings, &start);
	new = build("corei7_skylake_x", &settings, &start);
	assert_false(has(&old, VMCS_XSS_EXITING_BITMAP) || has(&old, VMCS_PML_ADDRESS) ||
		     has(&old, VMCS_TSC_MULTIPLIER));
	assert_true(has(&new, VMCS_XSS_EXITING_BITMAP) && has(&new, VMCS_PML_ADDRESS) &&
		    has(&new, VMCS_TSC_MULTIPLIER));
	assert_int_equal(value(&new, VMCS_PML_INDEX), 511);
}

static void settings_reach_their_fields(void **state)
{
	struct vmcs_settings settings = plain_settings();
	struct vmcs_start start;
	struct vmcs_image image;

	(void)state;
	vmcs_start_reset(&start, 0);
	image = build("corei7_skylake_x", &settings, &start);
	assert_int_equal(value(&image, VMCS_EPT_POINTER), 0x20001e);
	assert_int_equal(value(&image, VMCS_MSR_BITMAP), 0x30000);
	assert_int_equal(value(&image, VMCS_VPID), 7);
	assert_int_equal(value(&image, VMCS_TSC_OFFSET), -5ull);
	assert_int_equal(value(&image, VMCS_PLE_GAP), 128);
	assert_int_equal(value(&image, VMCS_PREEMPTION_TIMER), 1234);
	assert_int_equal(value(&image, VMCS_EXCEPTION_BITMAP), 1u << VECTOR_MC);
	assert_int_equal(value(&image, VMCS_LINK_POINTER), UINT64_MAX);
	assert_int_equal(value(&image, VMCS_HOST_RIP), host.rip);
	assert_int_equal(value(&image, VMCS_HOST_GS_BASE), host.gs_base);
	assert_int_equal(value(&image, VMCS_HOST_EFER), host.efer);
}

static void what_must_exit_exits(void **state)
{
	struct vmcs_settings settings = plain_settings();
	struct vmx_caps caps = model_caps("corei7_skylake_x");
	struct vmcs_controls c;

	(void)state;
	settings.vpid = 0;
	settings.ple_gap = 0;
	c = vmcs_controls(&caps, &settings);
	assert_true(c.primary & PRIMARY_HLT_EXITING && c.primary & PRIMARY_MWAIT_EXITING);
	assert_true(c.primary & PRIMARY_UNCONDITIONAL_IO_EXITING);
	assert_true(c.primary & PRIMARY_CR8_LOAD_EXITING && c.primary & PRIMARY_CR8_STORE_EXITING);
	assert_false(c.primary & (PRIMARY_IO_BITMAPS | PRIMARY_RDTSC_EXITING |
				  PRIMARY_INVLPG_EXITING | PRIMARY_MOV_DR_EXITING));
	assert_false(c.secondary & (SECONDARY_VPID | SECONDARY_PAUSE_LOOP_EXITING));
	assert_true(c.secondary & SECONDARY_WBINVD_EXITING);
	assert_true(c.pin & PIN_EXTERNAL_INTERRUPT_EXITING && c.pin & PIN_NMI_EXITING);
	assert_true(c.pin & PIN_VIRTUAL_NMIS && c.pin & PIN_PREEMPTION_TIMER);
	settings.io_bitmap_a = 0x1000;
	settings.io_bitmap_b = 0x2000;
	settings.virtual_apic_page = 0x3000;
	c = vmcs_controls(&caps, &settings);
	assert_true(c.primary & PRIMARY_IO_BITMAPS && c.primary & PRIMARY_TPR_SHADOW);
	assert_false(c.primary & (PRIMARY_UNCONDITIONAL_IO_EXITING | PRIMARY_CR8_LOAD_EXITING));
}

static void apic_virtualization_is_all_or_nothing(void **state)
{
	struct vmcs_settings settings = plain_settings();
	struct vmx_caps caps = model_caps("corei7_skylake_x");
	const uint32_t all = SECONDARY_VIRTUALIZE_X2APIC | SECONDARY_APIC_REGISTER_VIRTUALIZATION |
			     SECONDARY_VIRTUAL_INTERRUPT_DELIVERY;

	(void)state;
	settings.apic_virtualization = true;
	assert_false(vmcs_controls(&caps, &settings).secondary & all);
	settings.virtual_apic_page = 0x3000;
	assert_int_equal(vmcs_controls(&caps, &settings).secondary & all, all);
	caps.virtual_interrupt_delivery = false;
	assert_false(vmcs_controls(&caps, &settings).secondary & all);
	settings.apic_access_page = 0x4000;
	assert_true(vmcs_controls(&caps, &settings).secondary & SECONDARY_VIRTUALIZE_APIC_ACCESSES);
}

static void guests_own_only_harmless_bits(void **state)
{
	struct vmx_caps caps = model_caps("corei7_skylake_x");
	uint64_t own0 = vmcs_cr0_guest_owned(&caps);
	uint64_t own4 = vmcs_cr4_guest_owned(&caps, UINT64_MAX);

	(void)state;
	assert_int_equal(own0, CR0_MP | CR0_EM | CR0_TS | CR0_WP | CR0_AM);
	assert_false(own4 & (CR4_VMXE | CR4_MCE | CR4_SMXE | CR4_OSXSAVE));
	assert_true(own4 & CR4_PGE && own4 & CR4_SMEP);
	assert_int_equal(own4 & ~caps.cr4_fixed1, 0);
	assert_int_equal(vmcs_cr4_guest_owned(&caps, CR4_PGE), CR4_PGE);
}

static void real_registers_keep_what_vmx_needs(void **state)
{
	struct vmx_caps caps = model_caps("corei7_skylake_x");

	(void)state;
	assert_int_equal(vmcs_real_cr0(&caps, CR0_ET | CR0_CD | CR0_NW), CR0_ET | CR0_NE);
	assert_int_equal(vmcs_real_cr4(&caps, 0), CR4_VMXE | CR4_MCE);
	assert_int_equal(vmcs_real_cr4(&caps, CR4_PAE), CR4_VMXE | CR4_MCE | CR4_PAE);
	assert_int_equal(vmcs_guest_view(CR0_NE | CR0_TS, CR0_CD, CR0_TS), CR0_CD | CR0_TS);
}

static void reset_state(void **state)
{
	struct vmcs_settings settings = plain_settings();
	struct vmcs_start start;
	struct vmcs_image image;

	(void)state;
	vmcs_start_reset(&start, 0x50654);
	image = build("corei7_skylake_x", &settings, &start);
	assert_int_equal(start.gpr[GPR_RDX], 0x50654);
	assert_int_equal(value(&image, VMCS_GUEST_RIP), 0xfff0);
	assert_int_equal(value(&image, VMCS_GUEST_CS_SELECTOR), 0xf000);
	assert_int_equal(value(&image, VMCS_GUEST_CS_BASE), 0xffff0000);
	assert_int_equal(value(&image, VMCS_CR0_SHADOW), 0x60000010);
	assert_int_equal(value(&image, VMCS_GUEST_CR0), CR0_ET | CR0_NE);
	assert_int_equal(value(&image, VMCS_GUEST_RFLAGS), 2);
	assert_int_equal(value(&image, VMCS_GUEST_DR7), 0x400);
	assert_false(value(&image, VMCS_ENTRY_CONTROLS) & ENTRY_IA32E_GUEST);
}

static void sipi_state(void **state)
{
	struct vmcs_start start;

	(void)state;
	vmcs_start_sipi(&start, 0x50654, 0x9a);
	assert_int_equal(start.segment[SEGMENT_CS].selector, 0x9a00);
	assert_int_equal(start.segment[SEGMENT_CS].base, 0x9a000);
	assert_int_equal(start.rip, 0);
}

static void boot_sector_state(void **state)
{
	struct vmcs_start start;

	(void)state;
	vmcs_start_real16(&start, 0x07c0, 0x10, 0x7000);
	assert_int_equal(start.segment[SEGMENT_CS].base, 0x7c00);
	assert_int_equal(start.rip, 0x10);
	assert_int_equal(start.gpr[GPR_RSP], 0x7000);
	assert_int_equal(start.cr0, CR0_ET);
}

static void protected_and_long_mode_states(void **state)
{
	struct vmcs_settings settings = plain_settings();
	struct vmcs_start start;
	struct vmcs_image image;

	(void)state;
	vmcs_start_prot32(&start, 0x100000, 0x9000);
	image = build("corei7_skylake_x", &settings, &start);
	assert_int_equal(value(&image, VMCS_GUEST_CR0), CR0_PE | CR0_ET | CR0_NE);
	assert_int_equal(value(&image, VMCS_GUEST_CS_ACCESS), 0xc09b);
	assert_int_equal(value(&image, VMCS_GUEST_DS_ACCESS), 0xc093);
	vmcs_start_long64(&start, 0x200000, 0x80000, 0x1000);
	image = build("corei7_skylake_x", &settings, &start);
	assert_int_equal(value(&image, VMCS_GUEST_CS_ACCESS), 0xa09b);
	assert_int_equal(value(&image, VMCS_GUEST_EFER), EFER_LME | EFER_LMA);
	assert_int_equal(value(&image, VMCS_GUEST_CR3), 0x1000);
	assert_true(value(&image, VMCS_ENTRY_CONTROLS) & ENTRY_IA32E_GUEST);
}

static void restarting_rewrites_guest_state_only(void **state)
{
	struct vmcs_settings settings = plain_settings();
	struct vmx_caps caps = model_caps("corei7_skylake_x");
	struct vmcs_start start;
	struct vmcs_image image = { 0 };

	(void)state;
	vmcs_start_sipi(&start, 0, 8);
	vmcs_build_guest(&image, &caps, &settings, &start);
	assert_false(has(&image, VMCS_HOST_RIP) || has(&image, VMCS_PIN_CONTROLS));
	assert_true(has(&image, VMCS_ENTRY_CONTROLS) && has(&image, VMCS_CR0_SHADOW));
	assert_false(has(&image, VMCS_VPID));
}

static void performance_counters_count_in_the_guest_only(void **state)
{
	struct vmcs_settings settings = plain_settings();
	struct vmcs_start start;
	struct vmcs_image image;

	(void)state;
	vmcs_start_reset(&start, 0);
	image = build("corei7_skylake_x", &settings, &start);
	assert_false(has(&image, VMCS_GUEST_PERF_GLOBAL_CTRL) ||
		     has(&image, VMCS_HOST_PERF_GLOBAL_CTRL));
	settings.perf_global_ctrl = 3;
	image = build("corei7_skylake_x", &settings, &start);
	assert_true(value(&image, VMCS_ENTRY_CONTROLS) & ENTRY_LOAD_PERF_GLOBAL_CTRL);
	assert_true(value(&image, VMCS_EXIT_CONTROLS) & EXIT_LOAD_PERF_GLOBAL_CTRL);
	assert_int_equal(value(&image, VMCS_GUEST_PERF_GLOBAL_CTRL), 3);
	assert_int_equal(value(&image, VMCS_HOST_PERF_GLOBAL_CTRL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controls_are_allowed_on_every_model),
		cmocka_unit_test(no_field_twice_and_widths_respected),
		cmocka_unit_test(old_models_have_no_new_fields),
		cmocka_unit_test(settings_reach_their_fields),
		cmocka_unit_test(what_must_exit_exits),
		cmocka_unit_test(apic_virtualization_is_all_or_nothing),
		cmocka_unit_test(guests_own_only_harmless_bits),
		cmocka_unit_test(real_registers_keep_what_vmx_needs),
		cmocka_unit_test(reset_state),
		cmocka_unit_test(sipi_state),
		cmocka_unit_test(boot_sector_state),
		cmocka_unit_test(protected_and_long_mode_states),
		cmocka_unit_test(restarting_rewrites_guest_state_only),
		cmocka_unit_test(performance_counters_count_in_the_guest_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
