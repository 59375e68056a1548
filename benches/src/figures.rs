//! What was measured, its medians and ratios, and the table of them.
//!
//! Pure. Not here: clocks, and whether a figure is good.

use std::fmt::Write as _;

/// One run of one contestant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// Links opened.
    pub links: usize,
    /// From start to end, seconds.
    pub wall_s: f64,
    /// Processor time in the program and in the kernel on its behalf, seconds.
    pub cpu_s: f64,
}

impl Figure {
    /// Links a second.
    pub fn links_per_second(&self) -> f64 {
        self.links as f64 / self.wall_s
    }

    /// Links a second of processor time.
    pub fn links_per_cpu_second(&self) -> f64 {
        self.links as f64 / self.cpu_s
    }

    /// Processor time a link, microseconds.
    pub fn cpu_us_per_link(&self) -> f64 {
        self.cpu_s * 1e6 / self.links as f64
    }
}

/// A median with the least and the greatest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The least.
    pub least: f64,
    /// The median; of an even number, the mean of the middle two.
    pub median: f64,
    /// The greatest.
    pub greatest: f64,
}

/// The spread of some figures; none of none.
///
/// ```
/// use moongate_benches::figures::spread;
/// assert_eq!(spread([3.0, 1.0, 2.0]).map(|s| s.median), Some(2.0));
/// ```
pub fn spread(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let low = sorted.get(sorted.len().checked_sub(1)? / 2)?;
    let high = sorted.get(sorted.len() / 2)?;
    Some(Spread {
        least: *sorted.first()?,
        median: f64::midpoint(*low, *high),
        greatest: *sorted.last()?,
    })
}

/// The figures of one contestant, round by round.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its figures.
    pub rounds: Vec<Figure>,
}

/// Every round, then medians with ranges, then how many times the first
/// contestant does what each other one does. A ratio is taken within a round,
/// so that what disturbed a whole round disturbs it less.
pub fn table(columns: &[Column]) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "{:<6} {:<10} {:>9} {:>9} {:>9} {:>12}",
        "round", "", "wall s", "cpu s", "links/s", "cpu µs/link"
    );
    let rounds = columns
        .iter()
        .map(|column| column.rounds.len())
        .max()
        .unwrap_or(0);
    for round in 0..rounds {
        for (name, f) in columns
            .iter()
            .filter_map(|c| Some((c.name, c.rounds.get(round)?)))
        {
            let _ = writeln!(
                out,
                "{:<6} {name:<10} {:>9.3} {:>9.3} {:>9.0} {:>12.1}",
                round + 1,
                f.wall_s,
                f.cpu_s,
                f.links_per_second(),
                f.cpu_us_per_link()
            );
        }
    }
    let _ = writeln!(out, "\nmedian (least to greatest)");
    for column in columns {
        let of = |measure: fn(&Figure) -> f64| spread(column.rounds.iter().map(measure));
        if let (Some(cpu), Some(speed)) =
            (of(Figure::cpu_us_per_link), of(Figure::links_per_second))
        {
            let _ = writeln!(
                out,
                "  {:<10} {:>6.1} ({:.1} to {:.1}) cpu µs/link   {:>6.0} ({:.0} to {:.0}) links/s",
                column.name,
                cpu.median,
                cpu.least,
                cpu.greatest,
                speed.median,
                speed.least,
                speed.greatest
            );
        }
    }
    if let Some((ours, others)) = columns.split_first() {
        for other in others {
            ratios(ours, other, &mut out);
        }
    }
    out
}

fn ratios(ours: &Column, other: &Column, out: &mut String) {
    let of = |measure: fn(&Figure) -> f64| {
        let pairs = ours.rounds.iter().zip(&other.rounds);
        spread(pairs.map(|(ours, other)| measure(ours) / measure(other)))
    };
    for (what, ratio) in [
        ("links per CPU second", of(Figure::links_per_cpu_second)),
        ("links per second", of(Figure::links_per_second)),
    ] {
        if let Some(r) = ratio {
            let name = format!("{} : {}", ours.name, other.name);
            let _ = writeln!(
                out,
                "  {name:<19} {:.2} ({:.2} to {:.2}) times the {what}",
                r.median, r.least, r.greatest
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(wall_s: f64, cpu_s: f64) -> Figure {
        Figure {
            links: 1000,
            wall_s,
            cpu_s,
        }
    }

    #[test]
    fn a_spread_is_that_of_the_sorted_figures() {
        for (values, expected) in [
            (vec![], None),
            (vec![2.0], Some((2.0, 2.0, 2.0))),
            (vec![4.0, 1.0], Some((1.0, 2.5, 4.0))),
            (vec![9.0, 1.0, 5.0], Some((1.0, 5.0, 9.0))),
        ] {
            let found = spread(values.clone()).map(|s| (s.least, s.median, s.greatest));
            assert_eq!(found, expected, "{values:?}");
        }
    }

    #[test]
    fn a_ratio_is_taken_within_its_round() {
        // The second round was disturbed for both alike.
        let columns = [
            Column {
                name: "ours",
                rounds: vec![figure(1.0, 0.1), figure(2.0, 0.3)],
            },
            Column {
                name: "theirs",
                rounds: vec![figure(3.0, 0.3), figure(6.0, 0.9)],
            },
        ];
        let table = table(&columns);
        assert!(
            table.contains("3.00 (3.00 to 3.00) times the links per CPU second"),
            "{table}"
        );
        assert!(
            table.contains("3.00 (3.00 to 3.00) times the links per second"),
            "{table}"
        );
    }

    #[test]
    fn a_contestant_that_is_absent_is_not_compared() {
        let table = table(&[Column {
            name: "ours",
            rounds: vec![figure(1.0, 0.1)],
        }]);
        assert!(table.contains("100.0"), "{table}");
        assert!(!table.contains("times"), "{table}");
    }
}
