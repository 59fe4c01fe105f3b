//! How far a long command has come, on standard error: a bar on a terminal, a line every ten seconds elsewhere.
//! Standard output is for results alone.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::failure::report;

/// Between two lines where there is no terminal; a command that is done before writes none.
const INTERVAL: Duration = Duration::from_secs(10);
/// Redrawn no more often than this.
const DRAWN_PER_SECOND: u8 = 5;

/// Whether progress is shown.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct ProgressArguments {
    /// Show no progress on standard error.
    #[arg(long, visible_alias = "quiet")]
    no_progress: bool,
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Total {
    Items(u64),
    Bytes(u64),
    /// Counted in items, without an end in sight.
    Unknown,
}

/// The progress of one command. What was drawn is taken away with this value.
pub(super) struct Progress {
    /// What is counted, such as `letters replayed`.
    what: &'static str,
    total: Total,
    /// In the unit of `total`.
    done: u64,
    way: Way,
}

enum Way {
    Bar(ProgressBar),
    Lines { started: Instant, last: Instant },
    Nothing,
}

impl Progress {
    pub(super) fn new(arguments: ProgressArguments, what: &'static str, total: Total) -> Self {
        let way = match () {
            () if arguments.no_progress => Way::Nothing,
            () if io::stderr().is_terminal() => {
                Way::Bar(bar(what, total, ProgressDrawTarget::stderr_with_hz(DRAWN_PER_SECOND)))
            }
            () => Way::Lines { started: Instant::now(), last: Instant::now() },
        };
        Self { what, total, done: 0, way }
    }

    /// Of a command whose results on the terminal show how far it is.
    pub(super) fn unseen() -> Self {
        Self { what: "", total: Total::Unknown, done: 0, way: Way::Nothing }
    }

    /// One more item is done, of so many bytes.
    pub(super) fn advance(&mut self, bytes: usize) {
        let step = if matches!(self.total, Total::Bytes(_)) { bytes as u64 } else { 1 };
        self.at(self.done + step);
    }

    /// So much is done, in the unit of the total.
    pub(super) fn at(&mut self, done: u64) {
        self.done = done;
        match &mut self.way {
            Way::Nothing => {}
            Way::Bar(bar) => bar.set_position(done),
            Way::Lines { started, last } if last.elapsed() >= INTERVAL => {
                *last = Instant::now();
                report(&line(self.what, done, self.total, started.elapsed()));
            }
            Way::Lines { .. } => {}
        }
    }

    /// So many of `total` items are done, where each of several files has its own total.
    pub(super) fn of(&mut self, done: u64, total: u64) {
        if self.total != Total::Items(total) {
            self.total = Total::Items(total);
            match &mut self.way {
                Way::Nothing => {}
                Way::Bar(bar) => {
                    bar.reset();
                    bar.set_length(total);
                }
                Way::Lines { started, .. } => *started = Instant::now(),
            }
        }
        self.at(done);
    }

    /// Writes something else to the terminal, with the bar out of the way.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.way {
            Way::Bar(bar) => bar.suspend(write),
            Way::Lines { .. } | Way::Nothing => write(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Way::Bar(bar) = &self.way {
            bar.finish_and_clear();
        }
    }
}

fn bar(what: &str, total: Total, target: ProgressDrawTarget) -> ProgressBar {
    let (length, template) = match total {
        Total::Items(total) => {
            (Some(total), "{msg} {bar:30} {human_pos}/{human_len} ({percent} %), {eta} left")
        }
        Total::Bytes(total) => {
            (Some(total), "{msg} {bar:30} {decimal_bytes}/{decimal_total_bytes} ({percent} %), {eta} left")
        }
        Total::Unknown => (None, "{msg} {human_pos} ({per_sec})"),
    };
    let bar = ProgressBar::with_draw_target(length, target).with_message(what.to_owned());
    // The templates are those above, which a test reads; a bar of the usual form would do as well.
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("#- ")),
        Err(_) => bar,
    }
}

/// One line of a log.
fn line(what: &str, done: u64, total: Total, elapsed: Duration) -> String {
    let (total, unit) = match total {
        Total::Items(total) => (total, ""),
        Total::Bytes(total) => (total, " bytes"),
        Total::Unknown => return format!("{what}: {done} in {} s", elapsed.as_secs()),
    };
    let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100);
    // Milliseconds for all, in proportion, less those that have passed.
    let left_ms = match done {
        0 => return format!("{what}: 0 of {total}{unit}"),
        done => elapsed.as_millis() * u128::from(total.saturating_sub(done)) / u128::from(done),
    };
    format!("{what}: {done} of {total}{unit} ({percent} %), {} s left", left_ms.div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;

    const TEN: Duration = Duration::from_secs(10);

    #[test]
    fn the_rest_takes_as_long_in_proportion_as_what_is_done() {
        assert_eq!(line("sent", 25, Total::Items(100), TEN), "sent: 25 of 100 (25 %), 30 s left");
        assert_eq!(line("read", 25, Total::Bytes(100), TEN), "read: 25 of 100 bytes (25 %), 30 s left");
        assert_eq!(line("sent", 0, Total::Items(100), TEN), "sent: 0 of 100");
        assert_eq!(line("sent", 0, Total::Items(0), Duration::ZERO), "sent: 0 of 0");
        assert_eq!(line("sent", 3, Total::Unknown, TEN), "sent: 3 in 10 s");
    }

    /// A terminal of 100 columns that keeps what is written to it.
    #[derive(Clone, Debug, Default)]
    struct Paper(Arc<Mutex<String>>);

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            100
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn drawn(total: Total) -> String {
        let paper = Paper::default();
        let bar = bar("articles read", total, ProgressDrawTarget::term_like(Box::new(paper.clone())));
        bar.set_position(1_500);
        bar.tick();
        paper.0.lock().unwrap().clone()
    }

    #[test]
    fn a_bar_tells_how_far_it_is_and_how_long_it_takes() {
        let text = drawn(Total::Items(3_000));
        assert!(
            text.contains("articles read ###############") && text.contains("1,500/3,000 (50 %), "),
            "{text}"
        );
        assert!(text.trim_end().ends_with(" left"), "{text}");
        assert!(drawn(Total::Bytes(3_000)).contains("1.50 kB/3.00 kB (50 %), "));
        assert!(drawn(Total::Unknown).contains("articles read 1,500 ("));
    }

    #[test]
    fn without_progress_nothing_is_drawn() {
        let progress = Progress::new(ProgressArguments { no_progress: true }, "sent", Total::Items(3));
        assert!(matches!(progress.way, Way::Nothing));
    }
}
