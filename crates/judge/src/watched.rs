//! One cell, day by day: differences that begin late, the day they began, and
//! whether they have stopped.
//!
//! Days are days of UTC, counted from that of the first trial. A trial whose
//! day lies before one already begun counts for the latter: days only go on.
//! The history is kept in bounded memory: when there are too many days, pairs
//! of neighbours become one.

use moongate_glossary::Change;
use moongate_stats::LogE;
use moongate_stats::block::{BlockCounts, BlockShape};
use moongate_stats::ordinal::Ordinal;
use moongate_stats::watch::{Day, DayScreen, OrdinalWatch, onset, stopped};

const DAY_MS: i64 = 86_400_000;
/// More stretches than this are not kept apart.
const MOST_STRETCHES: usize = 128;

/// The days of one cell.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    /// The day of the first trial, in days since 1970.
    first_day: Option<i64>,
    /// The day that is going on, 1 for the first.
    today: u32,
    /// For each ladder.
    ladders: Vec<WatchedLadder>,
    /// What each stretch of days was like, "failed or not".
    history: Vec<Day>,
    /// Days in one stretch.
    stretch: u32,
}

#[derive(Debug, Clone)]
struct WatchedLadder {
    /// The days that are over.
    watch: OrdinalWatch,
    /// The stakes of the day that is going on, once they matter.
    screen: Option<DayScreen>,
    /// Its blocks, as far as they say anything.
    blocks: Ordinal,
    /// About its value now.
    screening_e: f64,
}

impl Watched {
    pub(crate) fn new(ladders: &[Ordinal]) -> Self {
        let ladder = |scale: &Ordinal| WatchedLadder {
            watch: OrdinalWatch::new(scale.levels()),
            screen: None,
            blocks: Ordinal::new(scale.levels()),
            screening_e: 1.0,
        };
        Self {
            first_day: None,
            today: 0,
            ladders: ladders.iter().map(ladder).collect(),
            history: Vec::new(),
            stretch: 1,
        }
    }

    /// A trial begins at `at_ms`; where that is another day, the one before is
    /// over.
    pub(crate) fn begin(&mut self, at_ms: i64) {
        let day = at_ms.div_euclid(DAY_MS);
        let first = *self.first_day.get_or_insert(day);
        let number = u32::try_from(day.saturating_sub(first).saturating_add(1)).unwrap_or(1);
        if number <= self.today {
            return;
        }
        let over = self.today;
        for ladder in &mut self.ladders {
            ladder.turn(over);
        }
        self.today = number;
    }

    pub(crate) fn add_block(&mut self, ladder: usize, rival: Option<u8>, controls: &[Option<u8>]) {
        let today = self.today;
        let Some(ladder) = self.ladders.get_mut(ladder) else {
            return;
        };
        ladder.add_block(today, rival, controls);
    }

    /// Counts a block for the history.
    pub(crate) fn count(&mut self, rival_failed: bool, failures: u32, controls: u32) {
        let all = failures.saturating_add(u32::from(rival_failed));
        let Ok(shape) = BlockShape::new(controls, all, rival_failed) else {
            return;
        };
        let day = self.stretch_of(self.today);
        match self.history.last_mut() {
            Some(last) if last.day == day => last.counts.add(shape),
            _ => {
                let mut counts = BlockCounts::default();
                counts.add(shape);
                self.history.push(Day { day, counts });
            }
        }
        if self.history.len() > MOST_STRETCHES {
            self.join_neighbours();
        }
    }

    /// The first day of the stretch that a day lies in.
    fn stretch_of(&self, day: u32) -> u32 {
        let before = day.saturating_sub(1) / self.stretch;
        before.saturating_mul(self.stretch).saturating_add(1)
    }

    fn join_neighbours(&mut self) {
        self.stretch = self.stretch.saturating_mul(2);
        let mut joined: Vec<Day> = Vec::with_capacity(self.history.len() / 2 + 1);
        for mut day in std::mem::take(&mut self.history) {
            day.day = self.stretch_of(day.day);
            match joined.last_mut() {
                Some(last) if last.day == day.day => last.counts.merge(&day.counts),
                _ => joined.push(day),
            }
        }
        self.history = joined;
    }

    /// For each ladder, the evidence of a difference from some day on.
    pub(crate) fn log_e(&self) -> Vec<LogE> {
        self.ladders
            .iter()
            .map(|ladder| ladder.log_e(self.today))
            .collect()
    }

    /// About the sum of the ladders' values; see [`DayScreen::e`].
    pub(crate) fn screening_sum(&self) -> f64 {
        self.ladders.iter().map(WatchedLadder::screening_e).sum()
    }

    /// The day that is going on.
    pub(crate) fn today(&self) -> u32 {
        self.today
    }

    /// When the difference began; nothing where it was there from the first
    /// day, or where that cannot be told.
    pub(crate) fn began(&self, alpha: f64, least_difference: f64) -> Option<Change> {
        let began = onset(&self.history, alpha, least_difference)?;
        (began.day > 1).then_some(())?;
        let last_of = |day: u32| day.saturating_add(self.stretch - 1).min(self.today);
        Some(Change {
            day_ms: self.instant_ms(began.day)?,
            from_ms: self.instant_ms(began.from)?,
            to_ms: self.instant_ms(last_of(began.to))?,
        })
    }

    /// Since when the difference that was found on the day `found` is gone.
    pub(crate) fn stopped(&self, found: u32, alpha: f64, margin: f64) -> Option<Change> {
        let since_found = self.history.partition_point(|it| it.day <= found);
        let days = self.history.get(since_found..)?;
        let since = stopped(days, alpha, margin)?.since;
        Some(Change {
            day_ms: self.instant_ms(since)?,
            from_ms: self.instant_ms(found)?,
            to_ms: self.instant_ms(since)?,
        })
    }

    fn instant_ms(&self, day: u32) -> Option<i64> {
        let day = self.first_day?.checked_add(i64::from(day) - 1)?;
        day.checked_mul(DAY_MS)
    }
}

impl WatchedLadder {
    /// The day `over` is. One without anything to say need not be added: what
    /// was staked on it goes with the next.
    fn turn(&mut self, over: u32) {
        if self.screen.take().is_some() {
            // A day that is no later than the last one was never begun.
            let _ = self.watch.add_day(over, &self.blocks);
            self.blocks = Ordinal::new(self.blocks.levels());
        }
    }

    /// A block that says something.
    fn add_block(&mut self, today: u32, rival: Option<u8>, controls: &[Option<u8>]) {
        self.blocks.add_block(rival, controls);
        if self.screen.is_none() {
            self.screen = self.watch.screen(today).ok();
        }
        if let Some(screen) = &self.screen {
            self.screening_e = screen.e(&self.blocks);
        }
    }

    /// About its value now; see [`DayScreen::e`]. Days without anything to say
    /// do not change it.
    fn screening_e(&self) -> f64 {
        self.screening_e
    }

    fn log_e(&self, today: u32) -> LogE {
        match self.watch.with_day(today, &self.blocks) {
            Ok(watch) => watch.log_e(),
            Err(_) => self.watch.log_e(),
        }
    }
}
