//! The links file: where to look. Which scenes can be reached and how, which
//! destinations there are, and what is compared with what.
//!
//! The order says who must do what by when; destinations come and go, so they
//! are kept in a file of their own. Parsing and holding it against the order;
//! nothing is opened here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use moongate_order::shape::{Bounds, Entries, Field, Kind, Spanned, Table, Value, read_table};
use moongate_order::{Diagnostics, Mistake, Order, Text};
use url::Url;

/// A links file that fits its order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinksFile {
    /// How each scene is reached.
    pub reaches: Vec<Reach>,
    /// The destinations, by id.
    pub destinations: BTreeMap<String, Destination>,
    /// Dated rounds, in time; one undated round if the file names none.
    pub rounds: Vec<DatedRound>,
    /// What is compared.
    pub comparisons: Vec<Comparison>,
}

/// How a scene is reached over HTTP.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// The platform's id in the order.
    pub platform: String,
    /// The scene's id in the order.
    pub scene: String,
    /// In which way.
    pub way: Way,
    /// The client version this stands for, where it matters.
    pub client_version: Option<String>,
}

/// The ways in which a link meets the platform.
#[derive(Debug, Clone, PartialEq)]
pub enum Way {
    /// A chat room: one account posts, a second one reads.
    Chat {
        /// The room's address.
        room: Url,
    },
    /// The platform's redirector takes the target as a parameter.
    Template {
        /// With `{url}` where the target goes.
        template: String,
    },
    /// The platform minted a link of its own for each destination.
    Minted,
}

/// A place a link leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Destination {
    /// Its id.
    pub id: String,
    /// The platform it belongs to; none for a neutral one.
    pub platform: Option<String>,
    /// Which kind of product or service.
    pub kind: String,
    /// Its address.
    pub url: Url,
    /// Whether the clauses protect it.
    pub lawful: bool,
    /// For people.
    pub name: Text,
    /// Links that platforms minted for it, by platform id.
    pub minted: BTreeMap<String, Url>,
}

/// A dated round.
#[derive(Debug, Clone, PartialEq)]
pub struct DatedRound {
    /// Its id.
    pub id: String,
    /// What it stands for.
    pub as_of: Option<Timestamp>,
    /// For people.
    pub name: Text,
}

/// What is compared with what.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// In one round, or in every round.
    pub round: Option<String>,
    /// On which platform.
    pub platform: String,
    /// In which scene.
    pub scene: String,
    /// Whose handling is in question.
    pub rivals: Vec<String>,
    /// What it is compared with.
    pub controls: Vec<String>,
    /// User agents to alternate between.
    pub user_agents: Vec<String>,
}

/// The shape of the file, from which diagnostics, schema and reference are
/// made.
pub fn shape() -> Table {
    Table::new(
        "links file",
        "Where to look: how scenes are reached, destinations, comparisons.",
    )
    .field(Field::required(
        "format",
        Kind::Integer(Bounds::between(1.0, 1.0)),
        "Format version: 1.",
    ))
    .field(Field::required(
        "reach",
        Kind::tables(reach_shape()),
        "How scenes are reached.",
    ))
    .field(Field::required(
        "destination",
        Kind::tables(destination_shape()),
        "The places that links lead to.",
    ))
    .field(Field::optional(
        "round",
        Kind::any_tables(round_shape()),
        "Dated rounds, in time.",
    ))
    .field(Field::required(
        "compare",
        Kind::tables(comparison_shape()),
        "Which links are compared with which.",
    ))
}

fn reach_shape() -> Table {
    let kinds = [
        (
            "chat",
            "`url` is a chat room; one account posts the link, a second one reads it",
        ),
        (
            "template",
            "`url` is the platform's redirector, with `{url}` where the target goes",
        ),
        (
            "minted",
            "each destination carries a link that the platform minted for it",
        ),
    ];
    Table::new(
        "reach",
        "How one scene of one platform is reached over HTTP.",
    )
    .field(Field::required(
        "platform",
        Kind::Id,
        "A platform of the order.",
    ))
    .field(Field::required(
        "scene",
        Kind::Id,
        "A scene of that platform.",
    ))
    .field(Field::required(
        "kind",
        Kind::words(&kinds),
        "In which way.",
    ))
    .field(Field::optional(
        "url",
        Kind::Text,
        "The room, or the template.",
    ))
    .field(Field::optional(
        "client_version",
        Kind::Text,
        "The client version it stands for.",
    ))
}

fn destination_shape() -> Table {
    Table::new("destination", "A place that links lead to.")
        .field(Field::required("id", Kind::Id, "Its id."))
        .field(Field::optional(
            "platform",
            Kind::Id,
            "The platform of the order it belongs to; absent for a neutral one.",
        ))
        .field(Field::required(
            "kind",
            Kind::Id,
            "Which kind of product or service; only links of one kind are compared.",
        ))
        .field(Field::required("url", Kind::Url, "Its address."))
        .field(Field::defaulted(
            "lawful",
            Kind::Flag,
            "true",
            "Whether the link is lawful.",
        ))
        .field(Field::optional(
            "name",
            Kind::Table(name_shape()),
            "For people.",
        ))
        .field(Field::optional(
            "minted",
            Kind::Map(Box::new(Kind::Url)),
            "Links that platforms minted for it, by platform.",
        ))
}

fn round_shape() -> Table {
    Table::new("round", "A dated stretch of measuring.")
        .field(Field::required("id", Kind::Id, "Its id."))
        .field(Field::required(
            "as_of",
            Kind::DateOrInstant,
            "The instant it stands for.",
        ))
        .field(Field::optional(
            "name",
            Kind::Table(name_shape()),
            "For people.",
        ))
}

fn name_shape() -> Table {
    Table::new("name", "A name for people.")
        .field(Field::required("en", Kind::Text, "In English."))
        .field(Field::optional(
            "zh-Hans",
            Kind::Text,
            "In Simplified Chinese.",
        ))
}

fn comparison_shape() -> Table {
    let agents = [
        ("browser", "as a current browser"),
        ("plain", "as Moongate itself"),
    ];
    Table::new(
        "compare",
        "Rivals with the controls they are compared with.",
    )
    .field(Field::optional(
        "round",
        Kind::reference("round"),
        "In this round only; absent: in every round.",
    ))
    .field(Field::required(
        "platform",
        Kind::Id,
        "A platform with a `[[reach]]`.",
    ))
    .field(Field::required(
        "scene",
        Kind::Id,
        "A scene with a `[[reach]]`.",
    ))
    .field(Field::required(
        "rivals",
        Kind::list(Kind::reference("destination")),
        "Whose handling is in question.",
    ))
    .field(Field::required(
        "controls",
        Kind::list(Kind::reference("destination")),
        "The platform's own links or neutral ones, of the same kind.",
    ))
    .field(Field::optional(
        "user_agents",
        Kind::list(Kind::words(&agents)),
        "User agents to alternate between; `browser` if absent.",
    ))
}

/// Reads a links file against its order.
///
/// # Errors
/// Every mistake at once, each with place and remedy.
pub fn read(file_name: &str, text: &str, order: &Order) -> Result<LinksFile, Diagnostics> {
    let entries = read_table(file_name, text, &shape())?;
    let mut reader = Reader {
        order,
        mistakes: Diagnostics::new(file_name, text),
    };
    let file = LinksFile {
        reaches: entries
            .tables("reach")
            .filter_map(|row| reader.reach(row))
            .collect(),
        destinations: entries
            .tables("destination")
            .filter_map(|row| reader.destination(row))
            .map(|destination| (destination.id.clone(), destination))
            .collect(),
        rounds: rounds(&entries),
        comparisons: entries.tables("compare").map(comparison).collect(),
    };
    reader.hold_addresses(&entries);
    for (number, row) in entries.tables("compare").enumerate() {
        reader.hold_comparison(row, &file);
        let earlier = file.comparisons.get(..number).unwrap_or_default();
        reader.hold_once(row, earlier);
    }
    reader.mistakes.into_outcome(file)
}

struct Reader<'a> {
    order: &'a Order,
    mistakes: Diagnostics,
}

impl Reader<'_> {
    fn reach(&mut self, row: &Entries) -> Option<Reach> {
        self.hold_platform(row, "platform");
        self.hold_scene(row);
        Some(Reach {
            platform: row.text("platform")?.to_owned(),
            scene: row.text("scene")?.to_owned(),
            way: self.way(row)?,
            client_version: row.text("client_version").map(str::to_owned),
        })
    }

    fn way(&mut self, row: &Entries) -> Option<Way> {
        match (row.text("kind")?, row.text("url")) {
            ("minted", _) => Some(Way::Minted),
            (_, None) => {
                self.mistakes.add(
                    Mistake::new("missing-key", row.span_of("kind"))
                        .found("no `url` beside this kind")
                        .expected("the address of the room, or the template of the redirector")
                        .remedy("add `url = \"https://…\"`"),
                );
                None
            }
            ("chat", Some(url)) => {
                let room = self.address(row, "url", url)?;
                Some(Way::Chat { room })
            }
            (_, Some(template)) => {
                self.hold_template(row, template);
                Some(Way::Template {
                    template: template.to_owned(),
                })
            }
        }
    }

    fn address(&mut self, row: &Entries, key: &str, text: &str) -> Option<Url> {
        let parsed = Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        if parsed.is_none() {
            self.mistakes.add(
                Mistake::new("bad-url", row.span_of(key))
                    .found(format!("\"{text}\""))
                    .expected("an address that begins with http:// or https://")
                    .remedy("write the whole address"),
            );
        }
        parsed
    }

    fn hold_template(&mut self, row: &Entries, template: &str) {
        if template.contains("{url") {
            return;
        }
        self.mistakes.add(
            Mistake::new("bad-template", row.span_of("url"))
                .found(format!("\"{template}\""))
                .expected("a place for the target")
                .remedy(
                    "put `{url}` where the target goes, as in https://link.example/?target={url}",
                ),
        );
    }

    fn hold_platform(&mut self, row: &Entries, key: &str) {
        let Some(id) = row.text(key) else { return };
        if self
            .order
            .platforms
            .iter()
            .any(|platform| platform.id == id)
        {
            return;
        }
        let known = self
            .order
            .platforms
            .iter()
            .map(|platform| platform.id.as_str());
        self.unknown(row, key, id, "platform", &known.collect::<Vec<_>>());
    }

    fn hold_scene(&mut self, row: &Entries) {
        let (Some(platform), Some(id)) = (row.text("platform"), row.text("scene")) else {
            return;
        };
        let Some(platform) = self
            .order
            .platforms
            .iter()
            .find(|known| known.id == platform)
        else {
            return;
        };
        let known: Vec<&str> = platform
            .scenes
            .iter()
            .map(|scene| scene.id.as_str())
            .collect();
        if !known.contains(&id) {
            self.unknown(row, "scene", id, "scene of that platform", &known);
        }
    }

    fn unknown(&mut self, row: &Entries, key: &str, id: &str, what: &str, known: &[&str]) {
        let remedy = match moongate_order::shape::closest(id, known.iter().copied()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("the order names {}", known.join(", ")),
        };
        self.mistakes.add(
            Mistake::new("unknown-reference", row.span_of(key))
                .found(format!("`{id}`, which the order does not name"))
                .expected(format!("a {what} of the order"))
                .remedy(remedy),
        );
    }

    fn destination(&mut self, row: &Entries) -> Option<Destination> {
        self.hold_platform(row, "platform");
        let id = row.text("id")?.to_owned();
        let url = self.address(row, "url", row.text("url")?)?;
        Some(Destination {
            platform: row.text("platform").map(str::to_owned),
            kind: row.text("kind")?.to_owned(),
            lawful: row.flag("lawful").unwrap_or(true),
            name: name(row, &id),
            minted: minted(row),
            id,
            url,
        })
    }

    /// One place under two names would be counted twice.
    fn hold_addresses(&mut self, entries: &Entries) {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for row in entries.tables("destination") {
            let (Some(id), Some(text)) = (row.text("id"), row.text("url")) else {
                continue;
            };
            let Ok(url) = Url::parse(text) else { continue };
            let Some(earlier) = seen.insert(url.to_string(), id) else {
                continue;
            };
            self.mistakes.add(
                Mistake::new("address-twice", row.span_of("url"))
                    .found(format!("\"{text}\", which is the address of `{earlier}`"))
                    .expected("another address for each destination")
                    .remedy(format!("correct it, or use `{earlier}` in place of `{id}`")),
            );
        }
    }

    /// A comparison written twice would be measured twice and counted as two.
    fn hold_once(&mut self, row: &Entries, earlier: &[Comparison]) {
        let comparison = comparison(row);
        if !earlier.iter().any(|other| comparison.repeats(other)) {
            return;
        }
        self.mistakes.add(
            Mistake::new("comparison-twice", row.span.clone())
                .found("the same rivals and controls as in a `[[compare]]` before, in the same place and round")
                .expected("each comparison once")
                .remedy("remove one of the two; for more trials, use `--trials`"),
        );
    }

    fn hold_comparison(&mut self, row: &Entries, file: &LinksFile) {
        let comparison = comparison(row);
        self.hold_reach(row, &comparison, file);
        let kinds = |ids: &[String]| -> Vec<String> {
            ids.iter()
                .filter_map(|id| file.destinations.get(id))
                .map(|destination| destination.kind.clone())
                .collect()
        };
        let mut all = kinds(&comparison.rivals);
        all.extend(kinds(&comparison.controls));
        if let Some(other) = all.iter().find(|kind| Some(*kind) != all.first()) {
            let first = all.first().cloned().unwrap_or_default();
            self.mistakes.add(
                Mistake::new("mixed-kinds", row.span_of("controls"))
                    .found(format!(
                        "links of the kinds `{first}` and `{other}` in one comparison"
                    ))
                    .expected("rivals and controls of one kind of product or service")
                    .remedy("write one `[[compare]]` for each kind"),
            );
        }
        if let Some(both) = comparison
            .rivals
            .iter()
            .find(|id| comparison.controls.contains(id))
        {
            self.mistakes.add(
                Mistake::new("rival-as-control", row.span_of("controls"))
                    .found(format!("`{both}` among the rivals and among the controls"))
                    .expected("each link on one side")
                    .remedy(format!("take `{both}` out of one list")),
            );
        }
        self.hold_foreign(row, &comparison, file);
        self.hold_unrelated(row, &comparison, file);
        self.hold_minted(row, &comparison, file);
    }

    /// A platform's own link is what rivals are compared with, not a rival.
    fn hold_foreign(&mut self, row: &Entries, comparison: &Comparison, file: &LinksFile) {
        let own = |id: &&String| {
            let destination = file.destinations.get(*id);
            destination.is_some_and(|it| it.platform.as_deref() == Some(&*comparison.platform))
        };
        if let Some(id) = comparison.rivals.iter().find(own) {
            self.mistakes.add(
                Mistake::new("own-link-as-rival", row.span_of("rivals"))
                    .found(format!(
                        "`{id}`, which belongs to `{}` itself",
                        comparison.platform
                    ))
                    .expected("links that lead to others")
                    .remedy(format!("move `{id}` to the controls")),
            );
        }
    }

    /// Whoever is against a company is against all it runs: another link of
    /// that company shows nothing about how others fare.
    fn hold_unrelated(&mut self, row: &Entries, comparison: &Comparison, file: &LinksFile) {
        let order = self.order;
        let company = |id: &str| {
            let platform = file.destinations.get(id)?.platform.as_deref()?;
            let known = order.platforms.iter().find(|known| known.id == platform)?;
            Some(known.subject.as_str())
        };
        let related = |control: &str| {
            let owner = company(control)?;
            let mut rivals = comparison.rivals.iter();
            let rival = rivals.find(|rival| *rival != control && company(rival) == Some(owner))?;
            Some((rival.clone(), owner))
        };
        for (control, span) in texts_with_spans(row, "controls") {
            let Some((rival, owner)) = related(control) else {
                continue;
            };
            self.mistakes.add(
                Mistake::new("control-of-the-rival", span)
                    .found(format!(
                        "`{control}` as a control of `{rival}`; both belong to `{owner}`"
                    ))
                    .expected("controls of other companies, or neutral ones")
                    .remedy(format!("replace `{control}` by a link of somebody else")),
            );
        }
    }

    fn hold_reach(&mut self, row: &Entries, comparison: &Comparison, file: &LinksFile) {
        if file
            .reach(&comparison.platform, &comparison.scene)
            .is_none()
        {
            self.mistakes.add(
                Mistake::new("no-reach", row.span_of("scene"))
                    .found(format!(
                        "`{}` in `{}`",
                        comparison.scene, comparison.platform
                    ))
                    .expected("a scene that some `[[reach]]` says how to reach")
                    .remedy("add a `[[reach]]` with this platform and scene"),
            );
        }
    }

    fn hold_minted(&mut self, row: &Entries, comparison: &Comparison, file: &LinksFile) {
        let Some(Reach {
            way: Way::Minted, ..
        }) = file.reach(&comparison.platform, &comparison.scene)
        else {
            return;
        };
        let missing = comparison
            .links()
            .filter_map(|id| file.destinations.get(id))
            .find(|destination| !destination.minted.contains_key(&comparison.platform));
        if let Some(destination) = missing {
            self.mistakes.add(
                Mistake::new("no-minted-link", row.span_of("rivals"))
                    .found(format!(
                        "`{}` without a link minted by `{}`",
                        destination.id, comparison.platform
                    ))
                    .expected("a minted link for every destination of a minted scene")
                    .remedy(format!(
                        "add `minted = {{ {} = \"https://…\" }}` to the destination",
                        comparison.platform
                    )),
            );
        }
    }
}

impl LinksFile {
    /// Whether the clauses protect links to this destination. One that the
    /// file does not know was measured by others, who took it for lawful.
    pub fn is_lawful(&self, destination: &str) -> bool {
        self.destinations
            .get(destination)
            .is_none_or(|known| known.lawful)
    }

    /// How a scene is reached.
    pub fn reach(&self, platform: &str, scene: &str) -> Option<&Reach> {
        self.reaches
            .iter()
            .find(|reach| reach.platform == platform && reach.scene == scene)
    }
}

impl Comparison {
    /// Whether it says what another says, in whatever order.
    fn repeats(&self, other: &Self) -> bool {
        let sorted = |list: &[String]| {
            let mut list = list.to_vec();
            list.sort_unstable();
            list
        };
        let same_round = self.round == other.round || self.round.is_none() || other.round.is_none();
        same_round
            && (&self.platform, &self.scene) == (&other.platform, &other.scene)
            && sorted(&self.rivals) == sorted(&other.rivals)
            && sorted(&self.controls) == sorted(&other.controls)
            && sorted(&self.user_agents) == sorted(&other.user_agents)
    }

    /// Rivals first, then controls.
    pub fn links(&self) -> impl Iterator<Item = &String> {
        self.rivals.iter().chain(&self.controls)
    }
}

/// The texts of a list, each with its place.
fn texts_with_spans<'a>(
    row: &'a Entries,
    key: &str,
) -> impl Iterator<Item = (&'a str, std::ops::Range<usize>)> {
    row.values(key)
        .iter()
        .filter_map(|value| match &value.value {
            Value::Text(text) => Some((text.as_str(), value.span.clone())),
            _ => None,
        })
}

fn comparison(row: &Entries) -> Comparison {
    let agents = row.texts("user_agents");
    Comparison {
        round: row.text("round").map(str::to_owned),
        platform: row.text("platform").unwrap_or_default().to_owned(),
        scene: row.text("scene").unwrap_or_default().to_owned(),
        rivals: row.texts("rivals"),
        controls: row.texts("controls"),
        user_agents: if agents.is_empty() {
            vec!["browser".to_owned()]
        } else {
            agents
        },
    }
}

fn name(row: &Entries, id: &str) -> Text {
    let names = row.table("name");
    Text {
        en: names
            .and_then(|names| names.text("en"))
            .unwrap_or(id)
            .to_owned(),
        zh: names
            .and_then(|names| names.text("zh-Hans"))
            .map(str::to_owned),
    }
}

fn minted(row: &Entries) -> BTreeMap<String, Url> {
    let Some(table) = row.table("minted") else {
        return BTreeMap::new();
    };
    table
        .list
        .iter()
        .filter_map(|entry| match &entry.value.value {
            Value::Text(text) => Some((entry.key.value.clone(), Url::parse(text).ok()?)),
            _ => None,
        })
        .collect()
}

fn rounds(entries: &Entries) -> Vec<DatedRound> {
    let mut rounds: Vec<DatedRound> = entries
        .tables("round")
        .filter_map(|row| {
            let id = row.text("id")?;
            Some(DatedRound {
                id: id.to_owned(),
                as_of: instant(row.get("as_of")?),
                name: name(row, id),
            })
        })
        .collect();
    rounds.sort_by_key(|round| round.as_of);
    if rounds.is_empty() {
        rounds.push(DatedRound {
            id: "now".to_owned(),
            as_of: None,
            name: Text {
                en: "this measurement".to_owned(),
                zh: Some("本次测量".to_owned()),
            },
        });
    }
    rounds
}

/// A date alone stands for its end in UTC.
fn instant(value: &Spanned<Value>) -> Option<Timestamp> {
    match &value.value {
        Value::Instant(instant) => Some(*instant),
        Value::Date(date) => date
            .at(23, 59, 59, 0)
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp()),
        _ => None,
    }
}
