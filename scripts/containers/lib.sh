# shellcheck shell=bash
# Shared by the checks of this folder; to be sourced, not run.
#
# Images and containers are in $work, a directory of this run: nothing is shared with another podman on this machine, and nothing is
# left. Base images and servers are stand-ins, made of files of this machine, so that no registry is needed.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
service= # process of podman's API
ticks=   # process that runs the health checks

fail() {
    echo "${0##*/}-check: $*" >&2
    exit 1
}

say() {
    echo "==> $* (${SECONDS} s)" >&2
}

# --- podman --------------------------------------------------------------------------------------------------

# Ends with what is missing where this machine cannot run containers.
start() {
    [[ $(id -u) -eq 0 ]] || fail "podman runs as root here, for networks and limits: run this as root"
    export PATH=$PATH:$root/target/tools/bin
    work=$(mktemp -d /var/tmp/invoice-containers.XXXXXX)
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    write_settings
    driver=overlay
    # Without the file system overlay each image is a copy.
    podman info >/dev/null 2>&1 || driver=vfs
    podman info >"$work/info" 2>&1 || { cat "$work/info" >&2 && fail "podman does not work on this machine, see above"; }
    try_a_container
}

podman() {
    storage=(--root "$work/storage" --runroot "$work/run" --storage-driver "$driver")
    command podman "${storage[@]}" "$@"
}

write_settings() {
    # What watches over an ended `exec` would stay for five minutes.
    # The limits of processes and files must not exceed those that podman has itself, as they do by default.
    cat >"$work/containers.conf" <<END
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
exit_command_delay = 10
[containers]
log_driver = "k8s-file"
default_ulimits = ["nofile=$(at_most "$(ulimit -Hn)"):$(at_most "$(ulimit -Hn)")", "nproc=$(at_most "$(ulimit -Hu)"):$(at_most "$(ulimit -Hu)")"]
[network]
network_backend = "netavark"
network_config_dir = "$work/networks"
END
    export CONTAINERS_CONF=$work/containers.conf
    # There is no systemd to run health checks with timers: run_health_checks does it.
    export DISABLE_HC_SYSTEMD=true
}

at_most() {
    if [[ $1 == unlimited || $1 -gt 16384 ]]; then echo 16384; else echo "$1"; fi
}

try_a_container() {
    mkdir -p "$work/tried/etc"
    add_programs "$work/tried" /bin/true
    printf 'FROM scratch\nCOPY . /\n' >"$work/tried.containerfile"
    build localhost/tried "$work/tried.containerfile" "$work/tried"
    podman run --rm --network none --read-only --cap-drop ALL --security-opt no-new-privileges --memory 64m --pids-limit 16 \
        localhost/tried /bin/true >"$work/try.log" 2>&1 || {
        cat "$work/try.log" >&2
        fail "this machine cannot run a container with limits: it needs namespaces, mounts, and the cgroups memory and pids, see above"
    }
}

# Containers that find each other, which `start` does not need.
try_a_network() {
    { podman network create tried && podman run --rm --network tried localhost/tried /bin/true; } >"$work/try.log" 2>&1 || {
        cat "$work/try.log" >&2
        fail "this machine cannot give a container a network of its own, see above"
    }
}

# build NAME FILE CONTEXT OPTION...
build() {
    podman build --quiet --pull-never --tag "$1" --file "$2" "${@:4}" "$3" >"$work/build.log" 2>&1 || {
        cat "$work/build.log" >&2
        fail "the image $1 cannot be built, see above"
    }
}

# Podman's API, which docker-compose uses as that of Docker.
serve_api() {
    # The program in place of the function, so that the process that is ended is podman's.
    (exec podman "${storage[@]}" system service --time 0 "unix://$work/api.sock") >"$work/api.log" 2>&1 &
    service=$!
    export DOCKER_HOST=unix://$work/api.sock
    poll 20 test -S "$work/api.sock" || { cat "$work/api.log" >&2 && fail "podman's API does not start, see above"; }
    run_health_checks >/dev/null 2>&1 &
    ticks=$!
}

run_health_checks() {
    local id
    while sleep 3; do
        for id in $(podman ps --quiet); do
            podman healthcheck run "$id" || true
        done
    done
}

# poll SECONDS COMMAND...: until the command succeeds; fails when the time is over.
poll() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.3
    done
}

# shellcheck disable=SC2329 # a trap calls it
clean_up() {
    local code=$?
    set +e
    trap '' INT TERM HUP
    trap - EXIT
    [[ -z $ticks ]] || { kill "$ticks" && wait "$ticks"; } 2>/dev/null
    if ((code != 0)) && declare -F show_what_failed >/dev/null; then
        show_what_failed >&2
    fi
    podman rm --all --force --time 5 >/dev/null 2>&1
    podman network prune --force >/dev/null 2>&1
    [[ -z $service ]] || { kill "$service" && wait "$service"; } 2>/dev/null
    podman unmount --all >/dev/null 2>&1
    # The driver overlay keeps its own directory mounted.
    umount "$work/storage/overlay" 2>/dev/null
    rm -rf --one-file-system "$work"
    exit "$code"
}

# --- Stand-ins -----------------------------------------------------------------------------------------------

# add_files FOLDER FILE...: with the links and folders by which they are reached; those of /lib go to /usr/lib, as on this machine.
add_files() {
    local folder=$1
    shift
    lay_out "$folder"
    tar --create --file - --directory / --files-from <(printf '%s\n' "$@" | sed 's|^/*||' | sed -E 's#^(lib|lib64|bin|sbin)/#usr/\1/#') |
        tar --extract --file - --directory "$folder"
}

# add_programs FOLDER PROGRAM...: with the libraries that they are linked to, and a link that is followed with what it names.
add_programs() {
    local folder=$1 program found=()
    shift
    for program in "$@"; do
        mapfile -t -O "${#found[@]}" found < <(links "$program")
    done
    add_files "$folder" "${found[@]}"
    add_libraries "$folder"
}

# A file, and what it names where it is a link.
links() {
    local file=$1
    echo "$file"
    while [[ -L $file ]]; do
        file=$(cd "$(dirname "$file")" && realpath --no-symlinks "$(readlink "$(basename "$file")")")
        echo "$file"
    done
}

# The libraries of all programs and libraries that are in the folder.
add_libraries() {
    local folder=$1 libraries
    # ldd says nothing but "not a dynamic executable" of what else is there.
    mapfile -t libraries < <(find "$folder" -xdev -type f \( -perm -u+x -o -name '*.so*' \) -exec ldd {} + 2>/dev/null |
        sed -nE 's#.*(=> |^\s)(/[^ ]+) \(0x.*#\2#p' | sort -u)
    local library found=()
    for library in "${libraries[@]}"; do
        [[ $library == "$folder"/* ]] || mapfile -t -O "${#found[@]}" found < <(links "$library")
    done
    [[ ${#found[@]} -eq 0 ]] || add_files "$folder" "${found[@]}"
}

lay_out() {
    local name
    [[ ! -e $1/lib ]] || return 0
    mkdir -p "$1"/usr/{bin,sbin,lib,lib64} "$1"/{tmp,etc,dev,proc,sys,run}
    chmod 1777 "$1/tmp"
    for name in bin sbin lib lib64; do
        ln -s "usr/$name" "$1/$name"
    done
}

# What gcr.io/distroless/cc-debian12:nonroot has, from the packages of this machine: the C library, libgcc, time zones, root
# certificates, a user, and neither a shell nor a package manager.
build_base() {
    local folder=$work/base package files
    lay_out "$folder"
    for package in libc6 libgcc-s1 tzdata; do
        mapfile -t files < <(dpkg-query --listfiles "$package" | while read -r file; do
            [[ ! -f $file ]] || [[ $file == /usr/share/@(doc|lintian)/* ]] || echo "$file"
        done)
        [[ ${#files[@]} -gt 0 ]] || fail "the package $package is not installed, of which the stand-in for the base image is made"
        add_files "$folder" "${files[@]}"
    done
    rm -rf "${folder:?}"/usr/{bin,sbin}/*
    mkdir -p "$folder/etc/ssl/certs" "$folder/home/nonroot"
    cp -L /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs" 2>/dev/null || fail "the package ca-certificates is not installed"
    printf '%s\n' 'root:x:0:0:root:/root:/sbin/nologin' 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >"$folder/etc/passwd"
    printf '%s\n' 'root:x:0:' 'nonroot:x:65532:' >"$folder/etc/group"
    echo 'hosts: files dns' >"$folder/etc/nsswitch.conf"
    cat >"$work/base.containerfile" <<'END'
FROM scratch
COPY . /
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532
WORKDIR /home/nonroot
END
    build gcr.io/distroless/cc-debian12:nonroot "$work/base.containerfile" "$folder"
}

# The image of the program: the last stage of the Dockerfile as it is, around a program that is built already.
# build_image NAME PROGRAM
build_image() {
    local name=$1 program=$2 from
    [[ -x $program ]] || fail "there is no program $program: build it first (make build), or name another one with PROGRAM"
    build_base
    # shellcheck disable=SC2016 # as it stands in the Dockerfile
    from='FROM ${BUILD} AS built'
    grep -qxF "$from" "$root/Dockerfile" || fail "the Dockerfile has no line \"$from\" any more, behind which its last stage begins"
    mkdir -p "$work/built/build/target/built" "$work/papers"
    cp "$program" "$work/built/build/target/built/invoice-worker"
    printf 'FROM scratch\nCOPY . /\n' >"$work/copy.containerfile"
    build localhost/built "$work/copy.containerfile" "$work/built"
    mkdir -p "$work/papers/papers"
    "$root/scripts/release/papers" "$work/papers/papers"
    build localhost/papers "$work/copy.containerfile" "$work/papers"
    {
        printf 'ARG BUILD\nFROM localhost/papers AS papers\n'
        sed -n '/^FROM \${BUILD} AS built$/,$p' "$root/Dockerfile"
    } >"$work/image.containerfile"
    build "$name" "$work/image.containerfile" "$root/templates/fonts" --build-arg BUILD=built
}
