#!/bin/sh
# Runs a command of which some programs are for arm64: Linux gives them to qemu-aarch64-static.
# It takes root, and runs within unshare --mount, so that what it mounts goes away with it.
set -eu

registry=/proc/sys/fs/binfmt_misc
[ -e $registry/status ] || mount -t binfmt_misc binfmt_misc $registry
if [ ! -e $registry/qemu-aarch64 ]; then
    # What Debian's own service would write there.
    cat /usr/lib/binfmt.d/qemu-aarch64.conf >$registry/register
    trap 'echo -1 >$registry/qemu-aarch64' EXIT
fi
"$@"
