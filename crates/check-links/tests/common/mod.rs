//! A whole check in this process: a town over real sockets, the steps of the
//! check, its readings, the judge. Nothing is written to disk.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "shared by the tests, each of which uses its part"
)]

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use moongate_carrier::{Carrier, Network, Politeness, Setup};
use moongate_check::{Bodies, Bound, Budget, Check as _, Input, InputRole, Measured, World};
use moongate_check_links::Links;
use moongate_glossary::{Digest, Observation, Plan, Seed};
use moongate_order::{Order, Vocabulary};
use moongate_runner::{Keep, Sitting, sit};
use moongate_town::{RunningTown, Town, TownOptions, TownPlan};

const IN_FLIGHT: usize = 8;

/// The folder of the crate.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The order of the cases.
pub fn order() -> Order {
    let text = std::fs::read_to_string(root().join("cases/order.toml")).expect("the order");
    let vocabulary = Vocabulary {
        checks: vec![Links.words()],
    };
    moongate_order::read("order.toml", &text, &vocabulary).expect("a sound order")
}

/// The bodies that were received, by digest.
#[derive(Default)]
pub struct Received(BTreeMap<Digest, Vec<u8>>);

impl Bodies for Received {
    fn body(&self, digest: &Digest) -> Option<Vec<u8>> {
        self.0.get(digest).cloned()
    }
}

/// A check from plan to findings.
pub struct Checked {
    pub order: Order,
    pub check: Box<dyn Bound>,
    pub plan: Plan,
    /// By trial, in the order of the plan.
    pub observations: Vec<(String, Vec<Observation>)>,
    pub bodies: Received,
}

impl Checked {
    /// Reads and judges.
    pub fn sit(&self) -> Sitting {
        let trials = self.observations.iter().cloned();
        sit(
            &self.plan,
            &[self.check.as_ref()],
            trials,
            &self.bodies,
            self.order.alpha,
            Keep::Everything,
        )
    }
}

/// Checks a town with so many trials.
pub fn check(town: TownPlan, trials: u32) -> Checked {
    let order = order();
    let links = Input {
        role: InputRole::Links,
        name: "links.toml".to_owned(),
        text: town.links_file(),
    };
    let check = Links.bind(&order, &[links]).expect("a sound links file");
    let plan = check.plan(
        Budget { trials },
        &Seed::from_sentence("the cases of the links check"),
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (observations, bodies) = runtime.block_on(async {
        let town = Town::start(town, TownOptions::default())
            .await
            .expect("a town");
        let carried = carry_out(check.as_ref(), &plan, &town).await;
        town.stop().await;
        carried
    });
    Checked {
        order,
        check,
        plan,
        observations,
        bodies,
    }
}

async fn carry_out(
    check: &dyn Bound,
    plan: &Plan,
    town: &RunningTown,
) -> (Vec<(String, Vec<Observation>)>, Received) {
    let everyone = || "*.test".parse().expect("a pattern");
    let setup = Setup {
        network: Network {
            connect_to: vec![(everyone(), town.http)],
            allow_private: vec![everyone()],
        },
        politeness: Politeness::unlimited(),
        ..Setup::default()
    };
    let http = Carrier::new(setup).expect("a carrier");
    // No finding hangs on the hour.
    let world = World {
        http: &http,
        vantage: "this machine",
        now_ms: &|| 1_631_836_800_000,
    };
    let mut bodies = Received::default();
    let mut observations = Vec::new();
    let mut left: VecDeque<_> = plan.trials.iter().collect();
    while !left.is_empty() {
        let some = left.drain(..left.len().min(IN_FLIGHT)).map(|trial| {
            let steps = check.carry_out(trial, &world);
            async move { (trial.id.clone(), steps.await) }
        });
        for (id, measured) in join_all(some.collect()).await {
            let Measured {
                observations: seen,
                exchanges,
            } = measured;
            for exchange in exchanges {
                bodies.0.insert(exchange.digest, exchange.body.to_vec());
            }
            observations.push((id, seen));
        }
    }
    (observations, bodies)
}

/// Waits for all at once, and hands them back in their order.
async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut pinned: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = pinned.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in pinned.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(context)
            {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
