#!/bin/sh
# Brings a bare Raspberry Pi OS or Debian to a working edge-run.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=commands.sh
. "$here/commands.sh"

usage() {
    cat <<'EOF'
Usage: setup.sh [--home DIR] [--armlet WHEEL | --wheelhouse DIR] [--dry-run]

Installs armlet with its runtimes on this device, as the user who will use it; asks for sudo
only where packages of the system or membership in the group video are missing. May be run
again at any time: what is installed works until what replaces it does. In a kit of edge-export
kit, nothing needs a network, and the kit's bundle becomes the active one.

  --home DIR        where everything goes (default: ~/armlet)
  --armlet WHEEL    armlet's own wheel; without it, the clone that this script is in
  --wheelhouse DIR  take all wheels, armlet's too, from this folder, and use no network
                    (default in a kit: its own)
  --dry-run         print what would change something, and change nothing
  --help            print this
EOF
}

home='' wheelhouse='' armlet=''
while [ $# -gt 0 ]; do
    case $1 in
        --home | --wheelhouse | --armlet)
            [ -n "${2:-}" ] || misuse "$1 needs a value"
            case $1 in
                --home) home=$(absolute "$2") ;;
                --wheelhouse) wheelhouse=$(absolute "$2") ;;
                --armlet) armlet=$(absolute "$2") ;;
            esac
            shift ;;
        --dry-run) dry_run=yes ;;
        --help) usage && exit ;;
        *) misuse "what is '$1'" ;;
    esac
    shift
done
[ -n "$home" ] || home=$(default_home)

# ---- Which wheels this device can use.

getconf GNU_LIBC_VERSION >/dev/null 2>&1 ||
    fail "this system has no glibc, and no runtime comes for others" \
        "install Raspberry Pi OS or Debian"
command -v dpkg-query >/dev/null ||
    fail "this system has no Debian packages" \
        "install Raspberry Pi OS or Debian, or in a virtual environment: pip install '.[litert]'"
machine=$(uname -m)
case $machine-$(getconf LONG_BIT) in
    aarch64-64 | x86_64-64) bits=64 ;;
    armv7l-32 | armv8l-32 | aarch64-32) bits=32 ;; # the last: 32-bit system, 64-bit kernel
    *) fail "no runtime comes for $machine" "use a Raspberry Pi 2 or newer" ;;
esac
[ "$bits" = 64 ] || machine=armv7l
version=$(python_version)

# ---- A kit has all that it needs, for one system.

kit() { # WORD: what kit.txt says of it
    sed -n "s/^$1 //p" "$here/kit.txt"
}

if [ -e "$here/kit.txt" ] && [ -z "$armlet" ]; then
    if [ "$(kit architecture)" != "$machine" ] ||
        { [ -n "$version" ] && [ "$(kit python)" != "$version" ]; }; then
        case $machine-$version in
            aarch64-3.11) better="make one with edge-export kit --system bookworm" ;;
            aarch64-3.13) better="make one with edge-export kit --system trixie" ;;
            armv7l-3.11) better="make one with edge-export kit --system bookworm-32" ;;
            *) better="no kit fits it: with a network, give this script --armlet WHEEL" ;;
        esac
        fail "this kit is for $(kit system) ($(kit architecture), Python $(kit python)),\
 and this is $machine${version:+ with Python $version}" "$better"
    fi
    [ -n "$wheelhouse" ] || [ ! -d "$here/wheels" ] || wheelhouse=$here/wheels
fi

# ---- Where armlet itself comes from.

if [ -n "$wheelhouse" ]; then
    [ -z "$armlet" ] || misuse "--wheelhouse has armlet's wheel, too: drop --armlet"
    [ -d "$wheelhouse" ] || fail "there is no folder $wheelhouse" "check --wheelhouse"
    set -- "$wheelhouse"/armlet-*.whl
    [ $# -eq 1 ] || fail "$wheelhouse has several wheels of armlet" "leave the newest there"
    armlet=$1
elif [ -z "$armlet" ]; then
    armlet=$(dirname "$here")
    [ -e "$armlet/setup.cfg" ] || fail "which armlet is missing" "add --armlet WHEEL"
fi
[ -e "$armlet" ] || fail "there is no $armlet" "get armlet's wheel"

# ---- One at a time, deploys included. What this script starts has the lock, too: a pip that
# outlives it must not find its folder cleared.

if [ "$dry_run" = no ]; then
    { mkdir -p "$home" && touch "$home/lock"; } 2>/dev/null ||
        fail "$home can't be written to" "choose another folder with --home"
    exec 9>"$home/lock"
    flock -n 9 || fail "somebody else is installing or deploying to $home" \
        "wait for that to end, then run this again"
fi

# ---- Packages of the system.

packages='python3 python3-venv libstdc++6'
[ "$bits" = 64 ] || packages="$packages python3-numpy python3-opencv python3-click"
missing=
for package in $packages; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || true
    [ "$status" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
    [ -z "$wheelhouse" ] ||
        fail "packages are missing, and with --wheelhouse there is no network" \
            "apt-get install$missing"
    change_as_root apt-get update ||
        fail "apt-get update failed" "see that this device is online, or what it says above"
    # shellcheck disable=SC2086  # one word for each package
    change_as_root apt-get install --yes --no-install-recommends $missing ||
        fail "apt-get install failed" "mend what it says above"
fi

# ---- Is there a runtime for its Python? In a dry run there may be no Python yet.

version=$(python_version)
if [ -n "$version" ]; then
    case $bits-$version in
        32-3.11 | 64-3.1[1-4]) ;;
        32-*) fail "32-bit systems need Python 3.11, and this one has $version" \
            "install Raspberry Pi OS (64-bit), or the 32-bit one of Debian 12" ;;
        *) fail "no runtime comes for Python $version" \
            "install a Raspberry Pi OS or Debian with Python 3.11 to 3.14" ;;
    esac
fi

# ---- The virtual environment. Its name tells what it is made of: it is made beside the active
# one, is whole once it has a version, and only then becomes what others find.

contents() {
    echo "Python $version"
    cat "$here/locks/${bits}bit.txt"
    if [ -d "$armlet" ]; then
        cd "$armlet"
        find setup.cfg pyproject.toml src export quantize runtime device_scripts -type f \
            ! -name '*.pyc' ! -path '*.egg-info/*' -exec sha256sum {} + | sort
    else
        cat "$armlet"
    fi
}
name=venv-$(contents | sha256sum | cut -c -12)
venv=$home/runtimes/$name
before=$(readlink "$home/runtime") || true

pip() {
    change "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        ${wheelhouse:+--no-index "--find-links=$wheelhouse"} --no-deps "$@" ||
        fail "pip failed" "mend what it says above"
}

change mkdir -p "$home/bin" "$home/cache" "$home/releases" "$home/runtimes"
if ! { [ -e "$venv/version" ] && "$venv/edge-run" --version >/dev/null 2>&1; }; then
    say "making a virtual environment"
    system=
    [ "$bits" = 64 ] || system=--system-site-packages
    change python3 -m venv --clear ${system:+"$system"} "$venv"
    say "installing the runtimes"
    pip --only-binary=:all: --require-hashes --requirement "$here/locks/${bits}bit.txt"
    say "installing armlet"
    pip "$armlet"

    change ln -sfn bin/edge-run "$venv/edge-run"
    if [ "$dry_run" = no ]; then
        scripts=$("$venv/bin/python" -c \
            'import armlet.device_scripts as it; print(it.__path__[0])')
        number=$("$venv/bin/python" -c 'import armlet; print(armlet.__version__)')
        "$venv/edge-run" --version >/dev/null ||
            fail "edge-run doesn't work here" "mend what it says above"
    else
        scripts=armlet/device_scripts number=VERSION
    fi
    change ln -sfn "$scripts" "$venv/scripts"
    change sync # no power cut may leave a name without its content
    echo "$number $name" | write "$venv/version" 644
fi
write "$home/bin/edge-run" 755 <"$here/launcher.sh"
point "$home/runtime" "runtimes/$name"
for other in "$home"/runtimes/venv*; do
    case ${other##*/} in
        "$name" | "${before##*/}" | 'venv*') ;; # programs may still run from the one before
        *) change rm -rf "$other" ;;
    esac
done

# ---- Cameras belong to the group video.

if getent group video >/dev/null && [ "$(id -u)" -ne 0 ]; then
    case " $(id -nG "$(id -un)") " in
        *' video '*) ;;
        *)
            change_as_root usermod --append --groups video "$(id -un)"
            say "the group video counts from your next login on" ;;
    esac
fi

[ "$dry_run" = yes ] || "$home/bin/edge-run" doctor ||
    fail "edge-run doesn't work here" "do what it says above"

# ---- The kit's bundle, if it has one.

if [ -e "$here/bundle/manifest.json" ] &&
    ! cmp -s "$here/bundle/manifest.json" "$home/bundle/manifest.json"; then
    release=kit-$(sha256sum <"$here/bundle/manifest.json" | cut -c -12)
    stage=$home/releases/$release
    if [ ! -d "$stage" ]; then
        stage=$stage.part
        change rm -rf "$stage"
        { change cp -R "$here/bundle" "$stage" && change chmod -R u+w,a+rX "$stage"; } ||
            fail "the bundle can't be copied to $home" "mend what it says above"
    fi
    say "verifying the kit's bundle"
    change "$home/bin/edge-run" verify "$stage" || {
        rm -rf "${stage%.part}.part"
        fail "the bundle doesn't verify on this device" "export it again"
    }
    if [ "$stage" != "$home/releases/$release" ]; then
        change sync
        change mv -T "$stage" "$home/releases/$release"
    fi
    [ ! -e "$home/bundle" ] || point "$home/previous" "$(readlink "$home/bundle")"
    point "$home/bundle" "releases/$release"
fi

[ "$dry_run" = no ] || exit 0
if [ -e "$home/bundle/manifest.json" ]; then
    say "next: $home/bin/edge-run classify $home/bundle PICTURE"
else
    say "next: $home/bin/edge-run classify BUNDLE PICTURE"
fi
