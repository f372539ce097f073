#!/bin/sh
# ~/armlet/bin/edge-run on a device: runs what the link "runtime" points to.
home=$(dirname "$(dirname "$(readlink -f "$0")")")
export ARMLET_CACHE="${ARMLET_CACHE:-$home/cache}"
exec "$home/runtime/edge-run" "$@"
