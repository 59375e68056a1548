//! The mapping file: which column means what.

use moongate_glossary::Route;
use moongate_order::shape::{Bounds, Entries, Field, Kind, Table, read_table};
use moongate_order::{Diagnostics, Mistake, Order};

/// How a table is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The platform the figures speak of.
    pub platform: String,
    /// The scene.
    pub scene: String,
    /// Who measured, for people and as the vantage.
    pub measured_by: String,
    /// The column that says when.
    pub time_column: String,
    /// How it is written, in `strftime` terms.
    pub time_layout: String,
    /// Offset from UTC, where the layout has none, seconds.
    pub offset_s: i32,
    /// Microseconds in one unit of the figures.
    pub unit_us: u32,
    /// Where the figures stand.
    pub layout: Layout,
}

/// Where the figures stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// A column for each destination.
    Wide(Vec<ColumnRule>),
    /// A row for each figure.
    Long {
        /// The column that names the destination.
        destination: String,
        /// The column of figures.
        value: String,
        /// By which way all of them were measured.
        route: Route,
    },
}

/// Which columns hold figures, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnRule {
    /// A column's name; one `*` stands for anything.
    pub pattern: String,
    /// By which way these were measured.
    pub route: Route,
}

impl ColumnRule {
    /// What the `*` stands for in `column` (all of it for a pattern without
    /// one), if the column is meant.
    ///
    /// ```
    /// use moongate_glossary::Route;
    /// use moongate_import::mapping::ColumnRule;
    /// let rule = ColumnRule { pattern: "bitly-*".into(), route: Route::Neutral };
    /// assert_eq!(rule.destination("bitly-bsky.app"), Some("bsky.app"));
    /// assert_eq!(rule.destination("tco-bsky.app"), None);
    /// ```
    pub fn destination<'a>(&self, column: &'a str) -> Option<&'a str> {
        match self.pattern.split_once('*') {
            None => (self.pattern == column).then_some(column),
            Some((before, after)) => column
                .strip_prefix(before)?
                .strip_suffix(after)
                .filter(|destination| !destination.is_empty()),
        }
    }
}

/// The shape of the file, from which diagnostics, schema and reference are
/// made.
pub fn shape() -> Table {
    let units = [
        ("ms", "milliseconds"),
        ("s", "seconds"),
        ("us", "microseconds"),
    ];
    Table::new("import mapping", "Which column of a table means what.")
        .field(Field::required(
            "format",
            Kind::Integer(Bounds::between(1.0, 1.0)),
            "Format version: 1.",
        ))
        .field(Field::required(
            "platform",
            Kind::Id,
            "The platform the figures speak of.",
        ))
        .field(Field::required("scene", Kind::Id, "The scene."))
        .field(Field::required("measured_by", Kind::Text, "Who measured."))
        .field(Field::required(
            "unit",
            Kind::words(&units),
            "What the figures are in.",
        ))
        .field(Field::required(
            "time",
            Kind::Table(time_shape()),
            "When each row was measured.",
        ))
        .field(Field::optional(
            "column",
            Kind::any_tables(column_shape()),
            "For a wide table: which columns hold figures.",
        ))
        .field(Field::optional(
            "long",
            Kind::Table(long_shape()),
            "For a long table: its columns.",
        ))
}

fn time_shape() -> Table {
    Table::new("time", "The column that says when.")
        .field(Field::required("column", Kind::Text, "Its name."))
        .field(Field::required(
            "layout",
            Kind::Text,
            "Such as %Y-%m-%dT%H:%M:%S.",
        ))
        .field(Field::defaulted(
            "offset_hours",
            Kind::Number(Bounds::between(-14.0, 14.0)),
            "0",
            "Offset from UTC, where the column has none.",
        ))
}

fn route_kind() -> Kind {
    Kind::words(&[
        ("platform", "through the platform"),
        ("neutral", "through a carrier with no stake, for comparison"),
    ])
}

fn column_shape() -> Table {
    Table::new("column", "Columns that hold figures.")
        .field(Field::required(
            "match",
            Kind::Text,
            "A column's name; one `*` stands for the destination.",
        ))
        .field(Field::defaulted(
            "route",
            route_kind(),
            "platform",
            "By which way.",
        ))
}

fn long_shape() -> Table {
    Table::new("long", "The columns of a long table.")
        .field(Field::required(
            "destination",
            Kind::Text,
            "The column of destinations.",
        ))
        .field(Field::required(
            "value",
            Kind::Text,
            "The column of figures.",
        ))
        .field(Field::defaulted(
            "route",
            route_kind(),
            "platform",
            "By which way.",
        ))
}

impl Mapping {
    /// Reads a mapping against its order.
    ///
    /// # Errors
    /// Every mistake at once, each with place and remedy.
    pub fn read(file_name: &str, text: &str, order: &Order) -> Result<Self, Diagnostics> {
        let entries = read_table(file_name, text, &shape())?;
        let mut mistakes = Diagnostics::new(file_name, text);
        hold_against(order, &entries, &mut mistakes);
        let layout = layout(&entries, &mut mistakes);
        let time = entries.table("time");
        let of_time = |key| {
            time.and_then(|time| time.text(key))
                .unwrap_or_default()
                .to_owned()
        };
        let hours = time
            .and_then(|time| time.number("offset_hours"))
            .unwrap_or(0.0);
        let text = |key| entries.text(key).unwrap_or_default().to_owned();
        mistakes.into_outcome(Self {
            platform: text("platform"),
            scene: text("scene"),
            measured_by: text("measured_by"),
            time_column: of_time("column"),
            time_layout: of_time("layout"),
            offset_s: (hours * 3600.0).round() as i32,
            unit_us: match entries.text("unit") {
                Some("s") => 1_000_000,
                Some("us") => 1,
                _ => 1_000,
            },
            layout,
        })
    }
}

fn hold_against(order: &Order, entries: &Entries, mistakes: &mut Diagnostics) {
    let (Some(platform), Some(scene)) = (entries.text("platform"), entries.text("scene")) else {
        return;
    };
    let Some(known) = order.platform(platform) else {
        let names: Vec<&str> = order.platforms.iter().map(|it| it.id.as_str()).collect();
        mistakes.add(
            Mistake::new("unknown-reference", entries.span_of("platform"))
                .found(format!("`{platform}`, which the order does not name"))
                .expected("a platform of the order")
                .remedy(format!("the order names {}", names.join(", "))),
        );
        return;
    };
    let scenes: Vec<&str> = known.scenes.iter().map(|it| it.id.as_str()).collect();
    if !scenes.contains(&scene) {
        mistakes.add(
            Mistake::new("unknown-reference", entries.span_of("scene"))
                .found(format!(
                    "`{scene}`, which the order does not name for `{platform}`"
                ))
                .expected("a scene of that platform")
                .remedy(format!("the order names {}", scenes.join(", "))),
        );
    }
}

fn layout(entries: &Entries, mistakes: &mut Diagnostics) -> Layout {
    let route = |row: &Entries| match row.text("route") {
        Some("neutral") => Route::Neutral,
        _ => Route::Imported,
    };
    let rules: Vec<ColumnRule> = entries
        .tables("column")
        .map(|row| ColumnRule {
            pattern: row.text("match").unwrap_or_default().to_owned(),
            route: route(row),
        })
        .collect();
    match (entries.table("long"), rules.is_empty()) {
        (Some(long), true) => Layout::Long {
            destination: long.text("destination").unwrap_or_default().to_owned(),
            value: long.text("value").unwrap_or_default().to_owned(),
            route: route(long),
        },
        (None, false) => Layout::Wide(rules),
        (long, _) => {
            let found = if long.is_some() { "both" } else { "neither" };
            mistakes.add(
                Mistake::new("wide-or-long", entries.span.clone())
                    .found(format!("{found} of `[[column]]` and `[long]`"))
                    .expected("one of them: a wide table has columns, a long one has rows")
                    .remedy("keep the one that fits the table"),
            );
            Layout::Wide(rules)
        }
    }
}
