#!/bin/busybox sh
# shellcheck shell=dash
# The first program of an emulated machine, in its initrd: mounts the root, gives it the keys and
# hands over to what init= names.
#
# armlet.time=SECONDS is what the clock is set to, since 1970.
# armlet.root=root mounts the host's folder of that tag, read-only, with a layer in memory above
# it; armlet.root=/dev/vda is an ext4 file system that is written to.

set -eu
/bin/busybox mkdir -p /proc /sys /dev /bin /lower /layer /new
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev

root='' init='' time=''
read -r line </proc/cmdline
for word in $line; do
    case $word in
        armlet.root=*) root=${word#*=} ;;
        armlet.time=*) time=${word#*=} ;;
        init=*) init=${word#*=} ;;
    esac
done
date -s "@$time" >/dev/null # boards have no clock of their own

while read -r module; do
    insmod "/modules/$module"
done </modules/order

case $root in
    /dev/*)
        tries=0
        until [ -b "$root" ] || [ $tries -ge 100 ]; do # cards take a moment
            sleep 0.1
            tries=$((tries + 1))
        done
        mount -t ext4 "$root" /new
        ;;
    *)
        mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose "$root" /lower
        mount -t tmpfs -o size=70% layer /layer
        mkdir /layer/upper /layer/work
        mount -t overlay -o lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work root /new
        ;;
esac

# Who may log in, and who this machine is. With another user's folder beneath, even / isn't root's.
chown 0:0 /new
chmod 755 /new
mkdir -p /new/etc/ssh /new/root /new/home/pi
chown 0:0 /new/etc /new/etc/ssh /new/root /new/home
cp /keys/ssh_host_ed25519_key /keys/ssh_host_ed25519_key.pub /new/etc/ssh/
chmod 600 /new/etc/ssh/ssh_host_ed25519_key
cp /keys/hostname /new/etc/hostname
for home in root home/pi; do
    mkdir -p "/new/$home/.ssh"
    cp /keys/authorized_keys "/new/$home/.ssh/"
    chmod 700 "/new/$home" "/new/$home/.ssh"
done
chown -R 1000:1000 /new/home/pi
cp /start /new/start

for folder in proc sys dev; do
    mkdir -p "/new/$folder"
    mount --move "/$folder" "/new/$folder"
done
exec switch_root /new "$init"
