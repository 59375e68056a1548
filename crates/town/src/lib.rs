//! The town.
pub mod address;
pub mod answer;
pub mod behaviour;
mod body;
mod chat;
mod dice;
mod form;
pub mod html;
mod links_file;
mod plan;
mod room;
mod server;
mod shim;
mod timeline;
mod tls;
mod wire;
mod world;

pub use behaviour::SpecError;
pub use dice::Dice;
pub use form::Form;
pub use links_file::links_file;
pub use plan::{
    CellKey, CellPlan, Compare, Destination, Moment, PlatformPlan, RandomTown, TownPlan, Unplanned,
    Words,
};
pub use server::{RunningTown, StartError, Town, TownOptions};
pub use shim::Shim;
pub use timeline::{Basis, ExpectedHandling, Report, ReportedCell, Timeline, TimelineError};
pub use tls::CertificateError;
pub use world::{Method, PlanError, Request, TOWN_HOST, World};
