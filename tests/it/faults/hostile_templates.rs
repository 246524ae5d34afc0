//! Templates that never end, eat memory, are wrong, or look where they must not.

use super::impatient;
use super::templates::{ENDLESS, GREEDY, Templates, WASTEFUL, request};
use crate::harness::{World, samples};

#[tokio::test(flavor = "multi_thread")]
async fn endless_greedy_and_wasteful_documents_fail_alone_among_a_hundred_good_ones() {
    let world = World::new(impatient()).await;
    let templates = Templates::with(&[
        ("endless", ENDLESS),
        ("greedy", GREEDY),
        ("wasteful", WASTEFUL),
    ]);
    let variables = [
        ("TEMPLATES_DIR", templates.path().to_str().expect("UTF-8")),
        ("RENDER_TIMEOUT_SECONDS", "5"),
        ("RENDER_MEMORY_MIB", "512"),
    ];
    let mut worker = world.worker(&variables).await;
    let mut requests = samples::many(100);
    requests.insert(20, request("endless", "endless").to_string().into_bytes());
    requests.insert(60, request("greedy", "greedy").to_string().into_bytes());
    requests.insert(80, request("wasteful", "wasteful").to_string().into_bytes());
    world.publish_many(requests).await;
    world.assert_settled(100, 3).await;
    worker.stop().await;
    world.assert_settled(100, 3).await;

    for (order, code, words) in [
        ("endless", "render_timeout", "5 s (RENDER_TIMEOUT_SECONDS)"),
        (
            "greedy",
            "render_memory_exceeded",
            "512 MiB of memory (RENDER_MEMORY_MIB)",
        ),
        (
            "wasteful",
            "pages_too_many",
            "the document has 1002 pages, expected 1000 at most",
        ),
    ] {
        let dead = world.dead_letters().await;
        let letter = dead
            .iter()
            .find(|letter| letter.json()["marketplace"]["orderId"] == order)
            .expect("a dead letter");
        assert_eq!(letter.header("x-error-code"), code);
        let detail = letter.header("x-error-detail");
        assert!(detail.contains(words), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_with_an_error_or_a_forbidden_read_is_reported_with_file_line_and_column() {
    let cases = [
        (
            "wrong",
            "#let render(request) = {\n  request.no-such-field\n}\n",
            "wrong/main.typ:2:11: dictionary does not contain key \"no-such-field\"",
        ),
        (
            "neighbour",
            "#let render(request) = read(\"/receipt/texts/en.json\")\n",
            "neighbour/main.typ:1:29: file not found",
        ),
        (
            "system",
            "#let render(request) = read(\"/etc/passwd\")\n",
            "system/main.typ:1:29: file not found",
        ),
        (
            "outside",
            "#let render(request) = read(\"../../../../../etc/passwd\")\n",
            "outside/main.typ:1:29: path",
        ),
        (
            "plugin",
            "#let render(request) = plugin(\"/etc/plugin.wasm\")\n",
            "plugin/main.typ:1:31: file not found",
        ),
        (
            "brands-reader",
            "#let render(request) = read(\"/brands/default.json\")\n",
            "brands-reader/main.typ:1:29: file not found",
        ),
        (
            "clock",
            "#let render(request) = str(datetime.today().year())\n",
            "clock/main.typ:1:28: unable to get the current date",
        ),
        (
            "environment",
            "#let render(request) = sys.inputs.at(\"DATABASE_URL\")\n",
            "environment/main.typ:1:24: dictionary does not contain key",
        ),
        (
            "link",
            "#let render(request) = image(bytes(\"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>\
             <image href='../../../etc/passwd'/></svg>\"), alt: \"\")\n",
            "link/main.typ:1:30: failed to load linked image",
        ),
        (
            "package",
            "#import \"@preview/cetz:0.3.0\"\n#let render(request) = []\n",
            "package/main.typ:1:9: packages cannot be imported; copy the package's files into lib/",
        ),
    ];
    let world = World::new(impatient()).await;
    let sources = cases.map(|(name, source, _)| (name, source));
    let templates = Templates::with(&sources);
    let folder = templates.path().to_str().expect("UTF-8");
    let mut worker = world.worker(&[("TEMPLATES_DIR", folder)]).await;
    let requests = cases.map(|(name, _, _)| request(name, name).to_string().into_bytes());
    world.publish_many(requests).await;
    world.publish_many(samples::many(5)).await;
    world.assert_settled(5, cases.len()).await;
    worker.stop().await;
    world.assert_settled(5, cases.len()).await;

    let dead = world.dead_letters().await;
    for (name, _, place) in cases {
        let letter = dead
            .iter()
            .find(|letter| letter.json()["marketplace"]["orderId"] == name)
            .expect("a dead letter");
        assert_eq!(letter.header("x-error-code"), "template_error", "{name}");
        let detail = letter.header("x-error-detail");
        assert!(detail.starts_with(place), "{name}: {detail}");
    }
}
