#!/usr/bin/env bash
# Makes images that are truncated or lie, for the boot tests of the image loaders.
#
# usage: guests/bad_images.sh FOLDER      FOLDER holds hello.elf and multiboot.elf

set -euo pipefail
cd "$1"

# patch FILE OFFSET BYTES: overwrites bytes, given as \xNN
patch() {
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# damaged NAME SOURCE OFFSET BYTES: a copy with some bytes changed
damaged() {
	cp "$2" "$1"
	patch "$1" "$3" "$4"
}

head -c 100 hello.elf >bad_header.elf                  # ends within the program headers
head -c 8192 hello.elf >bad_truncated.elf              # segments reach beyond the end
damaged bad_entry.elf hello.elf 24 '\x00\x00\x00\x70'  # e_entry where nothing is loaded
damaged bad_machine.elf hello.elf 18 '\xb7\x00'        # e_machine: AArch64
damaged bad_phoff.elf hello.elf 32 '\xff\xff\xff\xff\xff\xff\xff\xff'
damaged bad_size.elf hello.elf 104 '\xff\xff\xff\xff\xff\xff\xff\x7f' # p_memsz of the first
head -c 600 multiboot.elf >bad_multiboot.elf
head -c 510 bootsector.bin >bad_bootsector.bin         # too short for the signature
: >bad_empty.bin
