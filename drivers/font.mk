# The font of the screen console: unpacked from the Debian package psf-unifont (a PC screen font,
# 8x16, glyphs in ASCII order) and built in by drivers/font.S.

FONT_PSF_GZ := /usr/share/consolefonts/Unifont-APL8x16.psf.gz

$(BUILD)/hv/drivers/console.psf: $(FONT_PSF_GZ)
	@mkdir -p $(@D)
	gzip -dc $< >$@

$(BUILD)/hv/drivers/font.o: $(BUILD)/hv/drivers/console.psf
$(BUILD)/hv/drivers/font.o: HV_CFLAGS += -Wa,-I$(BUILD)/hv
