//! A broken template stops the process rather than draining a queue into dead letters, and `check` finds it before.

use super::{WRONG, copy_sample, text, write};
use crate::faults::templates::{ENDLESS, Templates};
use crate::harness::{Options, World, samples};

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_with_a_broken_template_ends_before_it_takes_a_message() {
    let world = World::new(Options::sqlite()).await;
    world.publish(samples::receipt().to_string()).await;

    let wrong = Templates::with(&[("wrong", WRONG)]);
    copy_sample(
        &wrong,
        "receipt/samples/receipt-minimal.json",
        "wrong/samples/one.json",
    );
    let endless = Templates::with(&[("endless", ENDLESS)]);
    copy_sample(
        &endless,
        "receipt/samples/receipt-minimal.json",
        "endless/samples/one.json",
    );
    let invalid = Templates::with(&[]);
    write(
        &invalid,
        "receipt/samples/two.json",
        r#"{"documentType": "receipt"}"#,
    );
    // Of a template that never ends. On a busy machine, a sound one may need more than a second.
    let short: &[(&str, &str)] = &[("RENDER_TIMEOUT_SECONDS", "1")];
    let usual: &[(&str, &str)] = &[];
    for (templates, limit, printed) in [
        (
            wrong,
            usual,
            &[
                "error: dictionary does not contain key \"no-such-field\"\n --> ROOT/wrong/main.typ:2:11\n",
                "2 |   request.no-such-field\n  |           ^^^^^^^^^^^^^\n",
                "= in ROOT/wrong/samples/one.json\n",
                "error: TEMPLATES_DIR: samples and logos that cannot be rendered: 1\n",
            ][..],
        ),
        (
            endless,
            short,
            &[
                "took longer than 1 s",
                "= in ROOT/endless/samples/one.json\n",
            ],
        ),
        (
            invalid,
            usual,
            &[
                "error: /marketplace: ",
                "= in ROOT/receipt/samples/two.json\n",
            ],
        ),
    ] {
        let folder = [("TEMPLATES_DIR", text(templates.path()))];
        let variables = [&folder[..], limit].concat();
        // What `check` says of the templates is what a start would say.
        for command in ["worker", "check"] {
            let program = world.program(&[command]).envs(variables.clone());
            let finished = program.run().await;
            assert_eq!(finished.code, 2, "{finished:#?}");
            for words in printed {
                let words = words.replace("ROOT", text(templates.path()));
                assert!(
                    finished.stderr.contains(&words),
                    "{words}\n{}",
                    finished.stderr
                );
            }
            assert!(!finished.stdout.contains("next: "), "{finished:#?}");
        }
    }
    assert_eq!(world.queue_len(&world.topology.requests).await, 1);
    assert_eq!(world.dead_letters().await.len(), 0);
}
