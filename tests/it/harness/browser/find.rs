//! Finding what a page offers as people do, and as assistive technology shows it: by role and name.

use serde_json::{Value, json};

use super::driver::Driver;

/// Under this name WebDriver has the reference of an element.
const REFERENCE: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Marks an element for a moment: the accessibility tree and WebDriver have no other name of it in common.
const MARK: &str = "data-found-by-test";

/// An element of the page that is shown.
pub(super) struct Element(String);

impl Element {
    /// The path of a command.
    pub(super) fn path(&self, command: &str) -> String {
        format!("/element/{}/{command}", self.0)
    }

    /// Read from an answer.
    fn of(value: &Value) -> Self {
        let reference = value[REFERENCE].as_str();
        Self(reference.expect("an element").to_owned())
    }
}

/// The only element with this name and one of these roles.
pub(super) async fn named(driver: &Driver, roles: &[&str], name: &str) -> Result<Element, String> {
    let node = only(driver, roles, name).await?;
    // Only a node that was handed out may be changed.
    let backend = json!({ "backendNodeIds": [node["backendDOMNodeId"]] });
    let handed = driver
        .devtools("DOM.pushNodesByBackendIdsToFrontend", backend)
        .await?;
    let node = &handed["nodeIds"][0];
    let mark = json!({ "nodeId": node, "name": MARK, "value": "" });
    driver.devtools("DOM.setAttributeValue", mark).await?;
    let found = first(driver, &format!("[{MARK}]")).await;
    let mark = json!({ "nodeId": node, "name": MARK });
    driver.devtools("DOM.removeAttribute", mark).await?;
    found
}

/// The first element that matches.
pub(super) async fn first(driver: &Driver, css: &str) -> Result<Element, String> {
    let selector = json!({ "using": "css selector", "value": css });
    let found = driver.attempt("/element", &selector).await?;
    Ok(Element::of(&found))
}

/// The elements below another that match.
pub(super) async fn below(
    driver: &Driver,
    element: &Element,
    css: &str,
) -> Result<Vec<Element>, String> {
    let selector = json!({ "using": "css selector", "value": css });
    let found = driver.attempt(&element.path("elements"), &selector).await?;
    let found = found.as_array().expect("a list");
    Ok(found.iter().map(Element::of).collect())
}

/// The element that has the focus.
pub(super) async fn active(driver: &Driver) -> Result<Element, String> {
    let found = driver.read("/element/active").await?;
    Ok(Element::of(&found))
}

/// The node of the accessibility tree.
async fn only(driver: &Driver, roles: &[&str], name: &str) -> Result<Value, String> {
    let document = driver
        .devtools("DOM.getDocument", json!({ "depth": 0 }))
        .await?;
    let root = &document["root"]["nodeId"];
    let query = json!({ "nodeId": root, "accessibleName": name });
    let mut found = driver.devtools("Accessibility.queryAXTree", query).await?;
    let nodes = found["nodes"].as_array_mut().expect("a list of nodes");
    let others: Vec<String> = nodes.iter().map(|node| role(node).to_owned()).collect();
    nodes.retain(|node| node["ignored"] == false && roles.contains(&role(node)));
    match nodes.as_mut_slice() {
        [node] => Ok(node.take()),
        [] => Err(format!(
            "no {} is named {name:?}; the roles with this name are {others:?}",
            roles.join(" or ")
        )),
        several => Err(format!("{} elements are named {name:?}", several.len())),
    }
}

fn role(node: &Value) -> &str {
    node["role"]["value"].as_str().unwrap_or_default()
}
