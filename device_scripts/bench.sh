#!/bin/sh
# Runs edge-run bench under conditions that can be compared: highest clock, cool, written down.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=commands.sh
. "$here/commands.sh"

usage() {
    cat <<'EOF'
Usage: bench.sh [--home DIR] [--output DIR] [--below CELSIUS] [--wait SECONDS] [--dry-run]
                [-- ARGUMENTS]

Measures the active bundle with edge-run bench: waits until the processor is cool, lets it run
at its highest clock meanwhile, and puts the governors back afterwards, also when interrupted.
The governor takes sudo; without it, the bundle is measured as the device is.

  --home DIR        where armlet is (default: ~/armlet)
  --output DIR      write bench.json and conditions.json there, and print no table
  --below CELSIUS   cool enough to begin (default: 60)
  --wait SECONDS    longest time to wait for that (default: 300)
  --dry-run         print what would change something, and change and measure nothing
  --help            print this

ARGUMENTS go to edge-run bench: bench.sh -- --precision int8 --threads 1
EOF
}

home='' output='' below=60 wait=300
while [ $# -gt 0 ]; do
    case $1 in
        --home | --output | --below | --wait)
            [ -n "${2:-}" ] || misuse "$1 needs a value"
            case $1 in
                --home) home=$(absolute "$2") ;;
                --output) output=$(absolute "$2") ;;
                --below) below=$2 ;;
                --wait) wait=$2 ;;
            esac
            shift ;;
        --dry-run) dry_run=yes ;;
        --help) usage && exit ;;
        --) shift && break ;;
        *) misuse "what is '$1'; edge-run's own options come after --" ;;
    esac
    shift
done
[ -n "$home" ] || home=$(default_home)
for number in "$below" "$wait"; do
    case $number in
        *[!0-9]*) misuse "'$number' is not a whole number" ;;
    esac
done
[ -x "$home/bin/edge-run" ] || fail "there is no $home/bin/edge-run" "run setup.sh or deploy"
[ -e "$home/bundle/manifest.json" ] ||
    fail "there is no bundle in $home" "run edge-export deploy BUNDLE HOST on the workstation"

# ---- What the machine tells.

first_line() { # FILE, without what JSON would stumble over
    [ -r "$1" ] && tr -d '\000\042\134' <"$1" | head -n 1
}

# The processor's, in degrees Celsius; other zones say nothing of it.
temperature() {
    for zone in /sys/class/thermal/thermal_zone*; do
        case $(first_line "$zone/type") in
            cpu*thermal | soc* | x86_pkg_temp | cluster* | big* | little* | package*)
                milli=$(first_line "$zone/temp") && echo $((milli / 1000)) && return ;;
        esac
    done
    return 1
}

governors() { # one word: schedutil, or mixed
    cat /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor 2>/dev/null | sort -u |
        awk '{ word = $1 } END { if (NR) print NR == 1 ? word : "mixed" }'
}

throttled() { # what a Raspberry Pi's firmware says, as throttled=0x0
    command -v vcgencmd >/dev/null && vcgencmd get_throttled 2>/dev/null | tr -d '\042\134'
}

text() { # WORDS as JSON; nothing is null
    if [ -n "$1" ]; then printf '"%s"' "$1"; else printf null; fi
}

# ---- The governors, and how they get back.

before=$(governors)
saved=
child=

set_governor() { # FILE GOVERNOR
    if [ "$dry_run" = yes ]; then
        change sudo sh -c "echo $2 >$1"
    elif [ "$(id -u)" -eq 0 ]; then
        echo "$2" >"$1"
    else
        sudo -n sh -c "echo $2 >$1"
    fi
}

# A signal to this script alone must not leave edge-run behind, nor a governor.
# shellcheck disable=SC2317  # a trap calls it
restore() {
    [ -z "$child" ] || kill "$child" 2>/dev/null || true
    [ -z "$output" ] || rm -f "$output/bench.json.new"
    for pair in $saved; do
        set_governor "${pair%=*}" "${pair#*=}" || say "${pair%=*} is still at performance"
    done
    saved=
}
trap restore EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- Cool, then fast.

if start=$(temperature); then
    waited=0
    while [ "$dry_run" = no ] && [ "$(temperature)" -ge "$below" ] && [ $waited -lt "$wait" ]; do
        [ $waited -gt 0 ] || say "waiting until the processor is below $below °C"
        sleep 5 &
        wait $!
        waited=$((waited + 5))
    done
    start=$(temperature)
    [ "$start" -lt "$below" ] || [ "$dry_run" = yes ] ||
        say "it still has $start °C after $wait s: times may suffer; cool the board"
else
    start=
    say "this machine tells no temperature of its processor"
fi

if [ -z "$before" ]; then
    say "this machine has no governors: its clock is as it is"
elif [ "$(id -u)" -ne 0 ] && [ "$dry_run" = no ] && ! sudo -n true 2>/dev/null; then
    say "without root the governor stays $before; run sudo -v first, and then this again"
else
    for file in /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor; do
        saved="$saved $file=$(cat "$file")"
        set_governor "$file" performance || say "$file doesn't take performance"
    done
fi
during=$(governors)

# ---- The measurement. In the background, since a shell heeds no signal while it runs something.

if [ "$dry_run" = yes ]; then
    [ -z "$output" ] || change mkdir -p "$output"
    change "$home/bin/edge-run" bench "$home/bundle" ${output:+--json} "$@"
    exit
fi
exec 3>&1
if [ -n "$output" ]; then
    mkdir -p "$output"
    exec 3>"$output/bench.json.new"
fi
code=0
"$home/bin/edge-run" bench "$home/bundle" ${output:+--json} "$@" >&3 &
child=$!
wait $child || code=$?
child=
[ -z "$output" ] || [ -s "$output/bench.json.new" ] ||
    fail "edge-run bench measured nothing" "mend what it says above"

if [ -n "$output" ]; then
    mv "$output/bench.json.new" "$output/bench.json"
    write "$output/conditions.json" 644 <<EOF
{
  "model": $(text "$(first_line /proc/device-tree/model)"),
  "kernel": $(text "$(uname -r)"),
  "governor": {"before": $(text "$before"), "during": $(text "$during")},
  "celsius": {"before": ${start:-null}, "after": $(temperature || echo null)},
  "throttled": $(text "$(throttled)")
}
EOF
fi
exit $code
