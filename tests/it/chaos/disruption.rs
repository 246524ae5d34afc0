//! What goes wrong while the workers work: the kinds, and how often a round has each. A further kind is a variant, a line
//! in a list, and its doing in `troublemaker`.

use super::fleet::Blow;
use super::random::Random;
use super::servers::Network;
use crate::faults::storage_lies::{ACCEPTED, EMPTY, NO_CONTENT, WEB_PAGE};
use crate::proxy::Mode;

const SLOW_DOWN: &[u8] =
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";

const INTERNAL_ERROR: &[u8] =
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Answers of an object store that are successes without a proof.
pub(super) const LIES: [&[u8]; 4] = [WEB_PAGE, EMPTY, NO_CONTENT, ACCEPTED];

/// Replays some dead letters that fail again whenever they are replayed.
const REPLAY: &[&str] = &[
    "dead-letters",
    "replay",
    "--limit=20",
    "--reason=drill",
    "--code=request_malformed,totals_mismatch,conflict,renderer_crashed",
];

/// Compares rows, objects and dead letters, which change meanwhile.
const AUDIT: &[&str] = &["audit"];

/// Enough for the head of an answer, and not for all of it.
const HEAD_BYTES: usize = 100;

/// One kind of disruption.
#[derive(Clone, Copy, Debug)]
pub(super) enum Disruption {
    Strike(Blow),
    /// A network is like this for a while.
    Network(Network, Mode),
    /// A network breaks again and again.
    Flapping(Network),
    /// The object store reports success, and it is not true.
    Lies,
    /// The clock of some workers is moved.
    Clock,
    /// The templates are changed, and the workers get SIGHUP.
    Templates,
    /// A command of the program runs beside the workers, over their networks; every second one is killed.
    Command(&'static [&'static str]),
    /// The queue for replies stops confirming, or begins again.
    Replies,
    /// The broker is stopped, or killed, and started.
    BrokerRestart {
        crash: bool,
    },
    /// The database is.
    DatabaseRestart {
        crash: bool,
    },
    /// Something happens to the broker's nodes.
    Nodes(Nodes),
    /// The database is killed for good, and its standby promoted.
    StandbyPromoted,
}

/// What happens to the nodes of a cluster.
#[derive(Clone, Copy, Debug)]
pub(super) enum Nodes {
    /// The one with the leader of the queue of requests is killed.
    LeaderKilled,
    /// One does not reach the others, nor they it.
    OneCutOff,
    /// The same, and none learns of it.
    OneSilent,
    /// Two do not reach each other; both reach the third.
    LinkCut,
    /// All are restarted, one after the other.
    Restarted,
    /// Two of three are killed.
    TwoKilled,
}

use Disruption::{
    BrokerRestart, Clock, Command, DatabaseRestart, Flapping, Lies, Replies, StandbyPromoted,
    Strike, Templates,
};
use Network::{Broker, Database, Storage};

/// What every round has, and what the report calls it.
const QUICK: [(&str, Disruption); 30] = [
    ("worker killed", Strike(Blow::Kill)),
    ("worker killed", Strike(Blow::Kill)),
    ("worker killed", Strike(Blow::Kill)),
    ("worker terminated", Strike(Blow::Terminate)),
    ("renderer killed", Strike(Blow::KillRenderer)),
    ("renderer killed", Strike(Blow::KillRenderer)),
    ("broker cut off", at(Broker, Mode::Refuse)),
    ("broker silent", at(Broker, Mode::Stall)),
    ("broker forgotten by a firewall", at(Broker, Mode::Forget)),
    ("broker flapping", Flapping(Broker)),
    ("database cut off", at(Database, Mode::Refuse)),
    ("database silent", at(Database, Mode::Stall)),
    ("database replies lost", at(Database, Mode::LoseReplies)),
    ("database replies trickle", at(Database, TRICKLE)),
    ("database flapping", Flapping(Database)),
    ("object store cut off", at(Storage, Mode::Refuse)),
    ("object store silent", at(Storage, Mode::Stall)),
    ("object store replies lost", at(Storage, Mode::LoseReplies)),
    (
        "object store slow down",
        at(Storage, Mode::Answer(SLOW_DOWN)),
    ),
    (
        "object store errors",
        at(Storage, Mode::Answer(INTERNAL_ERROR)),
    ),
    ("object store replies trickle", at(Storage, TRICKLE)),
    ("object store uploads choke", at(Storage, CHOKE)),
    ("object store flapping", Flapping(Storage)),
    ("object store lying", Lies),
    ("clock moved", Clock),
    ("templates changed", Templates),
    ("dead letters replayed", Command(REPLAY)),
    ("dead letters replayed", Command(REPLAY)),
    ("documents audited", Command(AUDIT)),
    ("reply queue changed", Replies),
];

const TRICKLE: Mode = Mode::Trickle {
    replies: HEAD_BYTES,
};

const CHOKE: Mode = Mode::Choke {
    requests: 10_000,
    replies: HEAD_BYTES,
};

const fn at(network: Network, mode: Mode) -> Disruption {
    Disruption::Network(network, mode)
}

/// Of these a round with single servers has one of each line.
const RESTARTS: [[(&str, Disruption); 2]; 2] = [
    [
        ("broker restarted", BrokerRestart { crash: false }),
        ("broker killed", BrokerRestart { crash: true }),
    ],
    [
        ("database restarted", DatabaseRestart { crash: false }),
        ("database killed", DatabaseRestart { crash: true }),
    ],
];

/// A round with a cluster has all of these.
const CLUSTER: [(&str, Disruption); 8] = [
    ("leader killed", Disruption::Nodes(Nodes::LeaderKilled)),
    ("node cut off", Disruption::Nodes(Nodes::OneCutOff)),
    ("node silent", Disruption::Nodes(Nodes::OneSilent)),
    (
        "link between two nodes cut",
        Disruption::Nodes(Nodes::LinkCut),
    ),
    (
        "nodes restarted one by one",
        Disruption::Nodes(Nodes::Restarted),
    ),
    (
        "two of three nodes killed",
        Disruption::Nodes(Nodes::TwoKilled),
    ),
    ("standby promoted", StandbyPromoted),
    ("database killed", DatabaseRestart { crash: true }),
];

/// How often a round with a cluster repeats the quick disruptions: those of nodes take several minutes.
const OF_A_CLUSTER: usize = 4;

/// All of a round, in an order of its own.
pub(super) fn round(random: &mut Random, cluster: bool) -> Vec<(&'static str, Disruption)> {
    let mut round = QUICK.repeat(if cluster { OF_A_CLUSTER } else { 1 });
    if cluster {
        round.extend(CLUSTER);
    } else {
        round.extend(RESTARTS.iter().map(|either| *random.pick(either)));
    }
    random.shuffle(&mut round);
    round
}
