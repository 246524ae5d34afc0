//! The recorded URL is where the document is, however the object store was named. The forms of AWS are tested without a
//! server, in `storage::location`.

use crate::harness::{Options, World, http, samples};

/// Variables beside those of the world.
type Variables<'a> = Vec<(&'static str, &'a str)>;

#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_url_is_where_the_document_is() {
    let world = World::new(Options::sqlite()).await;
    let endpoint = world.variables["AWS_ENDPOINT_URL_S3"].clone();
    let profile = world.path("aws-config");
    let written = format!(
        "[default]\nservices = here\n[services here]\ns3 =\n  endpoint_url = {endpoint}\n\
         [profile all]\nendpoint_url = {endpoint}\n"
    );
    std::fs::write(&profile, written).expect("a writable folder");
    let profile = profile.to_str().expect("UTF-8").to_owned();
    // A bucket has no name below an IP address, so the SDK uses its path without being asked to.
    let ways: [(&str, Variables<'_>); 4] = [
        ("path style", vec![]),
        ("usual style", vec![("S3_FORCE_PATH_STYLE", "false")]),
        (
            "endpoint of all services",
            vec![
                ("S3_FORCE_PATH_STYLE", "false"),
                ("AWS_ENDPOINT_URL_S3", ""),
                ("AWS_ENDPOINT_URL", &endpoint),
            ],
        ),
        (
            "endpoint of a profile",
            vec![
                ("S3_FORCE_PATH_STYLE", "false"),
                ("AWS_ENDPOINT_URL_S3", ""),
                ("AWS_CONFIG_FILE", &profile),
                ("AWS_PROFILE", "all"),
            ],
        ),
    ];
    for (order, variables) in ways {
        let order = order.replace(' ', "+");
        let mut worker = world.worker(&variables).await;
        let request = samples::with_identity(samples::receipt(), &order, "1");
        world.publish(request.to_string()).await;
        let row = world.wait_for_document(&samples::identity(&request)).await;
        worker.stop().await;
        let key = row.object_key.expect("a key").replace('+', "%2B");
        let url = row.file_path.expect("a URL");
        assert_eq!(url, format!("{endpoint}/{}/{key}", world.bucket), "{order}");
        // It is there, and private.
        let (status, _) = http::get(&url).await;
        assert_eq!(status, 403, "{order}");
    }
}
