//! Ways of looking at the page that is open. Each says what is amiss; nothing
//! where all is well.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::driver::Browser;

/// Console, network and policy. All that the page loaded stands in `folder`.
pub(crate) fn quiet(browser: &Browser, folder: &Path) -> Vec<String> {
    let own = format!("file://{}/", folder.display());
    let mut found: Vec<String> = browser
        .log("browser")
        .iter()
        .filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")))
        .map(|entry| format!("console: {}", entry["message"]))
        .collect();
    let requests: Vec<String> = browser
        .log("performance")
        .iter()
        .filter_map(requested)
        .collect();
    if !requests.iter().any(|url| url.starts_with(&own)) {
        found.push(format!(
            "the network log does not show the page itself: {requests:?}"
        ));
    }
    let foreign = requests
        .iter()
        .filter(|url| !url.starts_with(&own) && !url.starts_with("data:"));
    found.extend(foreign.map(|url| format!("requested {url}")));
    let policy =
        "return document.querySelector('meta[http-equiv=Content-Security-Policy]')?.content || ''";
    let policy = browser.run(policy);
    if !policy.as_str().unwrap().starts_with("default-src 'none'") {
        found.push(format!("the policy is {policy}"));
    }
    found
}

/// The address of a request in an entry of the performance log.
fn requested(entry: &Value) -> Option<String> {
    let message: Value = serde_json::from_str(entry["message"].as_str()?).unwrap();
    let message = &message["message"];
    let asks = message["method"] == "Network.requestWillBeSent";
    let url = message["params"]["request"]["url"].as_str()?;
    asks.then(|| url.to_owned())
}

/// Whether the page has to be scrolled sideways on a screen of these widths.
pub(crate) fn fits(browser: &Browser, widths: &[(u32, bool)]) -> Vec<String> {
    let mut found = Vec::new();
    for &(width, phone) in widths {
        browser.screen(width, phone);
        let wide = browser.run("return Math.max(innerWidth, document.documentElement.scrollWidth)");
        if wide != json!(width) {
            found.push(format!("{wide} px wide on a screen of {width} px"));
        }
    }
    found
}

/// Text and symbols too pale to read, in both colour schemes.
pub(crate) fn contrast(browser: &Browser) -> Vec<String> {
    let mut found = Vec::new();
    for scheme in ["light", "dark"] {
        browser.scheme(scheme);
        let pale = browser.run(include_str!("contrast.js"));
        let pale = pale.as_array().unwrap().iter().filter_map(Value::as_str);
        found.extend(pale.map(|what| format!("{scheme}: {what}")));
    }
    found
}

/// What a screen reader is told: one main landmark, headings without jumps,
/// tables with header cells, pictures and controls with names.
pub(crate) fn accessibility(browser: &Browser) -> Vec<String> {
    let tree = browser.devtools("Accessibility.getFullAXTree", &json!({}));
    let nodes = Tree::of(&tree);
    let mut found = Vec::new();
    let mains = nodes.of_role(&["main"]).count();
    if mains != 1 {
        found.push(format!("{mains} main landmarks"));
    }
    let levels: Vec<i64> = nodes.of_role(&["heading"]).map(level).collect();
    let steps = std::iter::once(&0).chain(&levels).zip(&levels);
    if levels.is_empty() || steps.clone().any(|(before, after)| after - before > 1) {
        found.push(format!("heading levels {levels:?}"));
    }
    for table in nodes.of_role(&["table", "LayoutTable"]) {
        let headers = nodes
            .below(table)
            .filter(|node| matches!(role(node), "columnheader" | "rowheader"));
        if headers.count() == 0 || name(table).is_empty() {
            found.push(format!(
                "a table “{}” without header cells or caption",
                name(table)
            ));
        }
    }
    for node in nodes.of_role(&["image", "img", "link", "button", "region", "navigation"]) {
        if name(node).is_empty() {
            found.push(format!("a {} without a name", role(node)));
        }
    }
    found
}

/// An accessibility tree in the order it is read in.
struct Tree<'a> {
    order: Vec<&'a Value>,
    by_id: HashMap<&'a str, &'a Value>,
}

impl<'a> Tree<'a> {
    fn of(tree: &'a Value) -> Self {
        let nodes = tree["nodes"].as_array().unwrap();
        let by_id = nodes
            .iter()
            .map(|node| (node["nodeId"].as_str().unwrap(), node))
            .collect();
        let mut tree = Self {
            order: Vec::new(),
            by_id,
        };
        tree.order = tree.below(&nodes[0]).collect();
        tree
    }

    /// A node and all below it, in the order of reading.
    fn below(&self, node: &'a Value) -> impl Iterator<Item = &'a Value> + use<'a> {
        let mut reading = Vec::new();
        let mut ahead = vec![node];
        while let Some(next) = ahead.pop() {
            reading.push(next);
            let children = next["childIds"].as_array().into_iter().flatten().rev();
            ahead.extend(children.filter_map(|id| self.by_id.get(id.as_str()?).copied()));
        }
        reading.into_iter()
    }

    fn of_role(&self, roles: &'static [&str]) -> impl Iterator<Item = &'a Value> {
        let told = self.order.iter().copied();
        told.filter(move |node| node["ignored"] == false && roles.contains(&role(node)))
    }
}

fn role(node: &Value) -> &str {
    node["role"]["value"].as_str().unwrap_or_default()
}

fn name(node: &Value) -> &str {
    node["name"]["value"].as_str().unwrap_or_default().trim()
}

fn level(heading: &Value) -> i64 {
    let properties = heading["properties"].as_array().into_iter().flatten();
    let mut levels = properties.filter(|property| property["name"] == "level");
    levels
        .find_map(|property| property["value"]["value"].as_i64())
        .unwrap_or(99)
}

/// How many pages a PDF has, by its own count.
pub(crate) fn pages_of_pdf(pdf: &[u8]) -> usize {
    assert!(pdf.starts_with(b"%PDF-"), "not a PDF");
    let page = b"/Type /Page";
    let all = pdf
        .windows(page.len() + 1)
        .filter(|at| at.starts_with(page));
    all.filter(|at| !at.last().is_some_and(u8::is_ascii_alphabetic))
        .count()
}
