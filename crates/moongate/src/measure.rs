//! Carrying a plan out before a person's eyes: progress, Ctrl-C, the seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use moongate_carrier::Carrier;
use moongate_check::{Bound, Measured, World};
use moongate_glossary::{Plan, Round, Seed, Trial};
use moongate_runner::{Allowance, AsPlanned, Choose, Ended, Progress, WhereItDecides, carry_out};

use crate::failure::Failure;
use crate::opened::Opened;

/// How a run is to go.
pub(crate) struct Measuring<'a> {
    /// The carrier.
    pub http: &'a Carrier,
    /// Recorded with everything.
    pub vantage: &'a str,
    /// Trials in flight at once.
    pub in_flight: usize,
    /// After so many minutes no further trial is begun.
    pub minutes: Option<u32>,
    /// Which trial is begun next.
    pub order: TrialOrder,
    /// Called before each round that has trials left.
    pub begin_round: &'a mut dyn FnMut(&Round),
}

/// Which trial is begun next.
#[derive(Debug, Clone)]
pub(crate) enum TrialOrder {
    /// As the plan has them.
    AsPlanned,
    /// Where it decides most, within what one run may ask for.
    WhereItDecides {
        /// What it may ask for.
        allowance: Allowance,
        /// What its guesses are drawn from.
        seed: Seed,
    },
}

/// Measures what is left of a case. When all is done, the seed is revealed.
///
/// # Errors
/// Where the case cannot be written.
pub(crate) async fn measure(opened: &mut Opened, run: Measuring<'_>) -> Result<Ended, Failure> {
    let stop = stop_on_ctrl_c();
    if let Some(minutes) = run.minutes {
        stop_after(minutes, &stop);
    }
    let world = World {
        http: run.http,
        vantage: run.vantage,
        now_ms: &now_ms,
    };
    let plan: Plan = opened.folder.plan().clone();
    let checks: Vec<&dyn Bound> = opened.checks.iter().map(AsRef::as_ref).collect();
    let mut shown = Shown::new(plan.trials.len());
    let mut choose: Box<dyn Choose<'_>> = match run.order {
        TrialOrder::AsPlanned => Box::new(AsPlanned::default()),
        TrialOrder::WhereItDecides { allowance, seed } => {
            let alpha = opened.order.alpha;
            let words = words_of(seed);
            let mut choose = WhereItDecides::new(&plan, &checks, alpha, allowance, words);
            opened.each_trial(|id, seen, bodies| choose.remember(id, seen, bodies))?;
            Box::new(choose)
        }
    };
    let carried = moongate_runner::Run {
        checks: &checks,
        world: &world,
        in_flight: run.in_flight,
        stop: &stop,
    };
    let ended = carry_out(
        &mut opened.folder,
        &plan,
        carried,
        choose.as_mut(),
        run.begin_round,
        &mut shown,
    )
    .await?;
    shown.finish(ended);
    if ended == Ended::Done {
        opened.folder.compact()?;
        opened.folder.reveal_seed()?;
    }
    Ok(ended)
}

/// Uniformly random words: SHA-256(seed ‖ "allocation" ‖ 0 ‖ n), its first
/// eight bytes.
fn words_of(seed: Seed) -> impl FnMut() -> u64 {
    let mut drawn = 0_u64;
    move || {
        drawn += 1;
        let digest = seed.rank("allocation", &drawn.to_string());
        let bytes = digest.as_bytes().iter().take(8);
        bytes.fold(0, |word, byte| word << 8 | u64::from(*byte))
    }
}

/// The wall clock, Unix milliseconds.
pub(crate) fn now_ms() -> i64 {
    use moongate_carrier::Clock as _;
    moongate_carrier::SystemClock.unix_ms()
}

/// A seed that nobody can foresee.
///
/// # Errors
/// Where the machine has no randomness to give.
pub(crate) fn draw_seed() -> Result<Seed, Failure> {
    let mut bytes = [0_u8; 32];
    #[expect(clippy::disallowed_methods, reason = "the rim: here the seed is drawn")]
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::unusable(
            format!("this machine gives no randomness: {error}"),
            "name a seed with --seed, drawn elsewhere and kept secret",
        )
    })?;
    Ok(Seed::from_bytes(bytes))
}

/// True from the first Ctrl-C on; a second one ends the program at once, which
/// loses no finished trial.
fn stop_on_ctrl_c() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if told.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
            anstream::eprintln!("\nstopping after the trials in flight; Ctrl-C again to stop now");
        }
    });
    stop
}

fn stop_after(minutes: u32, stop: &Arc<AtomicBool>) {
    let stop = Arc::clone(stop);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(u64::from(minutes) * 60)).await;
        stop.store(true, Ordering::Relaxed);
    });
}

/// Progress as a bar on a terminal, as plain lines elsewhere.
struct Shown {
    bar: Option<ProgressBar>,
    planned: usize,
    stored: usize,
    round: String,
    next_line: usize,
}

impl Shown {
    fn new(planned: usize) -> Self {
        let on_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        Self {
            bar: on_terminal.then(|| bar(planned)),
            planned,
            stored: 0,
            round: String::new(),
            next_line: 0,
        }
    }

    fn tell(&mut self) {
        if let Some(bar) = &self.bar {
            bar.set_position(self.stored as u64);
            bar.set_message(self.round.clone());
        } else if self.stored >= self.next_line {
            anstream::eprintln!(
                "{} of {} trials · {}",
                self.stored,
                self.planned,
                self.round
            );
            self.next_line = self.stored + (self.planned / 10).max(1);
        }
    }

    fn finish(&self, ended: Ended) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        match ended {
            Ended::Done => anstream::eprintln!("{} trials done", self.planned),
            Ended::Enough { left } => anstream::eprintln!(
                "{} of {} trials were done; none of the {left} others was worth doing",
                self.planned - left,
                self.planned
            ),
            Ended::Stopped { left } => {
                anstream::eprintln!("stopped; {left} of {} trials are left", self.planned);
            }
        }
    }
}

fn bar(planned: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(planned as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(
        "{bar:32} {pos} of {len} trials · {elapsed} · {eta} left · {wide_msg}",
    );
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

impl Progress for Shown {
    fn round(&mut self, round: &Round, _left: usize, done: usize) {
        self.stored += done;
        self.round.clone_from(&round.name);
        self.next_line = self.next_line.min(self.stored);
        self.tell();
    }

    fn stored(&mut self, _trial: &Trial, _measured: &Measured) {
        self.stored += 1;
        self.tell();
    }
}
