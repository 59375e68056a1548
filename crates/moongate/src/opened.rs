//! A case, opened with everything that is needed to go on with it or judge
//! it: its order, its checks, and what the press reported where it is a
//! replay.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use moongate_case::{CaseFolder, Settings};
use moongate_check::{Bodies, Bound, Input, InputRole};
use moongate_glossary::{Digest, Observation};
use moongate_order::Order;
use moongate_runner::{Keep, Sitting, sit};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::reported::Reported;

/// The name of the links file inside a case.
pub(crate) const LINKS: &str = "links.toml";
/// The name of what was reported inside a case that replays reports.
pub(crate) const REPORTED: &str = "reported.json";
/// The name of the network's settings inside a case.
pub(crate) const NETWORK: &str = "network.json";
/// How the names of mappings inside a case begin.
pub(crate) const MAPPING: &str = "mapping-";

/// How hosts are reached, as the case was begun; kept in `network.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetNetwork {
    /// Format version.
    pub(crate) format: u32,
    /// As `--connect-to` has it.
    pub(crate) connect_to: Vec<String>,
    /// As `--allow-private` has it.
    pub(crate) allow_private: Vec<String>,
}

/// An opened case.
pub(crate) struct Opened {
    /// The folder.
    pub folder: CaseFolder,
    /// The order as checked.
    pub order: Order,
    /// Its checks, bound.
    pub checks: Vec<Box<dyn Bound>>,
    /// What the press reported, for a replay.
    pub reported: Option<Reported>,
    /// How hosts were reached, if not as anyone reaches them.
    pub network: Option<SetNetwork>,
}

/// Opens a case for reading, or as its one writer.
///
/// # Errors
/// Where the folder cannot be opened, or what it holds cannot be read.
pub(crate) fn open(path: &Path, to_write: bool) -> Result<Opened, Failure> {
    let folder = if to_write {
        CaseFolder::open(path)?
    } else {
        CaseFolder::open_to_read(path)?
    };
    if folder.plan().order == crate::look::NO_ORDER {
        return Err(Failure::unusable(
            format!(
                "{}: is a record of a list of links, checked against no order",
                path.display()
            ),
            "there is nothing to judge in it; look into its observations and evidence",
        ));
    }
    let order_name = folder.order_name().to_owned();
    let text = input_text(&folder, &order_name)?.ok_or_else(|| {
        Failure::unusable(
            format!("{}: holds no order", path.display()),
            "the case is not whole; take it from its source again",
        )
    })?;
    let vocabulary = moongate_checks::vocabulary();
    let order = moongate_order::read(&order_name, &text, &vocabulary)?;
    let checks = bind(&order, &inputs(&folder)?)?;
    let reported = input_text(&folder, REPORTED)?
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| {
            Failure::unusable(
                format!("{}/{REPORTED}: {error}", path.display()),
                "the case is not whole; take it from its source again",
            )
        })?;
    let network = input_text(&folder, NETWORK)?.and_then(|text| serde_json::from_str(&text).ok());
    Ok(Opened {
        folder,
        order,
        checks,
        reported,
        network,
    })
}

fn inputs(folder: &CaseFolder) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::new();
    let names: Vec<String> = folder.input_names().map(str::to_owned).collect();
    for name in names {
        let role = match name.as_str() {
            LINKS => InputRole::Links,
            other if other.starts_with(MAPPING) => InputRole::Mapping,
            _ => continue,
        };
        if let Some(text) = input_text(folder, &name)? {
            inputs.push(Input { role, name, text });
        }
    }
    Ok(inputs)
}

fn input_text(folder: &CaseFolder, name: &str) -> Result<Option<String>, Failure> {
    let Some(bytes) = folder.input(name)? else {
        return Ok(None);
    };
    Ok(Some(moongate_order::decode(name, &bytes)?))
}

/// Binds every check that the order's obligations name.
///
/// # Errors
/// The mistakes in the files handed over.
pub(crate) fn bind(order: &Order, inputs: &[Input]) -> Result<Vec<Box<dyn Bound>>, Failure> {
    let named = |name: &str| {
        order
            .obligations
            .iter()
            .any(|obligation| obligation.check == name)
    };
    let mut bound = Vec::new();
    for check in moongate_checks::ALL {
        if named(&check.words().name) {
            bound.push(check.bind(order, inputs)?);
        }
    }
    Ok(bound)
}

impl Opened {
    /// Whether hosts were reached elsewhere than where anyone reaches them:
    /// then no company was measured.
    pub(crate) fn redirected(&self) -> bool {
        self.network
            .as_ref()
            .is_some_and(|network| !network.connect_to.is_empty())
    }

    /// The same case, written in another way.
    #[must_use]
    pub(crate) fn with_settings(mut self, settings: Settings) -> Self {
        self.folder = self.folder.with_settings(settings);
        self
    }

    /// The checks, for those who only look at them.
    pub(crate) fn bound(&self) -> Vec<&dyn Bound> {
        self.checks.iter().map(AsRef::as_ref).collect()
    }

    /// Judges the case from its observations.
    ///
    /// # Errors
    /// Where observations or evidence cannot be read.
    pub(crate) fn judge(&self, keep: Keep) -> Result<Sitting, Failure> {
        let bodies = CaseBodies::new(&self.folder);
        let mut failed = None;
        let sitting = sit(
            self.folder.plan(),
            &self.bound(),
            ByTrial {
                rows: self.folder.observations(),
                next: None,
                failed: &mut failed,
            },
            &bodies,
            self.order.alpha,
            keep,
        );
        if let Some(error) = failed.or_else(|| bodies.failed.take()) {
            return Err(error.into());
        }
        Ok(sitting)
    }
}

impl Opened {
    /// Hands over the observations of every stored trial, in the order of the
    /// plan.
    ///
    /// # Errors
    /// Where observations or evidence cannot be read.
    pub(crate) fn each_trial(
        &self,
        mut take: impl FnMut(&str, &[Observation], &dyn Bodies),
    ) -> Result<(), Failure> {
        let bodies = CaseBodies::new(&self.folder);
        let mut failed = None;
        let trials = ByTrial {
            rows: self.folder.observations(),
            next: None,
            failed: &mut failed,
        };
        for (id, observations) in trials {
            take(&id, &observations, &bodies);
        }
        match failed.or_else(|| bodies.failed.take()) {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }
}

/// Groups observations by trial; they come in the order of the plan.
struct ByTrial<'a, I> {
    rows: I,
    next: Option<Observation>,
    failed: &'a mut Option<moongate_case::CaseError>,
}

impl<I: Iterator<Item = Result<Observation, moongate_case::CaseError>>> ByTrial<'_, I> {
    fn row(&mut self) -> Option<Observation> {
        if let Some(row) = self.next.take() {
            return Some(row);
        }
        match self.rows.next()? {
            Ok(row) => Some(row),
            Err(error) => {
                *self.failed = Some(error);
                None
            }
        }
    }
}

impl<I: Iterator<Item = Result<Observation, moongate_case::CaseError>>> Iterator
    for ByTrial<'_, I>
{
    type Item = (String, Vec<Observation>);

    fn next(&mut self) -> Option<Self::Item> {
        let first = self.row()?;
        let trial = first.trial.clone();
        let mut of_trial = vec![first];
        while let Some(row) = self.row() {
            if row.trial != trial {
                self.next = Some(row);
                break;
            }
            of_trial.push(row);
        }
        Some((trial, of_trial))
    }
}

/// The bodies of a case. Most pages are seen many times, so the last ones are
/// kept at hand, up to a cap on bytes.
struct CaseBodies<'a> {
    folder: &'a CaseFolder,
    at_hand: RefCell<(BTreeMap<Digest, Vec<u8>>, usize)>,
    failed: RefCell<Option<moongate_case::CaseError>>,
}

const MOST_AT_HAND_BYTES: usize = 64 << 20;

impl<'a> CaseBodies<'a> {
    fn new(folder: &'a CaseFolder) -> Self {
        Self {
            folder,
            at_hand: RefCell::default(),
            failed: RefCell::default(),
        }
    }
}

impl Bodies for CaseBodies<'_> {
    fn body(&self, digest: &Digest) -> Option<Vec<u8>> {
        if let Some(body) = self.at_hand.borrow().0.get(digest) {
            return Some(body.clone());
        }
        match self.folder.body(digest) {
            Ok(body) => {
                let body = body?;
                let mut at_hand = self.at_hand.borrow_mut();
                if at_hand.1 + body.len() > MOST_AT_HAND_BYTES {
                    *at_hand = (BTreeMap::new(), 0);
                }
                at_hand.1 += body.len();
                at_hand.0.insert(*digest, body.clone());
                Some(body)
            }
            Err(error) => {
                *self.failed.borrow_mut() = Some(error);
                None
            }
        }
    }
}
