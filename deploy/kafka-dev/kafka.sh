#!/usr/bin/env bash
# One Apache Kafka node on loopback, for tests and for trying things out. Needs Java 17 and, once, Maven.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: kafka.sh COMMAND

  start               starts a node in the background and prints its bootstrap address
  status              prints the address of the running node; code 1 if there is none
  stop                stops it and deletes its data
  topic ARGS          Kafka's kafka-topics tool on the running node
  groups ARGS         its kafka-consumer-groups tool
  acls ARGS, configs ARGS
                      its kafka-acls and kafka-configs tools
  console-consumer ARGS, console-producer ARGS
                      its console clients; all six use the cluster of KAFKA_TESTS_BROKERS if that is set
  fetch               only gets Kafka's jars, so that later starts need no Maven
  run                 starts a node, prints its bootstrap address, and stops it when standard input ends
  prepare FOLDER N    formats N nodes of one cluster in FOLDER, an empty folder, and prints the bootstrap addresses.
                      Of three nodes or more, topics have three copies, two of which must be in step. Lines of
                      FOLDER/extra.properties, if it is there, are added to the configuration of every node
  node FOLDER I       runs node I (from 1) of such a cluster: prints its process id, and kills it when standard
                      input ends. Its data stays, so that it can be killed and started again

Jars and the state of the node live under ${KAFKA_DEV_HOME:-target/kafka-dev}; the data in a temporary folder.
Exit codes: 0 done, 1 failed, 2 usage, 69 this machine has no Java 17 or no way to get the jars.
TEXT
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=${KAFKA_DEV_HOME:-$(cd "$here/../.." && pwd)/target/kafka-dev}
# A changed pom.xml gets its own folder, so a stale set of jars is never used.
libs=$home/lib-$(cksum <"$here/pom.xml" | cut -d' ' -f1)
state=$home/node

# The heap is a tenth of what Kafka's own script takes. One compiler level and the serial collector start fastest.
node_options=(-Xmx512m -Xms128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto)
tool_options=(-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto)

unavailable() {
    printf 'kafka.sh: %s\n' "$1" >&2
    exit 69
}

fail() {
    printf 'kafka.sh: %s\n' "$1" >&2
    exit 1
}

need_java() {
    command -v java >/dev/null || unavailable "no java on the PATH (Java 17 or later is needed)"
    local version
    version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
    [[ ${version:-0} -ge 17 ]] || unavailable "java is version ${version:-unknown}, Kafka 4 needs 17 or later"
}

# Copies the jars into the cache folder, unless they are there. A registry that does not answer is given up on
# within seconds: short timeouts, no retries, in the words of Maven 3.8 (wagon) and of later ones (aether). The
# plugin is named in full, because a search for it by its prefix would be one more request to wait for.
fetch() {
    [[ -d $libs ]] && return
    command -v mvn >/dev/null || unavailable "no mvn on the PATH, and no jars in $libs"
    mkdir -p "$home"
    local partial log
    partial=$(mktemp -d "$home/partial-XXXXXX")
    log=$partial.log
    if ! mvn --batch-mode --quiet --no-transfer-progress --file "$here/pom.xml" \
        -Daether.connector.connectTimeout=5000 -Dmaven.wagon.rto=10000 -Daether.connector.requestTimeout=10000 \
        -Dmaven.wagon.http.retryHandler.count=0 -Daether.connector.http.retryHandler.count=0 \
        org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$partial" \
        >"$log" 2>&1 </dev/null; then
        local reason
        # Maven nests its reasons in one long line; the cause stands last.
        reason=$(sed -n 's/.*ERROR\S*\s*//p' "$log" | head -n 1 | sed 's/.*\(Could not transfer\)/\1/' | cut -c 1-300)
        rm -rf "$partial" "$log"
        unavailable "Maven could not get Kafka's jars: ${reason:-no reason given}"
    fi
    rm -f "$log"
    # Renamed as a whole: a second run never sees half a folder. If that run was faster, its folder is as good.
    if [[ -d $libs ]]; then rm -rf "$partial"; else mv "$partial" "$libs"; fi
}

# Prints a port of loopback that nothing listens on, below the range from which systems hand out ports by themselves.
free_port() {
    local port
    while :; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    printf '%s\n' "$port"
}

# Formats and starts a node with data folder $1; sets node_pid and bootstrap.
launch() {
    local data=$1 port controller
    port=$(free_port)
    controller=$(free_port)
    while [[ $controller == "$port" ]]; do controller=$(free_port); done
    rm -rf "$data/log"
    : >"$data/node.log"
    {
        cat "$here/server.properties"
        printf 'listeners=PLAINTEXT://127.0.0.1:%s,CONTROLLER://127.0.0.1:%s\n' "$port" "$controller"
        printf 'advertised.listeners=PLAINTEXT://127.0.0.1:%s,CONTROLLER://127.0.0.1:%s\n' "$port" "$controller"
        printf 'controller.quorum.bootstrap.servers=127.0.0.1:%s\n' "$controller"
        printf 'log.dirs=%s\n' "$data/log"
    } >"$data/server.properties"
    java "${tool_options[@]}" -Dlog4j2.configurationFile="$here/log4j2-tools.properties" -cp "$libs/*" \
        kafka.tools.StorageTool format --standalone --cluster-id tonewire-dev-node-0001 \
        --config "$data/server.properties" >"$data/format.log" 2>&1 </dev/null ||
        fail "could not format the data folder: $(tail -n 5 "$data/format.log")"
    # In a session of its own, a Ctrl-C in the terminal does not reach a node that was started earlier.
    local detached=()
    ! command -v setsid >/dev/null || detached=(setsid)
    "${detached[@]}" java "${node_options[@]}" -Dlog4j2.configurationFile="$here/log4j2.properties" -cp "$libs/*" \
        kafka.Kafka "$data/server.properties" >"$data/node.log" 2>&1 </dev/null &
    node_pid=$!
    bootstrap=127.0.0.1:$port
}

# Waits until the node of launch answers. Code 1: it ended instead, as when another program took the port.
answers() {
    local data=$1 tries
    for ((tries = 0; tries < 600; tries++)); do
        grep -q 'Kafka Server started' "$data/node.log" && return 0
        kill -0 "$node_pid" 2>/dev/null || return 1
        sleep 0.1
    done
    kill -KILL "$node_pid" 2>/dev/null || true
    return 1
}

# Starts a node, with other ports if the first are taken; sets data, node_pid and bootstrap.
start_node() {
    local try
    need_java
    fetch
    data=$(mktemp -d "${TMPDIR:-/tmp}/tonewire-kafka-XXXXXX")
    for try in 1 2 3; do
        launch "$data"
        answers "$data" && return
        grep -q 'BindException\|Address already in use' "$data/node.log" || break
    done
    tail -n 20 "$data/node.log" >&2 || true
    rm -rf "$data"
    fail "the node did not start"
}

# Formats the nodes of a cluster in folder $1, $2 of them; prints their addresses.
prepare() {
    local folder=$1 nodes=$2 i ports=() controllers=() voters='' addresses=''
    need_java
    fetch
    for ((i = 0; i < nodes; i++)); do
        ports[i]=$(free_port)
        controllers[i]=$(free_port)
        voters+=${voters:+,}$((i + 1))@127.0.0.1:${controllers[i]}
        addresses+=${addresses:+,}127.0.0.1:${ports[i]}
    done
    [[ $(printf '%s\n' "${ports[@]}" "${controllers[@]}" | sort -u | wc -l) -eq $((2 * nodes)) ]] ||
        fail "two ports are the same by chance; try again"
    for ((i = 0; i < nodes; i++)); do
        mkdir -p "$folder/$((i + 1))"
        {
            cat "$here/server.properties"
            [[ $nodes -lt 3 ]] || cat "$here/cluster.properties"
            [[ ! -f $folder/extra.properties ]] || cat "$folder/extra.properties"
            # Of a key given twice, the last one holds.
            printf 'node.id=%s\n' "$((i + 1))"
            printf 'listeners=PLAINTEXT://127.0.0.1:%s,CONTROLLER://127.0.0.1:%s\n' "${ports[i]}" "${controllers[i]}"
            printf 'advertised.listeners=PLAINTEXT://127.0.0.1:%s\n' "${ports[i]}"
            printf 'controller.quorum.voters=%s\n' "$voters"
            printf 'log.dirs=%s\n' "$folder/$((i + 1))/log"
        } >"$folder/$((i + 1))/server.properties"
        java "${tool_options[@]}" -Dlog4j2.configurationFile="$here/log4j2-tools.properties" -cp "$libs/*" \
            kafka.tools.StorageTool format --cluster-id tonewire-dev-node-0001 \
            --config "$folder/$((i + 1))/server.properties" >"$folder/$((i + 1))/format.log" 2>&1 </dev/null &
    done
    wait
    for ((i = 1; i <= nodes; i++)); do
        [[ -f $folder/$i/log/meta.properties ]] || fail "node $i could not be formatted: $(tail -n 5 "$folder/$i/format.log")"
    done
    printf '%s\n' "$addresses"
}

# Runs node $2 of the cluster in folder $1. Its log is appended to, so that it tells the whole story.
node() {
    local folder=$1/$2
    need_java
    fetch
    trap 'exit 143' TERM INT HUP
    trap '[[ -z ${node_pid:-} ]] || { kill -KILL "$node_pid" 2>/dev/null; wait "$node_pid" 2>/dev/null; } || true' EXIT
    java "${node_options[@]}" -Dlog4j2.configurationFile="$here/log4j2.properties" -cp "$libs/*" \
        kafka.Kafka "$folder/server.properties" >>"$folder/node.log" 2>&1 </dev/null &
    node_pid=$!
    printf '%s\n' "$node_pid" || true
    cat >/dev/null
}

# The data is thrown away, so there is nothing to shut down gently.
stop_node() {
    kill -KILL "$1" 2>/dev/null || true
    # It is gone when its ports are free again. In `run` it is a child, else somebody else's to wait for.
    wait "$1" 2>/dev/null || true
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        kill -0 "$1" 2>/dev/null || break
        sleep 0.05
    done
    [[ $2 == */tonewire-kafka-* ]] && rm -rf "$2"
}

# Sets node_pid, bootstrap and data from the state file; code 1 if no node is running.
running() {
    [[ -f $state ]] || return 1
    { read -r node_pid && read -r bootstrap && read -r data; } <"$state" || return 1
    # A process id is used again after a while: only a process that names our data folder is ours.
    if [[ -d /proc/self ]]; then
        tr '\0' ' ' <"/proc/$node_pid/cmdline" 2>/dev/null | grep -qF "$data"
    else
        ps -o command= -p "$node_pid" 2>/dev/null | grep -qF "$data"
    fi
}

start() {
    if running; then
        printf '%s\n' "$bootstrap"
        return
    fi
    start_node
    printf '%s\n' "$node_pid" "$bootstrap" "$data" >"$state"
    printf '%s\n' "$bootstrap"
}

stop() {
    if running; then
        stop_node "$node_pid" "$data"
    fi
    rm -f "$state"
}

run() {
    # Before anything slow: whoever started this script may be gone by the time the node is up.
    trap 'exit 143' TERM INT HUP
    trap '[[ -z ${node_pid:-} ]] || stop_node "$node_pid" "${data:-}"' EXIT
    start_node
    printf '%s\n' "$bootstrap" || true
    cat >/dev/null
}

tool() {
    local class=$1
    shift
    if [[ -n ${KAFKA_TESTS_BROKERS:-} ]]; then
        need_java
        fetch
        bootstrap=$KAFKA_TESTS_BROKERS
    else
        running || fail "no node is running (kafka.sh start)"
    fi
    exec java "${tool_options[@]}" -Dlog4j2.configurationFile="$here/log4j2-tools.properties" -cp "$libs/*" \
        "$class" --bootstrap-server "$bootstrap" "$@"
}

command=${1:-}
[[ $# -gt 0 ]] && shift
case $command in
    start) start ;;
    stop) stop ;;
    status) if running; then printf '%s\n' "$bootstrap"; else fail "no node is running"; fi ;;
    run) run ;;
    prepare) [[ $# -eq 2 ]] || { usage >&2; exit 2; }; prepare "$@" ;;
    node) [[ $# -eq 2 ]] || { usage >&2; exit 2; }; node "$@" ;;
    fetch) need_java && fetch ;;
    topic) tool org.apache.kafka.tools.TopicCommand "$@" ;;
    groups) tool org.apache.kafka.tools.consumer.group.ConsumerGroupCommand "$@" ;;
    acls) tool org.apache.kafka.tools.AclCommand "$@" ;;
    configs) tool kafka.admin.ConfigCommand "$@" ;;
    console-consumer) tool org.apache.kafka.tools.consumer.ConsoleConsumer "$@" ;;
    console-producer) tool org.apache.kafka.tools.ConsoleProducer "$@" ;;
    -h | --help | help) usage ;;
    *) usage >&2; exit 2 ;;
esac
