# shellcheck shell=sh
# What the scripts here share.

script=$(basename "$0")
dry_run=no # what --dry-run makes yes
umask 022  # the service runs as another user, who must read what is installed

say() { # WORDS
    printf '%s: %s\n' "$script" "$*" >&2
}

fail() { # PROBLEM NEXT_STEP
    printf '%s: %s; %s\n' "$script" "$1" "$2" >&2
    exit 1
}

misuse() { # PROBLEM
    printf "%s: %s; see '%s --help'\n" "$script" "$1" "$script" >&2
    exit 2
}

# Whatever changes the device goes through here: run it, or in a dry run only print it.
change() {
    if [ "$dry_run" = no ]; then
        "$@"
        return
    fi
    line=
    for word in "$@"; do
        case $word in
            '' | *[!A-Za-z0-9_./:=,@%+-]*)
                word="'$(printf '%s' "$word" | sed "s/'/'\\\\''/g")'" ;;
        esac
        line="$line${line:+ }$word"
    done
    printf '%s\n' "$line"
}

# The same for what only root may.
change_as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        change "$@"
    elif [ "$dry_run" = yes ] || command -v sudo >/dev/null; then
        change sudo "$@"
    else
        fail "$1 needs root, and there is no sudo" "run $script as root"
    fi
}

# What only root may, and what changes nothing.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Replaces a file at once: nobody sees half of it, and it survives a failure as it was.
write() { # FILE MODE, the text from stdin
    if [ "$dry_run" = yes ]; then
        show "$1"
    else
        cat >"$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1"
    fi
}

write_as_root() { # FILE, the text from stdin
    if [ "$dry_run" = yes ]; then
        show "$1"
    else
        change_as_root tee "$1.new" >/dev/null && change_as_root mv "$1.new" "$1"
    fi
}

show() { # FILE, the text from stdin
    printf 'write %s:\n' "$1"
    sed 's/^/    /'
}

# The same for a link.
point() { # LINK TARGET
    change ln -sfn "$2" "$1.new"
    change mv -T "$1.new" "$1"
}

# Where armlet is unless --home says: the user's own folder, also where cron or a unit sets none.
default_home() {
    user_home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
    [ -n "$user_home" ] || fail "this user has no home folder" "say where with --home"
    printf '%s\n' "$user_home/armlet"
}

# Nothing where there is no Python yet.
python_version() {
    ! command -v python3 >/dev/null ||
        python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

# An option's value as a path that holds in any folder.
absolute() { # PATH
    case $1 in
        /*) printf '%s\n' "$1" ;;
        *) printf '%s\n' "$PWD/$1" ;;
    esac
}
