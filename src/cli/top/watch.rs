//! The loop of `top` on a terminal: attempts and keys in, drawings out.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::signal::unix::{SignalKind, signal};

use super::history::History;
use super::scrape::Attempt;
use super::screen::{View, draw};
use super::seconds_since_1970;

/// Between two looks at keys and attempts.
const LOOK: Duration = Duration::from_millis(100);

/// Shows the figures until the user has seen enough.
pub(super) fn watch(
    mut histories: Vec<History>,
    attempts: &Receiver<Attempt>,
    interval: Duration,
) -> io::Result<()> {
    // Kept for its thread.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let is_ended = end_on_signal(&runtime)?;
    let mut terminal = ratatui::try_init()?;
    let result = show(&mut terminal, &mut histories, attempts, interval, &is_ended);
    ratatui::restore();
    result
}

/// Whoever ends the process finds the terminal as it was.
fn end_on_signal(runtime: &tokio::runtime::Runtime) -> io::Result<Arc<AtomicBool>> {
    let is_ended = Arc::new(AtomicBool::new(false));
    let _guard = runtime.enter();
    let (mut terminate, mut hang_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    let set = Arc::clone(&is_ended);
    runtime.spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
        set.store(true, Ordering::Relaxed);
    });
    Ok(is_ended)
}

fn show(
    terminal: &mut DefaultTerminal,
    histories: &mut [History],
    attempts: &Receiver<Attempt>,
    interval: Duration,
    is_ended: &AtomicBool,
) -> io::Result<()> {
    let mut view = View::new(histories.len());
    let mut next_point = Instant::now() + interval;
    let mut is_changed = true;
    while !is_ended.load(Ordering::Relaxed) {
        // What comes during a pause waits in the channel, so that the figures stand still and none is lost.
        if !view.is_paused {
            for Attempt { instance, at, result } in attempts.try_iter() {
                if let Some(history) = histories.get_mut(instance) {
                    history.add(at, result);
                    is_changed = true;
                }
            }
            if Instant::now() >= next_point {
                next_point = Instant::now() + interval;
                view.add_points(histories);
                is_changed = true;
            }
        }
        if is_changed {
            terminal.draw(|frame| draw(frame, histories, &view, seconds_since_1970()))?;
        }
        is_changed = event::poll(LOOK)?;
        if is_changed && heed(&event::read()?, &mut view) == Wish::End {
            return Ok(());
        }
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
enum Wish {
    GoOn,
    End,
}

fn heed(event: &Event, view: &mut View) -> Wish {
    let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. }) = event else {
        return Wish::GoOn;
    };
    match code {
        KeyCode::Char('q') | KeyCode::Esc => return Wish::End,
        KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => return Wish::End,
        KeyCode::Char('p' | ' ') => view.is_paused = !view.is_paused,
        KeyCode::Down => view.select_next(),
        KeyCode::Up => view.select_previous(),
        KeyCode::Right => view.first_partition = view.first_partition.saturating_add(1),
        KeyCode::Left => view.first_partition = view.first_partition.saturating_sub(1),
        _ => {}
    }
    Wish::GoOn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode, modifiers: KeyModifiers, view: &mut View) -> Wish {
        heed(&Event::Key(KeyEvent::new(code, modifiers)), view)
    }

    #[test]
    fn keys_end_pause_and_move() {
        let mut view = View::new(2);
        for code in [KeyCode::Down, KeyCode::Right, KeyCode::Char('p')] {
            assert_eq!(press(code, KeyModifiers::NONE, &mut view), Wish::GoOn);
        }
        assert_eq!((view.selected, view.first_partition, view.is_paused), (1, 1, true));
        for code in
            [KeyCode::Left, KeyCode::Left, KeyCode::Up, KeyCode::Up, KeyCode::Char(' '), KeyCode::Char('c')]
        {
            assert_eq!(press(code, KeyModifiers::NONE, &mut view), Wish::GoOn);
        }
        assert_eq!((view.selected, view.first_partition, view.is_paused), (0, 0, false));
        assert_eq!(press(KeyCode::Char('q'), KeyModifiers::NONE, &mut view), Wish::End);
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL, &mut view), Wish::End);
    }
}
