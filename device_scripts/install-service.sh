#!/bin/sh
# Makes systemd run edge-run from boot on: the live camera, or a folder of pictures.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=commands.sh
. "$here/commands.sh"

usage() {
    cat <<'EOF'
Usage: install-service.sh camera [--source SOURCE] [--web ADDRESS] [--publish ADDRESS]
                          [--home DIR] [--dry-run]
       install-service.sh watch [--folder DIR] [--home DIR] [--dry-run]
       install-service.sh uninstall [--dry-run]

Runs the active bundle from boot on, as a user of its own who sees nothing but what it needs.
Labels go to the journal. A new bundle is taken up when it is deployed, and verified each day.
Asks for sudo. Run it again to change something.

  camera            say what the camera sees: edge-run camera
  watch             say what is on pictures that come into a folder: edge-run watch
  uninstall         remove both, with their user and /var/lib/armlet and /var/cache/armlet

  --source SOURCE   the camera: a number, a device such as /dev/v4l/by-id/..., csi or an address
                    (default: the only one that is there)
  --web ADDRESS     show a page, too, as edge-run camera --web does: 8080 for this device alone,
                    0.0.0.0:8080 for others; whoever looks needs the token in /var/lib/armlet/token
  --publish ADDRESS send results to a broker, too: mqtt://broker/topic
  --folder DIR      the folder, which must be there; the default is made, for the group armlet:
                    /var/lib/armlet/pictures
  --home DIR        where armlet is (default: ~/armlet)
  --dry-run         print what would change something, and change nothing
  --help            print this
EOF
}

units=/etc/systemd/system
state=/var/lib/armlet
user=$(id -un)
what='' source='' folder='' web='' publish='' home=${HOME:-}/armlet
if [ "$user" = root ] && [ -n "${SUDO_USER:-}" ]; then # the home folder of who asks
    user=$SUDO_USER
    home=$(getent passwd "$user" | cut -d: -f6)/armlet
fi
while [ $# -gt 0 ]; do
    case $1 in
        camera | watch | uninstall)
            [ -z "$what" ] || misuse "both '$what' and '$1'"
            what=$1 ;;
        --source | --folder | --home | --web | --publish)
            [ -n "${2:-}" ] || misuse "$1 needs a value"
            case $1 in
                --source) source=$2 ;;
                --web) web=$2 ;;
                --publish) publish=$2 ;;
                --folder) folder=$(absolute "$2") ;;
                --home) home=$(absolute "$2") ;;
            esac
            shift ;;
        --dry-run) dry_run=yes ;;
        --help) usage && exit ;;
        *) misuse "what is '$1'" ;;
    esac
    shift
done
looks=$source$web$publish
case $what-${looks:+looks}-${folder:+folder} in
    -*) misuse "camera, watch or uninstall" ;;
    camera-*-folder | uninstall-*-folder) misuse "--folder is for watch" ;;
    watch-looks-* | uninstall-looks-*) misuse "--source, --web and --publish are for camera" ;;
esac
case $folder$home in
    *[!A-Za-z0-9_./:@,=+~-]*) # systemd gives a meaning to % and $, and to spaces
        fail "a path has a character that means something to systemd" \
            "use letters, digits and _./:@,=+~-" ;;
esac
case $source in
    -*) misuse "--source $source is no source" ;;
    *[!!-~]* | *[\"\\]*) fail "--source has a space, a quote or a letter beyond ASCII" \
        "write addresses %-encoded, and give devices by /dev/video0 or /dev/v4l/by-id/..." ;;
esac
is_page() { # [HOST:]PORT, which an ordinary user may take
    port=${1##*:}
    case ${1%"$port"} in *[!]A-Za-z0-9_.:[-]*) return 1 ;; esac
    case $port in '' | *[!0-9]* | ??????*) return 1 ;; esac
    [ "$port" -ge 1024 ]
}
[ -z "$web" ] || is_page "$web" || misuse "--web $web is no [HOST:]PORT with a port from 1024 on"
case $publish in
    '' | mqtt://[!/-]*/?* | mqtts://[!/-]*/?*) ;;
    *) misuse "--publish $publish is no mqtt://BROKER/TOPIC" ;;
esac
case $publish in
    *@*) fail "whoever may read units would read the password of --publish" \
        "give it with ARMLET_MQTT_USER and ARMLET_MQTT_PASSWORD in systemctl edit armlet-camera" ;;
    *[!!-~]* | *[\"\\]*) fail "--publish has a space, a quote or a letter beyond ASCII" \
        "choose another topic" ;;
esac
[ "$dry_run" = yes ] || [ -d /run/systemd/system ] ||
    fail "systemd doesn't run here" "start edge-run $what with what does"

installed() { # what can be compared
    cat "$units"/armlet-* 2>/dev/null | cksum
}
before=$(installed)

# ---- Away with all.

if [ "$what" = uninstall ]; then
    if ! ls "$units"/armlet-* "$state" >/dev/null 2>&1 && ! getent passwd armlet >/dev/null; then
        say "nothing to do"
        exit
    fi
    for unit in "$units"/armlet-*; do
        [ -e "$unit" ] || continue
        change_as_root systemctl disable --quiet --now "${unit##*/}"
        change_as_root rm "$unit"
    done
    change_as_root systemctl daemon-reload
    change_as_root systemctl reset-failed 'armlet-*'
    change_as_root rm -rf "$state" /var/cache/armlet /run/armlet \
        /var/lib/systemd/timers/stamp-armlet-verify.timer
    if getent passwd armlet >/dev/null; then
        change_as_root gpasswd --members '' armlet # with members, the group would stay
        change_as_root userdel armlet
    fi
    exit
fi

# ---- What it needs.

[ -x "$home/bin/edge-run" ] || fail "there is no $home/bin/edge-run" "run setup.sh or deploy"
[ -e "$home/bundle/manifest.json" ] ||
    fail "there is no bundle in $home" "run edge-export deploy BUNDLE HOST on the workstation"

if ! getent passwd armlet >/dev/null; then
    change_as_root useradd --system --user-group --no-create-home --home-dir "$state" \
        --shell /usr/sbin/nologin armlet
fi
if [ "$what" = watch ] && [ -z "$folder" ]; then
    folder=$state/pictures
    # What is copied there belongs to the group, whoever copies it.
    change_as_root install -d -o armlet -g armlet -m 755 "$state"
    change_as_root install -d -o armlet -g armlet -m 2775 "$folder"
    case " $(id -nG "$user") " in
        *' armlet '*) ;;
        *)
            change_as_root usermod --append --groups armlet "$user"
            say "$user may put pictures into $folder from the next login on" ;;
    esac
fi
[ "$what" != watch ] || [ "$dry_run" = yes ] || [ -d "$folder" ] ||
    fail "there is no folder $folder" "make it"

token=$state/token
if [ -n "$web" ]; then
    change_as_root install -d -o armlet -g armlet -m 755 "$state"
    [ -s "$token" ] || od -An -N16 -tx1 /dev/urandom | tr -d ' \n' |
        change_as_root install -o root -g armlet -m 640 /dev/stdin "$token"
fi

# ---- The units.

unit() { # NAME, the text from stdin
    write_as_root "$units/$1"
}

# What all services may do, which is little: read armlet's folder, write to their cache. A network
# is for those that need one.
sandbox() { # yes or no, for the network
    if [ "${1:-no}" = yes ]; then
        echo "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"
    else
        echo "PrivateNetwork=yes"
        echo "RestrictAddressFamilies=AF_UNIX"
    fi
    cat <<EOF
User=armlet
CacheDirectory=armlet
Environment=ARMLET_CACHE=/var/cache/armlet
BindReadOnlyPaths=$home
ProtectSystem=strict
ProtectHome=tmpfs
PrivateTmp=yes
ProtectProc=invisible
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
UMask=0077
EOF
}

service() { # DESCRIPTION COMMAND NETWORK, what else it needs from stdin
    cat <<EOF
[Unit]
Description=armlet: $1
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=$home/bin/edge-run $2
Restart=always
RestartSec=3
$(longer_waits)
TimeoutStartSec=180
WatchdogSec=60
$(sandbox "$3")
EOF
    cat
    printf '\n[Install]\nWantedBy=multi-user.target\n'
}

# An argument as systemd reads it: a % and a $ mean something else unless they are doubled.
word() {
    printf '"%s"' "$(printf '%s' "$1" | sed 's/[%$]/&&/g')"
}

# What libcamera opens to find a camera on the ribbon cable and to share memory with it.
libcamera='DeviceAllow=char-media rw
DeviceAllow=char-dma_heap rw
RestrictAddressFamilies=AF_NETLINK'

# Up to a minute after several failures, where systemd knows how.
longer_waits() {
    [ "$(systemctl --version 2>/dev/null | awk 'NR == 1 { print $2 }')" -lt 254 ] ||
        printf 'RestartSteps=5\nRestartMaxDelaySec=60\n'
}

case $what in
    camera)
        options="--json --changes" network=no csi=
        [ -z "$source" ] || options="--source $(word "$source") $options"
        [ -z "$web" ] || options="$options --web $web --token-file $token"
        [ -z "$publish" ] || options="$options --publish $(word "$publish")"
        case $web$publish in ?*) network=yes ;; esac
        case $source in
            *://*) network=yes ;;
            csi*) csi=yes ;;
        esac
        service "what the camera sees" "camera $home/bundle $options" "$network" <<EOF |
SupplementaryGroups=video
DevicePolicy=closed
DeviceAllow=char-video4linux rw
${csi:+$libcamera}
EOF
            unit armlet-camera.service ;;
    watch)
        service "what is on new pictures" "watch $home/bundle $folder --json" no <<EOF |
BindReadOnlyPaths=$folder
PrivateDevices=yes
EOF
            unit armlet-watch.service ;;
esac

# On the folder: systemd 252 doesn't notice that a link in it is replaced.
unit armlet-bundle.path <<EOF
[Unit]
Description=armlet: something changes in $home

[Path]
PathChanged=$home

[Install]
WantedBy=multi-user.target
EOF

# It waits for the end of the change: meanwhile, systemd doesn't look.
unit armlet-bundle.service <<EOF
[Unit]
Description=armlet: take up a new bundle or runtime
StartLimitIntervalSec=0

[Service]
Type=oneshot
RuntimeDirectory=armlet
RuntimeDirectoryPreserve=yes
WorkingDirectory=$home
ExecCondition=sh -c 'sleep 3; [ "\$\$(readlink bundle runtime)" != "\$\$(cat /run/armlet/active)" ]'
ExecStart=sh -c 'readlink bundle runtime >/run/armlet/active'
ExecStart=systemctl --no-block try-restart 'armlet-[cw]*.service'
EOF

unit armlet-verify.timer <<EOF
[Unit]
Description=armlet: verify the bundle each day, for storage cards decay

[Timer]
OnCalendar=daily
RandomizedDelaySec=1h
Persistent=yes

[Install]
WantedBy=timers.target
EOF

unit armlet-verify.service <<EOF
[Unit]
Description=armlet: verify the bundle

[Service]
Type=oneshot
ExecStart=$home/bin/edge-run verify $home/bundle
Nice=19
IOSchedulingClass=idle
$(sandbox)
PrivateDevices=yes
EOF

change_as_root systemctl daemon-reload
if [ "$dry_run" = no ] && [ "$before" = "$(installed)" ] &&
    systemctl is-active --quiet armlet-bundle.path armlet-verify.timer "armlet-$what.service"; then
    say "nothing to do"
    exit
fi
# What is active now is nothing new.
change_as_root install -d /run/armlet
readlink "$home/bundle" "$home/runtime" | write_as_root /run/armlet/active
change_as_root systemctl enable --quiet armlet-bundle.path armlet-verify.timer "armlet-$what.service"
change_as_root systemctl restart armlet-bundle.path armlet-verify.timer "armlet-$what.service" ||
    fail "armlet-$what.service doesn't start" "see journalctl -u armlet-$what"
[ "$dry_run" = no ] || exit 0
if [ -n "$web" ]; then
    case $web in
        0.0.0.0:* | '[::]':*) page=$(hostname):${web##*:} ;;
        *[!0-9:]*) page=$web ;;
        *) page=localhost:${web#:} ;;
    esac
    say "watch at http://$page/?token=$(as_root cat "$token")"
fi
say "next: journalctl -fu armlet-$what"
