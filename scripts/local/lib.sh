# shellcheck shell=bash
# Shared by the server scripts of this folder; to be sourced, not run.
#
# A server's DIR holds everything about it: NAME.pid, NAME.log, ports, data. Every process is stopped by the
# id that was written down when it was started, never by its name.

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# Sets `action` and `dir` (absolute) from the command line.
parse_arguments() {
    [[ $# -eq 2 && $2 != -* ]] || fail "usage: $0 start|stop|kill DIR"
    action=$1
    case $action in
    start) mkdir -p "$2" ;;
    stop | kill) [[ -d $2 ]] || exit 0 ;; # never started, so nothing to stop
    *) fail "usage: $0 start|stop|kill DIR" ;;
    esac
    dir=$(cd "$2" && pwd)
}

# TERM sets a flag instead of ending the script between starting a process and writing down its id.
cancelled=
trap 'cancelled=yes' TERM

# --- Ports ---------------------------------------------------------------------------------------------------

# Prints a free port below the range that the kernel hands to outgoing connections, so that nothing takes it
# while the server is stopped. A file per port, made atomically, keeps scripts that run at the same moment apart.
free_port() {
    local low=18000 high tries port reserved
    reserved="/tmp/invoice-worker-ports.$(id -u)"
    read -r high _ </proc/sys/net/ipv4/ip_local_port_range
    ((high >= low + 2000 && high <= 60000)) || high=32768
    mkdir -p "$reserved"
    find "$reserved" -type f -mmin +5 -delete 2>/dev/null || true # by then the server listens, or has failed
    for ((tries = 0; tries < 200; tries++)); do
        port=$((low + (RANDOM * 32768 + RANDOM) % (high - low)))
        port_is_taken "$port" && continue
        (set -o noclobber && : >"$reserved/$port") 2>/dev/null || continue
        echo "$port"
        return
    done
    fail "found no free port between $low and $high"
}

# Whether anything on this machine listens at or uses the port; reading the table does not disturb it.
port_is_taken() {
    local tables=(/proc/net/tcp)
    [[ -e /proc/net/tcp6 ]] && tables+=(/proc/net/tcp6)
    grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf '%04X' "$1") " "${tables[@]}"
}

# keep_ports A B ...: sets $A, $B, ... to ports that were chosen at the first start and are kept in DIR.
keep_ports() {
    local name port
    if [[ ! -s $dir/ports ]]; then
        for name in "$@"; do
            port=$(free_port)
            echo "$name=$port"
        done >"$dir/ports.new"
        mv "$dir/ports.new" "$dir/ports"
    fi
    # shellcheck source=/dev/null
    source "$dir/ports"
}

# --- Processes -----------------------------------------------------------------------------------------------

# start_process NAME COMMAND...: in a session of its own, so that Ctrl-C in the terminal does not reach it. Bash
# makes a background process ignore INT, which a server may take for granted until its own handler is in place.
start_process() {
    local name=$1
    shift
    setsid env --default-signal=INT,QUIT "$@" </dev/null >>"$dir/$name.log" 2>&1 &
    disown
    echo "$! $(started_at $!)" >"$dir/$name.pid"
}

# The start time beside the id tells a process from a later one that was given the same id.
started_at() {
    local stat
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
    stat=${stat##*) } # the name, in parentheses, may contain spaces
    # Field 22 of proc(5) is the 20th after the name; state Z is a process that has ended.
    [[ $stat != Z* ]] && cut -d' ' -f20 <<<"$stat"
    return 0
}

# Prints the id of the process NAME, or fails if it does not run.
running() {
    local pid started
    [[ -s $dir/$1.pid ]] || return 1
    read -r pid started <"$dir/$1.pid"
    [[ -n $started && $(started_at "$pid") == "$started" ]] || return 1
    echo "$pid"
}

# stop_process NAME SIGNAL SECONDS: asks with the signal, and after that time insists. A node that is still
# booting may not hear the signal, so a cancelled start does not wait long.
stop_process() {
    local name=$1 signal=$2 seconds=$3 pid
    [[ -z $cancelled ]] || seconds=2
    if pid=$(running "$name"); then
        kill "-$signal" "$pid" 2>/dev/null || true
        if ! poll "$seconds" is_gone "$name"; then
            kill -KILL "$pid" 2>/dev/null || true
            poll 10 is_gone "$name" || fail "process $pid ($name) does not end"
        fi
    fi
    rm -f "$dir/$name.pid"
}

is_gone() {
    ! running "$1" >/dev/null
}

# Ids of all descendants of a process.
descendants() {
    local child
    # shellcheck disable=SC2013 # these are words: ids with spaces between them
    for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
        echo "$child"
        descendants "$child"
    done
}

# --- Waiting -------------------------------------------------------------------------------------------------

# poll SECONDS COMMAND...: until the command succeeds; fails when the time is over.
poll() {
    local deadline=$((SECONDS + $1 + 1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

# wait_until_ready NAME SECONDS COMMAND...: like poll, but notices that the process has ended or that TERM has
# arrived; then it stops what was started and shows the end of the log.
wait_until_ready() {
    local name=$1 seconds=$2 why
    shift 2
    # shellcheck disable=SC2329 # poll calls it
    ended_or_ready() {
        [[ -n $cancelled ]] || is_gone "$name" || "$@"
    }
    if poll "$seconds" ended_or_ready "$@" && [[ -z $cancelled ]] && "$@" && ! is_gone "$name"; then
        return
    fi
    why="was not ready within $seconds s"
    is_gone "$name" && why="ended while starting"
    stop_all
    [[ -z $cancelled ]] || exit 143
    tail -n 30 "$dir/$name.log" >&2
    fail "$name $why (log: $dir/$name.log)"
}

# Prints the reply to a GET of a local port; for readiness checks on machines without curl.
http_get() {
    local port=$1 path=$2
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port"
        printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$path" >&3
        timeout 2 cat <&3
    ) 2>/dev/null
}
