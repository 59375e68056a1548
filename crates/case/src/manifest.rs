//! `case.json`: what a case is of, with the digests of everything it began
//! with, and the plan's canonical bytes.
//!
//! Not here: what an order or a plan means.

use std::collections::{BTreeSet, HashMap};

use moongate_glossary::{Commitment, Digest, Plan, Seed};
use serde::{Deserialize, Serialize};

use crate::disk::UNFINISHED;
use crate::error::CaseError;

/// The format of a case folder written now.
pub const FORMAT: u64 = 1;

/// One input of the case, kept byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InputName {
    pub(crate) name: String,
    pub(crate) sha256: Digest,
}

/// What stands in `case.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) format: u64,
    pub(crate) creator: String,
    /// The order.
    pub(crate) order: InputName,
    /// Everything else the plan was made from.
    pub(crate) others: Vec<InputName>,
    pub(crate) plan: Digest,
    pub(crate) commitment: Commitment,
    /// The revealed seed as hex digits; null while it is secret.
    pub(crate) seed: Option<Digest>,
}

impl Manifest {
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &InputName> {
        std::iter::once(&self.order).chain(&self.others)
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, CaseError> {
        let mut bytes =
            serde_json::to_vec_pretty(self).map_err(|error| not_storable("case.json", &error))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    pub(crate) fn revealed(&self) -> Option<Seed> {
        self.seed.map(|digest| Seed::from_bytes(*digest.as_bytes()))
    }
}

pub(crate) fn not_storable(what: &str, error: &serde_json::Error) -> CaseError {
    CaseError::NotStorable {
        what: what.to_owned(),
        why: error.to_string(),
    }
}

/// Only the format, read before anything else: a later format may have other
/// fields.
#[derive(Deserialize)]
pub(crate) struct FormatOnly {
    pub(crate) format: u64,
}

/// The canonical bytes of a plan: what stands in `plan.json`, and what the
/// seed is committed with. Compact JSON, fields in the order of the type,
/// maps sorted by key, no newline at the end.
///
/// ```
/// use moongate_case::plan_bytes;
/// use moongate_glossary::{Plan, Seed};
/// let plan = Plan { format: Plan::FORMAT, order: "o".into(), rounds: vec![], trials: vec![] };
/// let bytes = plan_bytes(&plan)?;
/// assert_eq!(bytes, br#"{"format":1,"order":"o","rounds":[],"trials":[]}"#);
/// let commitment = Seed::from_sentence("drawn by the caller").commit(&bytes);
/// # Ok::<(), moongate_case::CaseError>(())
/// ```
///
/// # Errors
/// None that a plan can cause; the serialiser's are passed on.
pub fn plan_bytes(plan: &Plan) -> Result<Vec<u8>, CaseError> {
    serde_json::to_vec(plan).map_err(|error| not_storable("the plan", &error))
}

/// The place of every trial in the plan, by name.
pub(crate) fn places_of(plan: &Plan) -> Result<HashMap<String, u32>, CaseError> {
    let mut places = HashMap::with_capacity(plan.trials.len());
    for (place, trial) in plan.trials.iter().enumerate() {
        let place = u32::try_from(place).map_err(|_| CaseError::NotStorable {
            what: "the plan".to_owned(),
            why: "it has more than 4294967295 trials".to_owned(),
        })?;
        if places.insert(trial.id.clone(), place).is_some() {
            return Err(CaseError::PlanTwice {
                trial: trial.id.clone(),
            });
        }
    }
    Ok(places)
}

const OURS: [&str; 10] = [
    "case.json",
    "plan.json",
    "seed.secret",
    "lock",
    "observations",
    "evidence",
    "findings",
    "record",
    "report",
    "readme.txt",
];

/// Refuses names that could not stand as files of the folder beside our own.
pub(crate) fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), CaseError> {
    let mut seen = BTreeSet::new();
    for name in names {
        let refuse = |why| {
            Err(CaseError::InputName {
                name: name.to_owned(),
                why,
            })
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let lower = name.to_ascii_lowercase();
        if name.is_empty() || name.len() > 200 {
            return refuse("it has no letter, or more than 200");
        } else if !name.chars().all(plain) || name.starts_with('.') {
            return refuse("it is no plain file name");
        } else if OURS.contains(&lower.as_str()) || lower.ends_with(UNFINISHED) {
            return refuse("the case folder uses this name itself");
        } else if !seen.insert(lower) {
            return refuse("two inputs would have this name");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_harm_the_folder_are_refused() {
        for names in [
            &["../x"][..],
            &["a/b"],
            &[""],
            &[".hidden"],
            &["CASE.json"],
            &["x.tmp"],
            &["微信.toml"],
            &["a.toml", "A.toml"],
        ] {
            assert!(check_names(names.iter().copied()).is_err(), "{names:?}");
        }
        assert!(check_names(["order.toml", "links.toml"].into_iter()).is_ok());
    }
}
