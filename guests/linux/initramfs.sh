#!/usr/bin/env bash
# Makes the initramfs of the Linux guest: busybox, our init and a few scripts. The same input gives
# the same bytes: fixed times, owners and order; no root is needed. Not compressed, since unpacking
# costs the guest more than reading two megabytes costs the loader.
#
# usage: guests/linux/initramfs.sh OUTPUT

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
output=$(realpath "$1")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

busybox=$(command -v busybox) || { echo "initramfs: busybox is missing (busybox-static)" >&2; exit 1; }
umask 022
mkdir -p "$tree"/{bin,sbin,proc,sys,dev,root,tmp,etc}
cp "$busybox" "$tree/bin/busybox"
chmod 755 "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
install -m 755 "$here/init" "$tree/init"
install -m 755 "$here/interrupts" "$tree/bin/interrupts"
find "$tree" -exec touch -h -d @1700000000 {} +

(cd "$tree" && find . | LC_ALL=C sort |
	cpio --quiet --create --format=newc --owner=0:0 --reproducible) >"$output.new"
mv "$output.new" "$output"
