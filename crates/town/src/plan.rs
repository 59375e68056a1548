//! What a town is made of: platforms, destinations, moments, and who treats
//! whose links how. Data only; [`crate::World`] plays it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::behaviour::{SharedBehaviour, SpecError, named, opens};
use crate::dice::Dice;
use crate::form::Form;
use crate::html::Notice;
use crate::shim::Shim;

/// Words in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl Words {
    /// Both at once.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            zh: zh.into(),
        }
    }
}

/// A moment that the town can stand at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Its id, which sorts in time.
    pub id: String,
    /// The instant it stands for; reports name days in China (UTC+8).
    pub as_of: Timestamp,
    /// How a person would name it.
    pub name: Words,
}

/// A page that links lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Its id.
    pub id: String,
    /// The platform it belongs to; none for a neutral one.
    pub platform: Option<String>,
    /// What kind of thing it is: `shop-item`, `video`, `site`, `document`.
    pub kind: String,
    /// Its address.
    pub url: String,
    /// The title of its page.
    pub title: Words,
}

/// A platform: its chat, its scenes, its redirector.
#[derive(Debug, Clone)]
pub struct PlatformPlan {
    /// Its id; its chat is at `<id>.test`.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// Its scenes, each a room.
    pub scenes: Vec<String>,
    /// Its redirector.
    pub shim: Shim,
    /// Asked before the cell's behaviour, for every link alike. `opens` leaves
    /// all to the cells.
    pub policy: SharedBehaviour,
    /// Asked before the chat answers. `opens` lets it answer.
    pub chat: SharedBehaviour,
}

/// Which comparison a behaviour belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    /// The moment; none for all.
    pub moment: Option<String>,
    /// The platform.
    pub platform: String,
    /// The scene.
    pub scene: String,
    /// The destination.
    pub destination: String,
}

/// How a platform treats one destination's links in one scene.
#[derive(Debug, Clone)]
pub struct CellPlan {
    /// What a click meets.
    pub behaviour: SharedBehaviour,
    /// The form the recipient is shown, unless the behaviour changes it.
    pub form: Form,
}

/// What happens to links that no cell speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unplanned {
    /// The town says that nothing was reported, with status 404.
    NotReported,
    /// They open.
    Opens,
}

/// Rivals and the controls they are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compare {
    /// The moment; none in a plan without moments.
    pub round: Option<String>,
    /// The platform.
    pub platform: String,
    /// The scene.
    pub scene: String,
    /// Destinations whose handling is in question.
    pub rivals: Vec<String>,
    /// Destinations of the same kind that they are compared with.
    pub controls: Vec<String>,
}

/// A whole town.
#[derive(Debug, Clone)]
pub struct TownPlan {
    /// All draws hang on it.
    pub seed: String,
    /// What the visible line on every page says.
    pub notice: Notice,
    /// The platforms.
    pub platforms: Vec<PlatformPlan>,
    /// The destinations.
    pub destinations: Vec<Destination>,
    /// The moments, in time; may be empty.
    pub moments: Vec<Moment>,
    /// Who treats whose links how.
    pub cells: BTreeMap<CellKey, CellPlan>,
    /// What happens to all other links.
    pub unplanned: Unplanned,
    /// How destinations themselves behave; those not named show their page.
    pub at_destination: BTreeMap<String, SharedBehaviour>,
    /// What is to be compared.
    pub compares: Vec<Compare>,
    /// The (platform, destination) pairs that a random town made offenders.
    pub offenders: BTreeSet<(String, String)>,
}

/// How a random town is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomTown {
    /// The draws hang on it.
    pub seed: String,
    /// How many pairs of a platform and a rival.
    pub cells: usize,
    /// How many of them are offenders; at most `cells`.
    pub offenders: usize,
    /// How many rivals each platform has.
    pub rivals_per_platform: usize,
    /// The share of openings for controls and for rivals left alone.
    pub p_open: f64,
    /// The share of openings for the offenders' rivals.
    pub p_open_offended: f64,
    /// What is met otherwise, as [`named`] reads it.
    pub otherwise: String,
}

impl Default for RandomTown {
    fn default() -> Self {
        Self {
            seed: "a random town".to_owned(),
            cells: 500,
            offenders: 25,
            rivals_per_platform: 20,
            p_open: 0.98,
            p_open_offended: 0.5,
            otherwise: "hard-block(plain)".to_owned(),
        }
    }
}

/// The four controls of a town made by hand.
const CONTROLS: [&str; 4] = [
    "own-item",
    "neutral-item-1",
    "neutral-item-2",
    "neutral-item-3",
];

impl TownPlan {
    /// A town without anything in it, where links open.
    pub fn empty(seed: impl Into<String>) -> Self {
        Self {
            seed: seed.into(),
            notice: Notice::Invented,
            platforms: Vec::new(),
            destinations: Vec::new(),
            moments: Vec::new(),
            cells: BTreeMap::new(),
            unplanned: Unplanned::Opens,
            at_destination: BTreeMap::new(),
            compares: Vec::new(),
            offenders: BTreeSet::new(),
        }
    }

    /// One platform (`platform`), one scene (`one-to-one`), one rival
    /// (`rival-item`) treated as `behaviour` says, and four controls
    /// (`own-item`, `neutral-item-1` to `-3`) that open.
    ///
    /// ```
    /// use moongate_town::TownPlan;
    /// let down = TownPlan::single("opens")?.with_destination("rival-item", "down(503)")?;
    /// let alike = TownPlan::single("opens")?.with_policy("own-too(copy-only(plain))")?;
    /// assert_eq!(alike.compares[0].controls.len(), 4);
    /// # Ok::<(), moongate_town::SpecError>(())
    /// ```
    ///
    /// # Errors
    /// [`SpecError`] if the behaviour is not understood.
    pub fn single(behaviour: &str) -> Result<Self, SpecError> {
        let mut plan = Self::empty("a single cell");
        plan.platforms.push(platform("platform", Shim::Plain));
        plan.destinations
            .push(item("rival-item", Some("rival"), "item.rival.test", 1));
        plan.destinations
            .push(item("own-item", Some("platform"), "shop.platform.test", 1));
        for n in 1..=3 {
            let host = format!("neutral-{n}.test");
            plan.destinations
                .push(item(&format!("neutral-item-{n}"), None, &host, 1));
        }
        plan.compares.push(compare(
            "platform",
            vec!["rival-item".to_owned()],
            &CONTROLS,
        ));
        plan.with_cell(
            "platform",
            "one-to-one",
            "rival-item",
            behaviour,
            Form::Card,
        )
    }

    /// A town drawn at random: platforms `p-000`…, each with its own scene,
    /// rivals and controls. Which cells offend stands in `offenders`.
    ///
    /// # Errors
    /// [`SpecError`] if `otherwise` is not understood or a share is no share.
    pub fn random(town: &RandomTown) -> Result<Self, SpecError> {
        let mut plan = Self::empty(town.seed.clone());
        for n in 1..=3 {
            let host = format!("neutral-{n}.test");
            plan.destinations
                .push(item(&format!("neutral-item-{n}"), None, &host, 1));
        }
        let mut ranks = BTreeMap::new();
        for cell in 0..town.cells {
            let (p, r) = (
                cell / town.rivals_per_platform.max(1),
                cell % town.rivals_per_platform.max(1),
            );
            let (platform, rival) = (format!("p-{p:03}"), format!("rival-{r:03}"));
            let rank = Dice::of(&[&town.seed, &platform, &rival]).number("offender");
            ranks.insert((rank, cell), (platform, rival));
        }
        plan.offenders = ranks.values().take(town.offenders).cloned().collect();
        let pairs: BTreeSet<(String, String)> = ranks.into_values().collect();
        plan.fill_random(town, &pairs)?;
        Ok(plan)
    }

    /// Platforms, destinations and cells of a random town.
    fn fill_random(
        &mut self,
        town: &RandomTown,
        pairs: &BTreeSet<(String, String)>,
    ) -> Result<(), SpecError> {
        let behaviour = |p: f64| named(&format!("flaky({}, {})", 1.0 - p, town.otherwise));
        let (usual, offended) = (behaviour(town.p_open)?, behaviour(town.p_open_offended)?);
        let rivals: BTreeSet<&String> = pairs.iter().map(|(_, rival)| rival).collect();
        for rival in rivals {
            self.destinations
                .push(item(rival, Some(rival), &format!("{rival}.test"), 1));
        }
        let platforms: BTreeSet<&String> = pairs.iter().map(|(platform, _)| platform).collect();
        for id in platforms {
            self.platforms.push(platform(id, Shim::Plain));
            let own = format!("own-{id}");
            self.destinations
                .push(item(&own, Some(id), &format!("shop.{id}.test"), 1));
            let controls = [&own, "neutral-item-1", "neutral-item-2", "neutral-item-3"];
            let of_platform = pairs.iter().filter(|(p, _)| p == id);
            let rivals: Vec<String> = of_platform.map(|(_, rival)| rival.clone()).collect();
            for destination in rivals.iter().map(String::as_str).chain(controls) {
                let key = (id.clone(), destination.to_owned());
                let offends = self.offenders.contains(&key);
                let behaviour = if offends { &offended } else { &usual };
                self.set_cell(id, "one-to-one", destination, behaviour.clone(), Form::Card);
            }
            self.compares.push(compare(id, rivals, &controls));
        }
        Ok(())
    }

    /// The same town with one more cell, at all moments.
    ///
    /// # Errors
    /// [`SpecError`] if the behaviour is not understood.
    pub fn with_cell(
        mut self,
        platform: &str,
        scene: &str,
        destination: &str,
        behaviour: &str,
        form: Form,
    ) -> Result<Self, SpecError> {
        self.set_cell(platform, scene, destination, named(behaviour)?, form);
        Ok(self)
    }

    /// The same town, where every platform treats all links so before anything
    /// else is looked at.
    ///
    /// # Errors
    /// [`SpecError`] if the behaviour is not understood.
    pub fn with_policy(mut self, behaviour: &str) -> Result<Self, SpecError> {
        let policy = named(behaviour)?;
        for platform in &mut self.platforms {
            platform.policy = policy.clone();
        }
        Ok(self)
    }

    /// The same town, where every platform's chat itself behaves so.
    ///
    /// # Errors
    /// [`SpecError`] if the behaviour is not understood.
    pub fn with_chat(mut self, behaviour: &str) -> Result<Self, SpecError> {
        let chat = named(behaviour)?;
        for platform in &mut self.platforms {
            platform.chat = chat.clone();
        }
        Ok(self)
    }

    /// The same town, where a destination itself behaves so. A behaviour that
    /// breaks TLS moves the destination's address to `https`.
    ///
    /// # Errors
    /// [`SpecError`] if the behaviour is not understood.
    pub fn with_destination(mut self, id: &str, behaviour: &str) -> Result<Self, SpecError> {
        let behaviour = named(behaviour)?;
        if behaviour.tls_fault().is_some() {
            self = self.with_https(id);
        }
        self.at_destination.insert(id.to_owned(), behaviour);
        Ok(self)
    }

    /// The same town, where a destination's address is `https`.
    #[must_use]
    pub fn with_https(mut self, id: &str) -> Self {
        for destination in self.destinations.iter_mut().filter(|d| d.id == id) {
            if let Some(rest) = destination.url.strip_prefix("http://") {
                destination.url = format!("https://{rest}");
            }
        }
        self
    }

    /// The same town, where a destination's page has another title, such as
    /// one with markup in it. Chats show it as the title of links.
    #[must_use]
    pub fn with_title(mut self, id: &str, title: &str) -> Self {
        for destination in self.destinations.iter_mut().filter(|d| d.id == id) {
            destination.title = Words::new(title, title);
        }
        self
    }

    fn set_cell(
        &mut self,
        platform: &str,
        scene: &str,
        destination: &str,
        behaviour: SharedBehaviour,
        form: Form,
    ) {
        let key = CellKey {
            moment: None,
            platform: platform.to_owned(),
            scene: scene.to_owned(),
            destination: destination.to_owned(),
        };
        self.cells.insert(key, CellPlan { behaviour, form });
    }
}

fn platform(id: &str, shim: Shim) -> PlatformPlan {
    PlatformPlan {
        id: id.to_owned(),
        name: Words::new(id, id),
        scenes: vec!["one-to-one".to_owned()],
        shim,
        policy: opens(),
        chat: opens(),
    }
}

fn item(id: &str, platform: Option<&str>, host: &str, n: u32) -> Destination {
    Destination {
        id: id.to_owned(),
        platform: platform.map(ToOwned::to_owned),
        kind: "shop-item".to_owned(),
        url: format!("http://{host}/i/{n}"),
        title: Words::new(format!("Item {n} of {id}"), format!("{id} 商品 {n}")),
    }
}

fn compare(platform: &str, rivals: Vec<String>, controls: &[&str]) -> Compare {
    Compare {
        round: None,
        platform: platform.to_owned(),
        scene: "one-to-one".to_owned(),
        rivals,
        controls: controls.iter().map(|id| (*id).to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_town_has_as_many_cells_and_offenders_as_asked_for() {
        let town = RandomTown::default();
        let plan = TownPlan::random(&town).expect("default");
        assert_eq!(
            plan.compares.iter().map(|c| c.rivals.len()).sum::<usize>(),
            500
        );
        assert_eq!(plan.offenders.len(), 25);
        assert_eq!(plan.platforms.len(), 25);
        assert!(plan.compares.iter().all(|c| c.controls.len() == 4));
        let again = TownPlan::random(&town).expect("default");
        assert_eq!(plan.offenders, again.offenders);
        let other = RandomTown {
            seed: "another".to_owned(),
            ..town
        };
        assert_ne!(
            plan.offenders,
            TownPlan::random(&other).expect("other").offenders
        );
    }
}
