//! `request`: publishing, as the order service does.

use invoice_worker::broker::Lane;

use crate::harness::{Options, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_published_from_files_from_ndjson_and_from_standard_input() {
    let world = World::new(small()).await;
    let bodies = samples::many(6);
    std::fs::write(world.path("one.json"), &bodies[0]).expect("written");
    let lines = [&bodies[1][..], b"\n\n", &bodies[2], b"\n"].concat();
    std::fs::write(world.path("many.ndjson"), lines).expect("written");
    let printed = world.program(&["request", "one.json", "many.ndjson"]).run();
    assert_eq!(printed.await.succeeded(), "published and confirmed: 3\n");

    let input = bodies[3..].join(&b'\n');
    let printed = world.program(&["request", "-"]).input(input).run();
    assert_eq!(printed.await.succeeded(), "published and confirmed: 3\n");

    let requests = world.take_all(&world.topology.queue(Lane::Bulk)).await;
    let received: Vec<_> = requests.iter().map(|request| &request.body).collect();
    assert_eq!(
        received,
        bodies.iter().collect::<Vec<_>>(),
        "as they are, in order"
    );
    let mut ids: Vec<_> = requests.iter().map(|request| &request.message_id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6, "each has an id of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_requests_are_bulk_requests_and_a_single_one_is_not_unless_the_lane_is_given() {
    let world = World::new(small()).await;
    for (input, lane, ordinary, bulk) in [
        ("{}", &[][..], 1, 0),
        ("{}\n{}", &[], 1, 2),
        ("{}", &["--lane", "bulk"], 1, 3),
        ("{}\n{}", &["--lane", "ordinary"], 3, 3),
    ] {
        let arguments = [&["request", "-"], lane].concat();
        let published = world.program(&arguments).input(input).run().await;
        published.succeeded();
        let waiting = (
            world.lane_len(Lane::Ordinary).await,
            world.lane_len(Lane::Bulk).await,
        );
        assert_eq!(waiting, (ordinary, bulk), "{input:?} {lane:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_published_from_the_command_line_become_documents() {
    let world = World::new(small()).await;
    let mut worker = world.worker(&[]).await;
    let samples = samples::templates();
    let sample = samples.join("receipt/samples/receipt-minimal.json");
    let sample = sample.to_str().expect("UTF-8");
    world.program(&["request", sample]).run().await.succeeded();
    world.wait_for_events(1).await;
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_publisher_declares_the_queue_that_it_publishes_to() {
    let world = World::new(small()).await;
    let variables = [
        ("AMQP_EXCHANGE", format!("it.{}.fresh", world.id)),
        ("AMQP_QUEUE", format!("it.{}.fresh", world.id)),
    ];
    let program = world.program(&["request", "-"]).envs(variables.clone());
    let printed = program.input("{}").run().await.succeeded();
    assert_eq!(printed, "published and confirmed: 1\n");
    assert_eq!(world.queue_len(&variables[1].1).await, 1);
    world
        .forget_topology(&variables[0].1, &variables[1].1)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_is_one_request_or_one_a_line_and_nothing_is_sent_if_a_line_is_none() {
    let world = World::new(small()).await;
    let pretty = serde_json::to_string_pretty(&samples::receipt()).expect("JSON");
    let printed = world
        .program(&["request", "-"])
        .input(format!("{pretty}\n"));
    assert_eq!(
        printed.run().await.succeeded(),
        "published and confirmed: 1\n"
    );
    let requests = world.take_all(&world.topology.requests).await;
    assert_eq!(requests[0].body, pretty.as_bytes());

    let lines = "{}\n\n{\"a\": 1}\n[]\n{}\n";
    std::fs::write(world.path("many.ndjson"), lines).expect("written");
    std::fs::write(world.path("one.json"), "{}").expect("written");
    std::fs::write(world.path("cut.json"), "{\"a\": ").expect("written");
    for (arguments, input, place) in [
        (&["request", "one.json", "-"][..], lines, "-, line 4"),
        (
            &["request", "one.json", "many.ndjson"],
            "",
            "many.ndjson, line 4",
        ),
        (&["request", "one.json", "cut.json"], "", "cut.json"),
    ] {
        let refused = world.program(arguments).input(input).run().await;
        assert_eq!(refused.code, 2, "{refused:#?}");
        let expected = format!("{place}: not a JSON object");
        assert!(refused.stderr.contains(&expected), "{refused:#?}");
    }
    for queue in world.topology.queues() {
        assert_eq!(world.queue_len(&queue).await, 0, "{queue}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_is_wrong_usage() {
    let world = World::new(small()).await;
    let finished = world.program(&["request", "absent.json"]).run().await;
    assert_eq!(finished.code, 2, "{finished:#?}");
    assert!(finished.stderr.contains("absent.json"), "{finished:#?}");
}

fn small() -> Options {
    Options::sqlite()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_dies_meanwhile_leaves_the_number_of_what_was_confirmed() {
    const TOTAL: usize = 50_000;
    let world = World::new(small()).await;
    let (proxy, url) = Proxy::before(&world.variables["AMQP_URL"]);
    // A tenth of them at most, however late it is seen that some are there.
    proxy.set(Mode::Choke {
        requests: 10 * TOTAL,
        replies: usize::MAX,
    });
    let program = world.program(&["request", "-"]).envs([("AMQP_URL", url)]);
    let dying = async {
        eventually("some to be published", async || {
            let len = world.lane_len(Lane::Bulk).await;
            if len > 0 { Ok(()) } else { Err(len) }
        })
        .await;
        proxy.set(Mode::Refuse);
    };
    let publishing = program.input("{}\n".repeat(TOTAL)).run();
    let (printed, ()) = tokio::join!(publishing, dying);
    assert_eq!(printed.code, 1, "{}", printed.stderr);
    let confirmed = printed.stdout.trim_end().rsplit_once(' ');
    let (words, confirmed) = confirmed.expect("a number at the end");
    assert_eq!(words, "published and confirmed:");
    let confirmed: usize = confirmed.parse().expect("a number");
    assert!(confirmed < TOTAL, "{confirmed}");
    let rest = format!(
        "error: not published: {}: broker unreachable",
        TOTAL - confirmed
    );
    assert!(printed.stderr.contains(&rest), "{rest} {}", printed.stderr);
}
