//! The matrix as data: who opens whose links, in which round; and the names
//! and files of everything that is shown.
//!
//! Both renderings (terminal and site) draw from here, so that they cannot
//! say different things. Not here: how it looks.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use moongate_glossary::{Cell, Decision, Digest, EffectUnit, Round};

use crate::input::{CellView, Clause, Form, Handling, Obligation, ReportInput, Standing};
use crate::{Language, format};

/// Longest name of a file; what is longer is cut and made unique by digest.
const LONGEST_FILE_NAME: usize = 120;

/// Names, files and positions, looked up by id. An id that the input does not
/// name is shown as it is: better an id than a missing row.
pub(crate) struct Index<'a> {
    pub(crate) input: &'a ReportInput,
    /// The file name of each cell's page, without folder and ending.
    pub(crate) files: Vec<String>,
    by_place: HashMap<Place<'a>, Vec<usize>>,
}

/// round, platform, scene, destination
type Place<'a> = (&'a str, &'a str, &'a str, &'a str);

/// The matrix of one round.
pub(crate) struct Grid<'a> {
    /// Rows grouped by platform.
    pub(crate) groups: Vec<Group<'a>>,
    /// The ids of the destinations that stand as columns.
    pub(crate) columns: Vec<&'a str>,
}

/// The rows of one platform.
pub(crate) struct Group<'a> {
    pub(crate) platform: &'a str,
    pub(crate) rows: Vec<Row<'a>>,
}

/// One row: a scene of a platform.
pub(crate) struct Row<'a> {
    pub(crate) scene: &'a str,
    /// One for each column.
    pub(crate) slots: Vec<Slot<'a>>,
}

/// One position of the matrix.
pub(crate) struct Slot<'a> {
    pub(crate) handling: Handling,
    pub(crate) form: Form,
    /// The cells that stand here, one a clause, in the order of the clauses.
    pub(crate) cells: Vec<usize>,
    /// The gravest decision: Broken before Open before Kept.
    pub(crate) decision: Option<Decision>,
    /// How much later than comparable links, milliseconds, where a clause
    /// speaks of delay.
    pub(crate) delay_ms: Option<f64>,
    /// Whether the destination belongs to the platform's own company.
    pub(crate) own: bool,
    /// What the press reported, where it was another handling.
    pub(crate) reported: Option<&'a crate::input::ReportedFact>,
}

/// With more columns than this, and fewer rows than columns, a matrix is drawn
/// as a list.
const MOST_COLUMNS: usize = 12;

impl Grid<'_> {
    /// Whether destinations should stand as rows: many of them, in few places.
    pub(crate) fn is_list(&self) -> bool {
        let rows: usize = self.groups.iter().map(|group| group.rows.len()).sum();
        self.columns.len() > MOST_COLUMNS && rows < self.columns.len() / 3
    }

    /// The positions of the columns, the gravest decision of any row first.
    pub(crate) fn gravest_first(&self) -> Vec<usize> {
        let gravity = |at: usize| {
            let rows = self.groups.iter().flat_map(|group| &group.rows);
            let slots = rows.filter_map(|row| row.slots.get(at));
            slots.map(|slot| weight(slot.decision)).min()
        };
        let mut order: Vec<usize> = (0..self.columns.len()).collect();
        order.sort_by_key(|&at| gravity(at));
        order
    }
}

/// Broken before Open before Kept before nothing.
fn weight(decision: Option<Decision>) -> u8 {
    match decision {
        Some(Decision::Broken) => 0,
        Some(Decision::Open) => 1,
        Some(Decision::Kept) => 2,
        None => 3,
    }
}

impl<'a> Index<'a> {
    pub(crate) fn new(input: &'a ReportInput) -> Self {
        let mut by_place: HashMap<Place<'a>, Vec<usize>> = HashMap::new();
        for (at, view) in input.cells.iter().enumerate() {
            by_place.entry(place(&view.cell)).or_default().push(at);
        }
        let rank: HashMap<_, _> = input
            .obligations
            .iter()
            .flat_map(|o| o.clauses.iter().map(|c| (o.id.as_str(), c.id.as_str())))
            .enumerate()
            .map(|(rank, key)| (key, rank))
            .collect();
        for cells in by_place.values_mut() {
            cells.sort_by_key(|&at| {
                let key = input
                    .cells
                    .get(at)
                    .map(|v| (v.cell.obligation.as_str(), v.cell.clause.as_str()));
                (key.and_then(|key| rank.get(&key)).copied(), key)
            });
        }
        Self {
            input,
            files: file_names(&input.cells),
            by_place,
        }
    }

    pub(crate) fn cell(&self, at: usize) -> Option<&'a CellView> {
        self.input.cells.get(at)
    }

    pub(crate) fn platform(&self, id: &'a str, language: Language) -> &'a str {
        named(&self.input.platforms, id, |p| &p.id).map_or(id, |p| or_id(p.name.pick(language), id))
    }

    pub(crate) fn scene(&self, id: &'a str, language: Language) -> &'a str {
        named(&self.input.scenes, id, |s| &s.id).map_or(id, |s| or_id(s.name.pick(language), id))
    }

    pub(crate) fn destination(&self, id: &'a str, language: Language) -> &'a str {
        named(&self.input.destinations, id, |d| &d.id)
            .map_or(id, |d| or_id(d.name.pick(language), id))
    }

    pub(crate) fn subject(&self, id: &'a str, language: Language) -> &'a str {
        named(&self.input.subjects, id, |s| &s.id).map_or(id, |s| or_id(s.name.pick(language), id))
    }

    /// The subject whose service a platform is.
    pub(crate) fn subject_of(&self, platform: &str) -> Option<&'a str> {
        named(&self.input.platforms, platform, |p| &p.id).map(|p| p.subject.as_str())
    }

    /// The subject that a destination belongs to.
    pub(crate) fn owner_of(&self, destination: &str) -> Option<&'a str> {
        let owner = named(&self.input.destinations, destination, |d| &d.id)?
            .owner
            .as_deref()?;
        Some(self.subject_of(owner).unwrap_or(owner))
    }

    pub(crate) fn obligation(&self, id: &str) -> Option<&'a Obligation> {
        named(&self.input.obligations, id, |o| &o.id)
    }

    pub(crate) fn obligation_name(&self, id: &'a str, language: Language) -> &'a str {
        self.obligation(id)
            .map_or(id, |o| or_id(o.name.pick(language), id))
    }

    pub(crate) fn clause(&self, obligation: &str, clause: &str) -> Option<&'a Clause> {
        named(&self.obligation(obligation)?.clauses, clause, |c| &c.id)
    }

    pub(crate) fn clause_name(&self, cell: &'a Cell, language: Language) -> &'a str {
        self.clause(&cell.obligation, &cell.clause)
            .map_or(&cell.clause, |c| or_id(c.name.pick(language), &c.id))
    }

    pub(crate) fn round_name(&self, id: &'a str, language: Language) -> &'a str {
        let given = self.input.round_names.get(id).map(|n| n.pick(language));
        let own = || named(&self.input.rounds, id, |r: &Round| &r.id).map(|r| r.name.as_str());
        or_id(given.or_else(own).unwrap_or(id), id)
    }

    pub(crate) fn round(&self, id: &str) -> Option<&'a Round> {
        named(&self.input.rounds, id, |r| &r.id)
    }

    /// Words for a reason code, or the code.
    pub(crate) fn reason(&self, code: &'a str, language: Language) -> &'a str {
        self.input
            .reasons
            .get(code)
            .map_or(code, |words| or_id(words.pick(language), code))
    }

    /// The ids of all rounds: those of the input, then those that only cells
    /// name.
    pub(crate) fn rounds(&self) -> Vec<&'a str> {
        let listed = self.input.rounds.iter().map(|r| r.id.as_str());
        let met = self.input.cells.iter().map(|v| v.cell.round.as_str());
        in_order(listed, met, |_| true)
    }

    /// The matrix of one round: rows and columns in the order of the input,
    /// without those of which the round holds nothing.
    pub(crate) fn grid(&self, round: &str) -> Grid<'a> {
        let cells = || {
            self.input
                .cells
                .iter()
                .map(|v| &v.cell)
                .filter(move |cell| cell.round == round)
        };
        let seen: BTreeSet<&str> = cells().map(|c| c.destination.as_str()).collect();
        let columns = in_order(
            self.input.destinations.iter().map(|d| d.id.as_str()),
            cells().map(|c| c.destination.as_str()),
            |id| seen.contains(id),
        );
        let mut scenes_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for cell in cells() {
            scenes_of
                .entry(&cell.platform)
                .or_default()
                .insert(&cell.scene);
        }
        let platforms = in_order(
            self.input.platforms.iter().map(|p| p.id.as_str()),
            cells().map(|c| c.platform.as_str()),
            |id| scenes_of.contains_key(id),
        );
        let groups = platforms
            .into_iter()
            .map(|platform| {
                let seen = scenes_of.get(platform);
                let scenes = in_order(
                    self.input.scenes.iter().map(|s| s.id.as_str()),
                    seen.into_iter().flatten().copied(),
                    |id| seen.is_some_and(|s| s.contains(id)),
                );
                Group {
                    platform,
                    rows: scenes
                        .into_iter()
                        .map(|scene| Row {
                            scene,
                            slots: columns
                                .iter()
                                .map(|column| self.slot(round, platform, scene, column))
                                .collect(),
                        })
                        .collect(),
                }
            })
            .collect();
        Grid { groups, columns }
    }

    fn slot(&self, round: &str, platform: &str, scene: &str, destination: &str) -> Slot<'a> {
        let cells = self
            .by_place
            .get(&(round, platform, scene, destination))
            .cloned()
            .unwrap_or_default();
        let views: Vec<&CellView> = cells.iter().filter_map(|&at| self.cell(at)).collect();
        let handling = common(views.iter().map(|v| v.handling));
        Slot {
            handling,
            form: views
                .iter()
                .map(|v| v.form)
                .find(|form| *form != Form::Unknown)
                .unwrap_or_default(),
            decision: gravest(&views),
            delay_ms: views
                .iter()
                .filter_map(|v| v.finding.as_ref()?.effect)
                .find(|effect| effect.unit == EffectUnit::Milliseconds)
                .map(|effect| effect.point),
            own: self
                .subject_of(platform)
                .is_some_and(|subject| self.owner_of(destination) == Some(subject)),
            reported: views
                .iter()
                .filter_map(|v| v.reported.as_ref())
                .find(|fact| fact.handling != handling),
            cells,
        }
    }

    /// The latest standing of each subject on each obligation and due date,
    /// with the earlier ones; Broken first, then Open, then Kept.
    pub(crate) fn standings(&self) -> Vec<StandingLine<'a>> {
        let mut lines: BTreeMap<(&str, &str, i64), Vec<&'a Standing>> = BTreeMap::new();
        for standing in &self.input.standings {
            lines
                .entry((&standing.subject, &standing.obligation, standing.due_ms))
                .or_default()
                .push(standing);
        }
        let mut lines: Vec<StandingLine<'a>> = lines
            .into_values()
            .filter_map(|mut over_time| {
                over_time.sort_by_key(|s| s.as_of_ms);
                let latest = over_time.last().copied()?;
                Some(StandingLine { latest, over_time })
            })
            .collect();
        let position = |id: &str| self.input.subjects.iter().position(|s| s.id == id);
        lines.sort_by_key(|line| {
            (
                weight(Some(line.latest.state)),
                position(&line.latest.subject),
                line.latest.due_ms,
            )
        });
        lines
    }
}

/// Where a subject stands now, and where it stood.
pub(crate) struct StandingLine<'a> {
    pub(crate) latest: &'a Standing,
    /// In time; the latest is the last.
    pub(crate) over_time: Vec<&'a Standing>,
}

fn place(cell: &Cell) -> Place<'_> {
    (&cell.round, &cell.platform, &cell.scene, &cell.destination)
}

fn named<'a, T>(items: &'a [T], id: &str, key: impl Fn(&'a T) -> &'a String) -> Option<&'a T> {
    items.iter().find(|item| key(item) == id)
}

fn or_id<'a>(name: &'a str, id: &'a str) -> &'a str {
    if name.trim().is_empty() { id } else { name }
}

/// `listed` in its order, then what only `met` names, each once.
fn in_order<'a>(
    listed: impl Iterator<Item = &'a str>,
    met: impl Iterator<Item = &'a str>,
    keep: impl Fn(&str) -> bool,
) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    listed
        .chain(met)
        .filter(|id| keep(id) && seen.insert(*id))
        .collect()
}

/// The handling that all agree on; `Mixed` where they do not.
fn common(handlings: impl Iterator<Item = Handling>) -> Handling {
    let mut common = Handling::NotMeasured;
    for handling in handlings.filter(|h| *h != Handling::NotMeasured) {
        if common != Handling::NotMeasured && common != handling {
            return Handling::Mixed;
        }
        common = handling;
    }
    common
}

/// Broken if any is, Kept only if all are, else Open; none without findings.
fn gravest(views: &[&CellView]) -> Option<Decision> {
    let decisions: Vec<Option<Decision>> = views
        .iter()
        .map(|v| v.finding.as_ref().map(|f| f.decision))
        .collect();
    if decisions.iter().all(Option::is_none) {
        None
    } else if decisions.contains(&Some(Decision::Broken)) {
        Some(Decision::Broken)
    } else if decisions.iter().all(|d| *d == Some(Decision::Kept)) {
        Some(Decision::Kept)
    } else {
        Some(Decision::Open)
    }
}

/// File names from slugs: unique also where letters are not told apart by
/// case, never over-long, never hidden. Slugs drop what is not ASCII, so two
/// cells may share one.
fn file_names(cells: &[CellView]) -> Vec<String> {
    let mut taken = HashSet::new();
    cells
        .iter()
        .map(|view| {
            let slug = view.cell.slug();
            let plain = slug.len() <= LONGEST_FILE_NAME && !slug.starts_with('.');
            if plain && taken.insert(slug.to_ascii_lowercase()) {
                return slug;
            }
            let (head, _) = format::head(&slug, LONGEST_FILE_NAME - 24);
            let mut name = format!(
                "{}~{}",
                head.trim_start_matches('.'),
                short_digest(&view.cell)
            );
            // The same cell twice in one input: number the later ones.
            let mut again = 1_u32;
            let base = name.clone();
            while !taken.insert(name.to_ascii_lowercase()) {
                again += 1;
                name = format!("{base}-{again}");
            }
            name
        })
        .collect()
}

fn short_digest(cell: &Cell) -> String {
    let parts = [
        &cell.round,
        &cell.platform,
        &cell.scene,
        &cell.destination,
        &cell.obligation,
        &cell.clause,
    ];
    let pieces = parts.iter().flat_map(|part| [part.as_bytes(), &[0][..]]);
    let digest = Digest::of_pieces(pieces).to_string();
    digest.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(platform: &str, clause: &str) -> CellView {
        CellView::empty(Cell {
            obligation: "o".into(),
            clause: clause.into(),
            platform: platform.into(),
            scene: "s".into(),
            destination: "d".into(),
            round: "r".into(),
        })
    }

    #[test]
    fn cells_with_one_slug_get_files_of_their_own() {
        let long = "x".repeat(400);
        let cells = [
            view("微信", "c"),
            view("微博", "c"),
            view("WB", "c"),
            view("wb", "c"),
            view("wb", "c"),
            view("wb", "c"),
            view(&long, "c"),
        ];
        let names = file_names(&cells);
        let unique: HashSet<_> = names.iter().map(|n| n.to_ascii_lowercase()).collect();
        assert_eq!(unique.len(), names.len(), "{names:?}");
        assert!(names.iter().all(|n| n.len() <= LONGEST_FILE_NAME + 8));
    }

    #[test]
    fn handlings_that_differ_are_mixed() {
        use Handling::{Blocked, Mixed, NotMeasured, Opened};
        assert_eq!(common([NotMeasured, Opened].into_iter()), Opened);
        assert_eq!(common([Blocked, Opened].into_iter()), Mixed);
        assert_eq!(common(std::iter::empty()), NotMeasured);
    }

    #[test]
    fn no_finding_is_never_kept() {
        let bare = view("p", "c");
        assert_eq!(gravest(&[&bare]), None);
    }
}
