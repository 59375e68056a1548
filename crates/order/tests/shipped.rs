//! The shipped orders, and what is published of the format.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod common;

use common::{SHIPPED, shipped, vocabulary};
use jiff::civil::date;
use moongate_order::{Due, Order, Status, json_schema, read};

fn order(name: &str) -> Order {
    read(name, &shipped(name), &vocabulary()).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[test]
fn the_order_of_2021_reads_as_reported() {
    let order = order("miit-2021-links");
    assert_eq!(order.status, Status::AsReported);
    assert_eq!(order.issued, date(2021, 9, 9));
    let links = order.obligation("links").unwrap();
    assert_eq!(links.due, Due::Date(date(2021, 9, 17)));
    // The end of 17 September in Shanghai.
    assert_eq!(
        order.deadline(links.due).to_string(),
        "2021-09-17T16:00:00Z"
    );
    let mut subjects: Vec<&str> = links.subjects.iter().map(String::as_str).collect();
    subjects.sort_unstable();
    assert_eq!(
        subjects,
        [
            "alibaba",
            "baidu",
            "bytedance",
            "huawei",
            "momo",
            "netease",
            "qihoo-360",
            "tencent",
            "xiaomi"
        ]
    );
    let kinds: Vec<&str> = links.clauses.iter().map(|c| c.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["same-form", "direct-open", "no-extra-step", "no-copying"]
    );
    assert_eq!(
        links.clause("no-copying").unwrap().number("tolerance"),
        Some(0.05)
    );
    assert!(links.clauses.iter().all(|clause| clause.text.zh.is_some()));
    assert!(links.clauses.iter().all(|clause| clause.sources.len() >= 2));
}

#[test]
fn nobody_is_bound_who_was_not_addressed() {
    let order = order("miit-2021-links");
    let links = order.obligation("links").unwrap();
    let bound = |clause: &str, platform: &str, scene: &str| {
        order.binds(
            links,
            links.clause(clause).unwrap(),
            order.platform(platform).unwrap(),
            scene,
        )
    };
    assert!(bound("direct-open", "wechat", "group"));
    assert!(bound("no-copying", "wechat", "feed"));
    assert!(bound("no-extra-step", "taobao", "one-to-one"));
    assert!(
        !bound("direct-open", "wechat", "feed"),
        "the clause speaks of chats"
    );
    assert!(
        !bound("direct-open", "taobao", "one-to-one"),
        "no messenger"
    );
    assert!(!bound("no-copying", "wechat", "nowhere"));
    for clause in &links.clauses {
        for rival in ["weibo", "jd", "pinduoduo"] {
            let rival = order.platform(rival).unwrap();
            for scene in &rival.scenes {
                assert!(!order.binds(links, clause, rival, &scene.id));
            }
        }
    }
}

#[test]
fn hosts_lead_to_the_platform_with_the_longest_name() {
    let order = order("miit-2021-links");
    let platform = |host: &str| order.platform_of_host(host).map(|p| p.id.as_str());
    assert_eq!(platform("mp.weixin.qq.com"), Some("wechat"));
    assert_eq!(platform("v.qq.com"), Some("tencent-video"));
    assert_eq!(platform("QQ.com."), Some("qq"));
    assert_eq!(platform("notqq.com"), None);
    assert_eq!(platform("item.taobao.com"), Some("taobao"));
    assert_eq!(platform(""), None);
}

#[test]
fn the_standard_of_2023_is_marked_as_one() {
    let order = order("x-2023-link-delay");
    assert_eq!(order.status, Status::ResearchStandard);
    let clause = order
        .obligation("hand-over")
        .unwrap()
        .clause("no-delay")
        .unwrap();
    assert_eq!(clause.number("material_ms"), Some(250.0));
    assert_eq!(clause.number("margin"), Some(0.2));
    let addressed: Vec<&str> = order
        .subjects
        .iter()
        .filter(|subject| subject.addressed)
        .map(|subject| subject.id.as_str())
        .collect();
    assert_eq!(addressed, ["x-corp"]);
}

#[test]
fn the_shipped_orders_meet_the_published_schema() {
    let validator = validator();
    for name in SHIPPED {
        let value = as_json(&shipped(name));
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let validator = validator();
    let good = shipped("miit-2021-links");
    let slips = [
        ("status = \"as-reported\"", "status = \"reported\""),
        ("alpha = 0.01", "alpha = 1.5"),
        ("alpha = 0.01", "alpa = 0.01"),
        ("kind = \"same-form\"", "kind = \"same-fort\""),
        ("tolerance = 0.05", "tolerance = 5"),
        ("tolerance = 0.05", "tolerence = 0.05"),
        ("subjects = \"all\"", "subjects = []"),
        ("issuer = {", "issuers = {"),
        ("format = 1", "format = 2"),
    ];
    for (written, slip) in slips {
        let broken = good.replacen(written, slip, 1);
        assert_ne!(good, broken, "{written}");
        assert!(read("f", &broken, &vocabulary()).is_err(), "{slip}");
        assert!(!validator.is_valid(&as_json(&broken)), "{slip}");
    }
}

fn validator() -> jsonschema::Validator {
    let schema = json_schema(&vocabulary());
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

/// TOML as JSON, dates as strings: what editors hold against the schema.
fn as_json(text: &str) -> serde_json::Value {
    let (table, errors) = toml::de::DeTable::parse_recoverable(text);
    assert!(errors.is_empty(), "{errors:?}");
    json_of(&toml::de::DeValue::Table(table.into_inner()))
}

fn json_of(value: &toml::de::DeValue<'_>) -> serde_json::Value {
    use toml::de::DeValue;
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(number) => number.as_str().parse::<i64>().unwrap().into(),
        DeValue::Float(number) => number.as_str().parse::<f64>().unwrap().into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(datetime) => datetime.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| json_of(item.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), json_of(value.get_ref())))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}
