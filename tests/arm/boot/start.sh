#!/bin/busybox sh
# shellcheck shell=dash
# What runs instead of systemd in a root that was only unpacked: the network and sshd.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin
set -eu
busybox mount -t tmpfs run /run
busybox mount -t tmpfs tmp /tmp
mkdir -p /run/sshd /dev/pts /dev/shm
busybox mount -t devpts devpts /dev/pts
busybox mount -t tmpfs shm /dev/shm
chmod 1777 /tmp /dev/shm
ln -sf /proc/self/fd /dev/fd
busybox hostname -F /etc/hostname

busybox ip link set lo up
# On a board the network hangs on USB and comes later.
tries=0
until set -- /sys/class/net/[eu]* && [ -e "$1" ] || [ $tries -ge 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
card=${1##*/}
busybox ip link set "$card" up
busybox ip addr add 10.0.2.15/24 dev "$card" # where QEMU expects its guest

/usr/sbin/sshd
while :; do # waiting for it, the shell also takes up what others leave behind
    sleep 60
done
