//! Requests for demos and tests: the templates' own samples, with other identities, numbers and people.

use serde_json::{Value, json};

use document::Catalog;

/// Buyers whose names are not all of them easy.
const BUYERS: [&str; 8] = [
    "J. Rivera",
    "Bäckerei Öztürk e. K.",
    "Zoë van der Berg",
    "Łukasz Żółć",
    "Søren Ångström",
    "Γιώργος Παπαδόπουλος",
    "Дмитрий Иванов",
    "Nguyễn Thị Hà",
];

/// An endless supply of different requests.
pub struct Samples {
    requests: Vec<Value>,
    shop_id: String,
}

impl Samples {
    /// The samples of all templates without the long and the fullest ones, for a shop of this name.
    pub fn new(catalog: &Catalog, shop_id: &str) -> anyhow::Result<Self> {
        let is_sample = |path: &str| {
            let is_unusual =
                path.contains("-long") || path.contains("-fullest") || path.contains("/stress/");
            path.contains("/samples/") && !is_unusual
        };
        let files = catalog.files().iter().filter(|(path, _)| is_sample(path));
        let requests = files
            .map(|(_, content)| serde_json::from_slice(content))
            .collect::<Result<Vec<_>, _>>()?;
        anyhow::ensure!(
            !requests.is_empty(),
            "{} holds no sample requests",
            catalog.root().display()
        );
        Ok(Self {
            requests,
            shop_id: shop_id.to_owned(),
        })
    }

    /// The request with this index: always the same one, and different from all others.
    pub fn request(&self, index: usize) -> Value {
        let mut request = self.requests[index % self.requests.len()].clone();
        let marketplace = &mut request["marketplace"];
        marketplace["shopId"] = json!(self.shop_id);
        marketplace["orderId"] = json!(format!("{}", 576_461_413_000_000_000_u64 + index as u64));
        marketplace["sequenceNumber"] = json!(index.to_string());
        if request.get("number").is_some() {
            request["number"] = json!(format!("INV-{index:06}"));
        }
        if request.get("buyer").is_some() {
            request["buyer"]["name"] = json!(BUYERS[index % BUYERS.len()]);
        }
        request
    }
}
